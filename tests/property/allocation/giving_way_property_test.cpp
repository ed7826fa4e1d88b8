// Who gives way without a preemptor, and in which pieces: lowered quotas that enforce their limits
// (Q4) and elastic gangs (G3), on random clusters.

#include <catch2/catch.hpp>

#include <map>
#include <numeric>

#include "tests/support/allocation/carry_out.hpp"
#include "tests/support/allocation/draw.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

/// What the tree rooted at "root" holds beyond what it may, by the law written out: one level of
/// teams, each with a limit of what it borrows.
struct Team {
  std::string name{};
  std::int64_t nominal = 0;
  std::int64_t borrowing_limit = 0;
  std::int64_t used = 0;
};

std::int64_t excess_of(const Team& team) {
  return std::max<std::int64_t>(team.used - team.nominal - team.borrowing_limit, 0);
}

QuotaSpec enforced(const Team& team) {
  QuotaSpec spec = quota(team.name)
                       .under("root")
                       .of("ns-" + team.name)
                       .pool("p")
                       .nominal("cpu", team.nominal * 1000, Amount{team.borrowing_limit * 1000});
  spec.preemption.enforces_lowered = true;
  return spec;
}

/// Members of a gang that stay.
std::map<std::string, std::int32_t> staying_members(World& world) {
  std::map<std::string, std::int32_t> staying;
  for (const PodView& pod : pods_that(world, [](const PodView& candidate) {
         return candidate.gang && candidate.is_bound() && !candidate.terminating;
       }))
    ++staying[pod.gang->name];
  return staying;
}

} // namespace

TEST_CASE("Q4: of a lowered quota that enforces it goes as much as is too much, and nothing more") {
  std::size_t lowered = 0;
  REQUIRE(rc::check("on one level of teams", [&] {
    World world = preempting_world({64});
    world.policy.preemption.min_runtime = 0s;
    world.add(quota("root").pool("p").cpu(64));
    std::vector<Team> teams;
    for (const char* name : {"a", "b"}) {
      Team team{name, below(12), below(4)};
      for (int i = 0, count = below(6); i < count; ++i) {
        const int cores = 1 + below(4);
        team.used += cores;
        PodView work = running(team.name + std::to_string(i), team.name, "n1")
                           .cpu(cores)
                           .priority(below(3))
                           .created(i);
        world.add(work);
      }
      world.add(enforced(team));
      teams.push_back(team);
    }
    const Plan plan = world.plan();
    for (const Team& team : teams) {
      std::vector<std::int64_t> gone;
      for (const Eviction& eviction : plan.preemption.evictions)
        if (eviction.quota == QuotaName{team.name}) {
          RC_ASSERT(eviction.reason == Reason::QuotaLowered);
          gone.push_back(eviction.amounts.get(ResourceName::cpu()).value() / 1000);
        }
      const std::int64_t sum = std::accumulate(gone.begin(), gone.end(), std::int64_t{0});
      RC_ASSERT(sum >= excess_of(team));
      for (const std::int64_t one : gone)
        RC_ASSERT(sum - one < excess_of(team));
      lowered += gone.empty() ? 0 : 1;
    }
  }));
  CHECK(lowered > 20); // else the property says nothing
}

TEST_CASE("G3: preemption leaves a gang none of its members, or as many as it needs") {
  std::size_t shrunk = 0;
  std::size_t taken = 0;
  REQUIRE(rc::check("whoever takes from whom", [&] {
    World world = preempting_world({6, 6});
    world.policy.preemption.min_runtime = 0s;
    world.policy.preemption.max_eviction_ratio_percent = 1000;
    world.add(quota("root").pool("p").cpu(0));
    world.add_all(team("a", 6), team("b", 6));
    std::map<std::string, std::int32_t> least;
    std::vector<int> room{6, 6};
    for (int gang = 0; gang < 3; ++gang) {
      const std::string name = "g" + std::to_string(gang);
      least[name] = 1 + below(3);
      const std::string quota = below(2) == 0 ? "a" : "b";
      const int priority = below(2);
      for (int member = 0, members = least[name] + below(3); member < members; ++member) {
        const auto node = static_cast<std::size_t>(below(2));
        if (room[node] == 0)
          continue;
        --room[node];
        PodView pod =
            running(name + "-" + std::to_string(member), quota, "n" + std::to_string(node + 1))
                .elastic_gang(name, least[name], least[name] + 4)
                .cpu(1)
                .priority(priority);
        pod.started = kNow - 1h + std::chrono::minutes{below(50)};
        world.add(pod);
      }
    }
    const auto before = staying_members(world);
    for (int urgent = 0; urgent < 3; ++urgent)
      world.add(pod("urgent" + std::to_string(urgent))
                    .in(below(2) == 0 ? "ns-a" : "ns-b")
                    .cpu(1 + below(5))
                    .priority(1 + below(3))
                    .created(urgent));
    static_cast<void>(play(world));
    static_cast<void>(play(world));
    auto after = staying_members(world);
    for (const auto& [name, members] : before) {
      const std::int32_t stay = after[name];
      RC_ASSERT(stay == members || stay == 0 || stay >= least[name]);
      shrunk += stay < members && stay > 0 ? 1 : 0;
      taken += stay == 0 ? 1 : 0;
    }
  }));
  CHECK(shrunk > 5); // else the property says nothing
  CHECK(taken > 5);
}
