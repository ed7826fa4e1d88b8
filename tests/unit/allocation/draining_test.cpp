// Quotas and pools that are emptied, and lowered quotas that enforce their limits (Q4).

#include <catch2/catch.hpp>

#include "tests/support/allocation/borrowed_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

QuotaSpec drained(QuotaSpec quota) {
  quota.stop = Stop::HoldAndDrain;
  return quota;
}

QuotaSpec enforcing(QuotaSpec quota) {
  quota.preemption.enforces_lowered = true;
  return quota;
}

/// Root over a and b, each with 4 of 8 cores, and what runs for them.
World drained_world() {
  World world = preempting_world({8, 8});
  world.policy.preemption.min_runtime = 0s;
  world.add(quota("root").pool("p").cpu(0));
  world.add_all(team("a", 8), team("b", 8));
  world.add_all(running("a1", "a", "n1").cpu(2), running("a2", "a", "n1").cpu(2),
                running("b1", "b", "n2").cpu(2));
  return world;
}

Names told(const Plan& plan) {
  return names_due(plan, EvictionStep::Notice);
}

} // namespace

TEST_CASE("HoldAndDrain of a quota admits nothing and asks all of its work to go, with notice") {
  World world = drained_world();
  world.policy.preemption.notice = 60s;
  world.add(drained(team("a", 8)));
  world.add(waiting("a3", "a").cpu(1));
  const Plan plan = play(world);
  CHECK(told(plan) == Names{"a1", "a2"});
  REQUIRE(plan.preemption.evictions.size() == 2);
  CHECK(plan.preemption.evictions[0].claim == Claim::Shed);
  CHECK(plan.preemption.evictions[0].reason == Reason::Drained);
  CHECK(plan.preemption.evictions[0].message ==
        "Quota a is drained (spec.stop); this workload holds cpu 2, pods 1");
  REQUIRE(why_waiting(plan, "a3") != nullptr);
  CHECK(why_waiting(plan, "a3")->reason == Reason::QuotaStopped);
  world.now += 60s;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"a1", "a2"});
}

TEST_CASE("HoldAndDrain holds for the quotas below as well, and for no others") {
  World world = drained_world();
  world.add(drained(quota("root").pool("p").cpu(0)));
  world.add_all(quota("else").of("ns-else").pool("p").cpu(4), running("e1", "else", "n2").cpu(1));
  CHECK(told(play(world)) == Names{"a1", "a2", "b1"});
}

TEST_CASE("Hold alone asks nobody to go") {
  World world = drained_world();
  QuotaSpec held = team("a", 8);
  held.stop = Stop::Hold;
  world.add(held);
  CHECK(play(world).preemption.empty());
}

TEST_CASE("A drain that is taken back pardons whom it told") {
  World world = drained_world();
  world.policy.preemption.notice = 60s;
  world.add(drained(team("a", 8)));
  CHECK(told(play(world)) == Names{"a1", "a2"});
  world.add(team("a", 8));
  CHECK(play(world).preemption.pardons.size() == 2);
  world.now += 60s;
  CHECK(play(world).preemption.empty());
}

TEST_CASE("P4: a drain keeps the least runtime, and work that may not be preempted stays") {
  World world = drained_world();
  world.policy.preemption.min_runtime = 2h; // all of it runs since an hour
  PodView kept = running("kept", "b", "n2").cpu(1);
  kept.preemptible = false;
  world.add(kept);
  world.add(drained(quota("root").pool("p").cpu(0)));
  CHECK(play(world).preemption.empty());
  world.now += 1h;
  CHECK(told(play(world)) == Names{"a1", "a2", "b1"});
}

TEST_CASE("A pool that is drained empties, and takes nothing new; its neighbour takes it") {
  World world = drained_world();
  PoolSpec drained_pool = pool("p");
  drained_pool.drain = GENERATE(Stop::Hold, Stop::HoldAndDrain);
  world.add(drained_pool);
  world.add(pool("q"));
  NodeView other = node("m1", 4);
  other.labels = Labels{{{"pool", "q"}}};
  world.add(other);
  QuotaSpec both = team("b", 8);
  both.pools.push_back({PoolName{"q"}, {QuotaAmount{ResourceName::cpu(), Amount{4000}}}});
  world.add(both);
  world.add_all(waiting("a3", "a").cpu(1), waiting("b3", "b").cpu(1));
  const Plan plan = play(world);
  CHECK(told(plan) == (drained_pool.drain == Stop::Hold ? Names{} : Names{"a1", "a2", "b1"}));
  REQUIRE(why_waiting(plan, "a3") != nullptr);
  CHECK(why_waiting(plan, "a3")->reason == Reason::PoolStopped);
  CHECK(why_waiting(plan, "a3")->message == "ResourcePool p is on hold");
  CHECK(admitted_names(plan) == Names{"b3"});
}

TEST_CASE("Q4: a lowered quota that enforces it gives up the newest of its lowest work, no more") {
  World world = drained_world();
  world.policy.preemption.notice = 60s;
  QuotaSpec lowered =
      quota("a").under("root").of("ns-a").pool("p").nominal("cpu", 3000, Amount{0}); // it holds 4
  world.add(lowered);
  CHECK(play(world).preemption.empty());
  world.add(enforcing(lowered));
  PodView newest = running("a2", "a", "n1").cpu(2);
  newest.started = world.now - 10min;
  world.add(newest);
  const Plan plan = play(world);
  CHECK(told(plan) == Names{"a2"});
  REQUIRE(plan.preemption.evictions.size() == 1);
  CHECK(plan.preemption.evictions[0].reason == Reason::QuotaLowered);
  CHECK(plan.preemption.evictions[0].message ==
        "Quota a holds more than it may in pool p; this workload holds cpu 2, pods 1");
  world.now += 60s;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"a2"});
  static_cast<void>(remove_terminating(world));
  CHECK(play(world).preemption.empty());
}

TEST_CASE("Q4: what a lowered quota may borrow is no excess") {
  World world = drained_world();
  world.add(enforcing(team("a", 1))); // b lends it the rest
  CHECK(play(world).preemption.empty());
  world.add(enforcing(quota("root").pool("p").cpu(0)));
  world.add(team("b", 0)); // now the tree holds 6, and may hold 1
  CHECK(told(play(world)) == Names{"a1", "a2", "b1"});
}

TEST_CASE("Q4: what goes already counts as gone from a lowered quota") {
  World world = drained_world();
  world.add(
      enforcing(quota("a").under("root").of("ns-a").pool("p").nominal("cpu", 2000, Amount{0})));
  change(world, PodUid{"uid-a1"}, [](PodView& pod) { pod.terminating = true; });
  CHECK(play(world).preemption.empty());
}

TEST_CASE("P6: a gang that lost a member by itself is told before a drain takes the others") {
  World world = drained_world();
  world.policy.preemption.notice = 60s;
  world.add_all(running("g1", "a", "n1").cpu(1).gang("g", 2),
                running("g2", "a", "n1").cpu(1).gang("g", 2).terminating());
  world.add(drained(team("a", 8)));
  const Plan plan = play(world);
  CHECK(told(plan) == Names{"a1", "a2", "g1"});
  CHECK(names_due(plan, EvictionStep::Evict).empty());
  world.now += 60s;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"a1", "a2", "g1"});
}

TEST_CASE("Q3, Q4: a quota whose parent is gone enforces nothing: what it borrowed goes on") {
  World world = drained_world();
  QuotaSpec borrower = enforcing(team("a", 1));
  world.add(borrower);
  CHECK(play(world).preemption.empty()); // it borrows
  world.state.remove_quota(QuotaName{"root"});
  CHECK(play(world).preemption.empty());
}

TEST_CASE("A pool on hold takes no further members of gangs that run there") {
  World world = drained_world();
  world.add_all(running("g1", "a", "n1").cpu(1).gang("g", 2),
                waiting("g2", "a").cpu(1).gang("g", 2));
  PoolSpec held = pool("p");
  held.drain = Stop::Hold;
  SECTION("on hold") {
    world.add(held);
    const Plan plan = world.plan();
    CHECK(plan.admissions.empty());
    REQUIRE(why_waiting(plan, "g2") != nullptr);
    CHECK(why_waiting(plan, "g2")->reason == Reason::PoolStopped);
  }
  SECTION("as before") {
    CHECK(admitted_names(world.plan()) == Names{"g2"});
  }
}
