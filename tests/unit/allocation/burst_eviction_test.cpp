// How a burst ends (Q6).

#include <catch2/catch.hpp>

#include "tests/support/allocation/borrowed_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// "own" runs on all that its quota has, "burst" on as much again for ten minutes, and has five
/// minutes of grace then.
World bursting_world(Duration notice) {
  World world = preempting_world({12});
  world.policy.preemption.notice = notice;
  world.policy.preemption.min_runtime = 0s;
  world.add(quota("a").of("ns-a").pool("p").cpu(4).bursts({200, 10min, 100min, 5min}));
  world.add_all(waiting("own", "a").cpu(4).created(0), waiting("burst", "a").cpu(4).created(1));
  static_cast<void>(play(world));
  bind_admitted(world);
  return world;
}

} // namespace

TEST_CASE("Q6, P6: a burst that is over is told, keeps its grace, and goes then") {
  World world = bursting_world(GENERATE(0s, 30s));
  CHECK(play(world).preemption.empty());
  world.now += 10min;
  const Plan told = play(world);
  CHECK(names_due(told, EvictionStep::Notice) == Names{"burst"});
  REQUIRE(told.preemption.evictions.size() == 1);
  CHECK(told.preemption.evictions[0].claim == Claim::Shed);
  CHECK(told.preemption.evictions[0].reason == Reason::BurstEnded);
  CHECK(told.preemption.evictions[0].revocable_after == world.now + 5min);
  world.now += 5min - 1ms;
  CHECK(play(world).preemption.empty());
  world.now += 1ms;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"burst"});
}

TEST_CASE("Q6: who heard from a preemptor before keeps the grace of its burst as well") {
  World world = bursting_world(0s);
  world.now += 10min;
  change(world, PodUid{"uid-burst"}, [&](PodView& pod) { pod.revocable_after = world.now; });
  CHECK(names_due(play(world), EvictionStep::Evict).empty());
  world.now += 5min;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"burst"});
}

TEST_CASE("Q6: a burst whose quota has room again is pardoned") {
  World world = bursting_world(0s);
  world.now += 10min;
  CHECK(names_due(play(world), EvictionStep::Notice) == Names{"burst"});
  world.state.remove_pod(PodUid{"uid-own"});
  const Plan plan = play(world);
  REQUIRE(plan.preemption.pardons.size() == 1);
  CHECK(plan.preemption.pardons[0]->name == "burst");
  world.now += 10min;
  CHECK(play(world).preemption.empty());
}

TEST_CASE("Q6: work that must not be evicted gets no burst") {
  World world = preempting_world({12});
  world.add(quota("a").of("ns-a").pool("p").cpu(4).bursts({200, 10min, 100min, 5min}));
  PodView burst = waiting("burst", "a").cpu(5);
  burst.preemptible = false;
  world.add(burst);
  CHECK(world.plan().admissions.empty());
  burst.preemptible = true;
  world.add(burst);
  CHECK(world.plan().admissions.size() == 1);
}

TEST_CASE("Q6, P5: work of a burst that cannot go does not keep the rest of the burst") {
  World world = preempting_world({12});
  world.policy.preemption.min_runtime = 0s;
  world.policy.preemption.notice = 0s;
  world.add(quota("a").of("ns-a").pool("p").cpu(4).bursts({200, 10min, 100min, 5min}));
  world.add_all(waiting("own", "a").cpu(4).created(0), waiting("older", "a").cpu(2).created(1),
                waiting("newer", "a").cpu(2).created(2));
  REQUIRE(play(world).admissions.size() == 3);
  bind_admitted(world);
  world.now += 10min;
  world.policy.evictions.note_refusal(PodUid{"uid-newer"}, world.now);
  CHECK(names_due(play(world), EvictionStep::Notice) == Names{"older"});
}

TEST_CASE("Q6, G2: of two gangs in a burst one goes, and whole, where that is enough") {
  World world = preempting_world({16});
  world.policy.preemption.min_runtime = 0s;
  world.policy.preemption.notice = 0s;
  world.add(quota("a").of("ns-a").pool("p").cpu(4).bursts({300, 10min, 100min, 5min}));
  world.add(waiting("own", "a").cpu(4).created(0));
  for (const char* name : {"g1", "h1", "g2", "h2"})
    world.add(waiting(name, "a").cpu(2).gang(std::string(1, name[0]), 2).created(1));
  REQUIRE(play(world).admissions.size() == 3);
  bind_admitted(world);
  world.state.remove_pod(PodUid{"uid-own"}); // four of the eight are within the quota by now
  static_cast<void>(play(world));
  world.now += 20min;
  const Names told = names_due(play(world), EvictionStep::Notice);
  REQUIRE(told.size() == 2);
  CHECK(told[0][0] == told[1][0]);
}

TEST_CASE("Q6, P1: a burst that goes gives no quota back that it was not charged for") {
  World world = bursting_world(0s);
  world.add(waiting("late", "a").cpu(4).priority(9)); // a node has room, the quota has none
  static_cast<void>(play(world));
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"own"});
}

TEST_CASE("Q6, P3: a burst does not move into the room that a preemptor waits for") {
  World world = bursting_world(0s);
  world.add(waiting("late", "a").cpu(4).priority(9));
  static_cast<void>(play(world));
  static_cast<void>(play(world));
  REQUIRE(remove_terminating(world).size() == 1);
  const Plan plan = play(world);
  REQUIRE(plan.admissions.size() == 1);
  CHECK(plan.admissions[0].workload->id == WorkloadId{"uid-late"});
  CHECK(plan.preemption.empty());
}
