// What windows may do to work that runs, on random small clusters.

#include <catch2/catch.hpp>

#include "tests/support/allocation/carry_out.hpp"
#include "tests/support/allocation/draw.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

/// A few nodes of 8 cores; half of one or two of them are promised to team-a in a window of 10 to
/// 60 minutes that begins up to half an hour before or after now.
World any_world() {
  const int nodes = 1 + below(3);
  World world = preempting_world(std::vector<std::int64_t>(static_cast<std::size_t>(nodes), 8));
  world.policy.preemption.notice = 60s;
  world.add_all(quota("a").of("team-a").pool("p").cpu(99),
                quota("b").of("team-b").pool("p").cpu(99));
  ReservationSpec spec = reservation("r", 4 * (1 + below(2)));
  spec.window = SingleWindow{kNow + std::chrono::minutes{below(61) - 30},
                             std::chrono::minutes{10 + below(51)}};
  spec.lead_time = std::chrono::minutes{below(6)};
  spec.lend_idle = below(2) == 0;
  world.add(spec);
  return world;
}

PodView with_any_durations(PodView pod) {
  pod.started = kNow - std::chrono::minutes{below(60)};
  if (below(3) == 0)
    pod.duration_limit = std::chrono::minutes{1 + below(90)};
  if (below(2) == 0)
    pod.expected_duration = std::chrono::minutes{1 + below(90)};
  pod.preemptible = below(2) == 0;
  return pod;
}

/// Work of team-b fills the nodes, whatever was promised on them.
void fill(World& world) {
  for (const auto& node : world.snapshot()->nodes->nodes())
    for (int i = 0; i < 2; ++i) {
      const std::string name = node->view.name.str() + "-" + std::to_string(i);
      world.add(with_any_durations(pod(name)
                                       .in("team-b")
                                       .cpu(2 + below(3))
                                       .admitted(record("b", "p", {node->view.name.str()}))
                                       .bound(node->view.name.str())));
    }
}

void add_holders(World& world) {
  for (int i = 0, count = 1 + below(2); i < count; ++i) {
    AdmissionRecord inside = record("a", "p", {"n1"});
    inside.reservation = ReservationName{"r"};
    world.add(with_any_durations(
        pod("holder" + std::to_string(i)).cpu(1 + below(3)).admitted(inside).bound("n1")));
  }
}

/// Calls `look` with each plan of two hours, a cycle every two minutes.
void play_on(World& world, const auto& look) {
  for (int i = 0; i < 60; ++i) {
    look(play(world));
    remove_terminating(world);
    world.now += 2min;
  }
}

} // namespace

TEST_CASE("B2: a window asks nobody to go but who may be evicted or has outrun a limit") {
  std::size_t asked = 0;
  REQUIRE(rc::check("whatever was expected of it", [&] {
    World world = any_world();
    fill(world);
    play_on(world, [&](const Plan& plan) {
      for (const Eviction& eviction : plan.preemption.evictions)
        for (const auto& pod : eviction.pods) {
          ++asked;
          const bool outran =
              pod->duration_limit && *pod->started + *pod->duration_limit <= world.now;
          RC_ASSERT(pod->preemptible || outran);
        }
    });
  }));
  CHECK(asked > 10); // else the property says nothing
}

TEST_CASE("R5: a reservation that is deleted or gone takes no holder with it") {
  std::size_t ended = 0; // of those that were not deleted
  REQUIRE(rc::check("at any time of its window", [&] {
    World world = any_world();
    add_holders(world);
    World kept = restarted(world);
    if (below(2) == 0) {
      world.state.remove_reservation(ReservationName{"r"});
    } else {
      ReservationSpec spec = *world.snapshot()->find_reservation(ReservationName{"r"});
      spec.deleting = true;
      world.add(spec);
    }
    play_on(world, [](const Plan& plan) { RC_ASSERT(plan.preemption.evictions.empty()); });
    play_on(kept, [&](const Plan& plan) { ended += names_due(plan, EvictionStep::Evict).size(); });
  }));
  CHECK(ended > 10); // an end of a window does evict them
}
