// Laws about a course of time, on clusters in which things happen at random between cycles.

#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "tests/support/allocation/random_life.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr int kCycles = 20;

std::int64_t cores_of(const PodView& pod) {
  return pod.requests().get(ResourceName::cpu()).value();
}

/// L1 as it stands in the book: from the record on until terminal or gone.
std::map<QuotaName, std::int64_t> charged_by_law(World& world) {
  std::map<QuotaName, std::int64_t> charged;
  for (const PodView& pod : pods_that(world, [](const PodView& candidate) {
         return candidate.admission && !candidate.terminal;
       }))
    charged[pod.admission->quota] += cores_of(pod);
  return charged;
}

std::map<QuotaName, std::int64_t> charged_by_ledger(World& world) {
  std::map<QuotaName, std::int64_t> charged;
  world.snapshot()->quota_use.for_each(
      [&](const QuotaName& quota, const std::shared_ptr<const QuotaUse>& use) {
        for (const auto& [pool, sum] : use->by_pool)
          if (const std::int64_t cores = sum.get(ResourceName::cpu()).value(); cores != 0)
            charged[quota] += cores;
      });
  return charged;
}

std::map<std::string, std::vector<PodView>> gangs_of(World& world) {
  std::map<std::string, std::vector<PodView>> gangs;
  for (const PodView& pod : pods_that(world, [](const PodView& candidate) {
         return candidate.gang && !candidate.terminal && !candidate.terminating;
       }))
    gangs[pod.gang->name].push_back(pod);
  return gangs;
}

bool is_open(const PodView& pod) {
  return !pod.gated;
}

} // namespace

TEST_CASE("L1: at any time a quota is charged with its admitted work, until that ends or is gone") {
  REQUIRE(rc::check("against the law written out", [] {
    RandomLife life;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      life.live();
      RC_ASSERT(charged_by_ledger(life.world) == charged_by_law(life.world));
      play(life.world);
      RC_ASSERT(charged_by_ledger(life.world) == charged_by_law(life.world));
    }
    World heir = restarted(life.world);
    RC_ASSERT(charged_by_ledger(heir) == charged_by_law(life.world));
  }));
}

TEST_CASE("L5: work that has ended is never admitted, nominated or asked to go") {
  REQUIRE(rc::check("whatever happened", [] {
    RandomLife life;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      life.live();
      const Plan plan = play(life.world);
      for (const Admission& admission : plan.admissions)
        for (const MemberAdmission& member : admission.members)
          RC_ASSERT(!member.pod->terminal && !member.pod->terminating);
      for (const NominationDecision& nomination : plan.preemption.nominations)
        for (const auto& member : nomination.members)
          RC_ASSERT(!member.pod->terminal && !member.pod->terminating);
      for (const Eviction& eviction : plan.preemption.evictions)
        for (const auto& pod : eviction.pods)
          RC_ASSERT(!pod->terminal && !pod->terminating);
    }
  }));
}

TEST_CASE("G1: the gates of a gang are removed together, and only when all of it is there") {
  REQUIRE(rc::check("whatever happened", [] {
    RandomLife life;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      life.live();
      const Plan plan = play(life.world);
      for (const Admission& admission : plan.admissions)
        RC_ASSERT(admission.completes_earlier ||
                  std::ssize(admission.members) + admission.workload->members_done ==
                      admission.workload->size);
      for (const auto& [name, members] : gangs_of(life.world)) {
        const auto open = std::count_if(members.begin(), members.end(), is_open);
        RC_ASSERT(open == 0 || open == std::ssize(members));
      }
    }
  }));
}

TEST_CASE("G2: after a crash at any gate of a gang the next leader finishes it, and first") {
  std::size_t interrupted = 0;
  REQUIRE(rc::check("at any member of any plan", [&] {
    RandomLife life;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      life.live();
      const Plan plan = life.world.plan();
      std::size_t members = 0;
      for (const Admission& admission : plan.admissions)
        members += admission.members.size();
      const auto written = static_cast<std::size_t>(below(static_cast<int>(members) + 1));
      life.world.apply(plan, written);
      life.world = restarted(life.world);
      std::set<std::string> half_open;
      for (const auto& [name, pods] : gangs_of(life.world))
        if (const auto open = std::count_if(pods.begin(), pods.end(), is_open);
            open != 0 && open != std::ssize(pods))
          half_open.insert(name);
      interrupted += half_open.size();
      const Plan next = play(life.world);
      for (std::size_t i = 0; i < half_open.size(); ++i) {
        RC_ASSERT(i < next.admissions.size());
        RC_ASSERT(half_open.contains(next.admissions[i].members.front().pod->gang->name));
      }
      for (const auto& [name, pods] : gangs_of(life.world))
        if (half_open.contains(name))
          RC_ASSERT(std::all_of(pods.begin(), pods.end(), is_open));
    }
  }));
  CHECK(interrupted > 10); // else the property says nothing
}

TEST_CASE("P6: nobody is evicted before a notice of the full length has passed") {
  std::size_t evicted = 0;
  REQUIRE(rc::check("against a book of notices", [&] {
    RandomLife life;
    std::map<PodUid, TimePoint> told;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      life.live();
      const TimePoint now = life.world.now;
      const PreemptionPlan plan = play(life.world).preemption;
      for (const auto& pardoned : plan.pardons)
        told.erase(pardoned->uid);
      for (const NominationEnd& end : plan.ended)
        for (const auto& spared : end.spared)
          told.erase(spared->uid);
      for (const Eviction& eviction : plan.evictions)
        for (const auto& pod : eviction.pods)
          if (eviction.step == EvictionStep::Notice) {
            told[pod->uid] = now;
          } else {
            ++evicted;
            RC_ASSERT(told.contains(pod->uid));
            RC_ASSERT(now - told.at(pod->uid) >= life.world.policy.preemption.notice);
          }
    }
  }));
  CHECK(evicted > 10); // else the property says nothing
}

TEST_CASE("P5: where a disruption budget refuses, the plan ends and takes everything back") {
  std::size_t refused = 0;
  REQUIRE(rc::check("with evictions refused at random", [&] {
    RandomLife life;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      life.live();
      std::vector<std::string> refuses;
      std::map<WorkloadId, bool> is_refused; // nothing is sent for whom one eviction is refused
      for (const Eviction& eviction : life.world.plan().preemption.evictions)
        if (eviction.step == EvictionStep::Evict &&
            is_refused.try_emplace(eviction.preemptor, below(2) == 0).first->second)
          for (const auto& pod : eviction.pods)
            refuses.push_back(pod->name);
      play(life.world, refuses);
      play(life.world); // whoever starts without the refused one, gives its claim back afterwards
      play(life.world);
      for (const std::string& name : refuses) {
        ++refused;
        const PodUid uid{"uid-" + name};
        RC_ASSERT(!known_pod(life.world, uid).revocable_after);
        RC_ASSERT(pods_that(life.world, [&](const PodView& pod) {
                    return pod.nomination && std::ranges::find(pod.nomination->victims, uid) !=
                                                 pod.nomination->victims.end();
                  }).empty());
      }
    }
  }));
  CHECK(refused > 5);
}

TEST_CASE("Q4: lowering quotas evicts nobody as long as nobody asks, and starts nobody") {
  REQUIRE(rc::check("however low", [] {
    RandomLife life;
    for (int cycle = 0; cycle < kCycles / 2; ++cycle) {
      life.live();
      play(life.world);
    }
    for (const PodView& pod : pods_that(life.world, [](const PodView& each) { return each.gated; }))
      life.world.state.remove_pod(pod.uid);
    play(life.world); // what was planned for them is taken back
    const auto held = charged_by_ledger(life.world);
    for (int cycle = 0; cycle < kCycles / 2; ++cycle) {
      for (const char* name : {"a", "b"})
        life.world.add(team(name, below(3)));
      life.world.now += 60s;
      const Plan plan = play(life.world);
      RC_ASSERT(plan.preemption.empty());
      RC_ASSERT(plan.sheddings.empty());
      RC_ASSERT(charged_by_ledger(life.world) == held);
    }
    for (const char* name : {"a", "b"})
      life.world.add(team(name, 0));
    life.world.add(pod("one-more").in("ns-a").cpu(1));
    RC_ASSERT(life.world.plan().admissions.empty());
  }));
}

TEST_CASE(
    "X1, X3: whoever waits has one reason and a place in its quota's line, also without one") {
  REQUIRE(rc::check("each pod with a gate", [] {
    RandomLife life;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      life.live();
      const Plan plan = play(life.world);
      std::map<PodUid, int> told;
      std::map<QuotaName, std::set<std::uint32_t>> positions;
      for (const Waiting& waiting : plan.waiting) {
        RC_ASSERT(waiting.why != nullptr);
        RC_ASSERT(!waiting.why->message.empty());
        RC_ASSERT(positions[waiting.workload->quota.quota].insert(waiting.position).second);
        for (const auto& pod : waiting.workload->waiting)
          ++told[pod->uid];
      }
      for (const auto& [quota, taken] : positions)
        RC_ASSERT(*taken.begin() == 1U && *taken.rbegin() == taken.size());
      for (const PodView& pod : pods_that(life.world, [](const PodView& candidate) {
             return candidate.gated && !candidate.terminal && !candidate.terminating;
           }))
        RC_ASSERT(told[pod.uid] == 1);
    }
  }));
}
