// What rules of an AllocationPolicy do to who comes first, and to who gives way.

#include <catch2/catch.hpp>

#include "tests/support/allocation/rule_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("F1: a rule's offset counts as priority in the order") {
  RuleSpec urgent = rule("urgent");
  urgent.match.pod_selector = Selector::of({{"urgent", "yes"}});
  urgent.effect.priority_offset = 100;
  RuleWorld world({urgent});
  world.add(pod("ordinary").cpu(8).priority(50));
  world.add(pod("second").cpu(8).priority(40));
  world.add(pod("urgent").cpu(8).priority(0).label("urgent", "yes"));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Texts{"urgent", "ordinary"});
}

TEST_CASE(
    "P2a: a rule's offset counts for who takes and for who gives way, overdue work does not") {
  RuleSpec spared = rule("spared");
  spared.match.pod_selector = Selector::of({{"spared", "yes"}});
  spared.effect.priority_offset = 5;
  RuleSpec urgent = rule("urgent");
  urgent.match.pod_selector = Selector::of({{"urgent", "yes"}});
  urgent.effect.priority_offset = 10;
  RuleSpec overdue = rule("overdue");
  overdue.effect.wait_max = 1s;
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 8), with_rules({spared, urgent, overdue}),
                running("lowest", "a", "n1").cpu(4).priority(0).label("spared", "yes"),
                running("low", "a", "n1").cpu(4).priority(1));
  world.add(pod("high").in("ns-a").cpu(4).priority(2));
  CHECK(victims_of(world, world.plan()) == Texts{"low"});
  world.add(pod("high").in("ns-a").cpu(4).priority(1));
  CHECK(world.plan().preemption.empty());
  world.add(pod("high").in("ns-a").cpu(4).priority(-9).label("urgent", "yes"));
  CHECK(world.plan().preemption.empty());
  world.add(pod("high").in("ns-a").cpu(4).priority(-8).label("urgent", "yes"));
  CHECK(victims_of(world, world.plan()) == Texts{"low"});
}

TEST_CASE("P2a: a rule of one pool raises nobody against work in another") {
  RuleSpec urgent = rule("urgent");
  urgent.effect.priority_offset = 100;
  PolicySpec of_first = with_rules({urgent});
  of_first.pools = {PoolName{"first"}};
  World world = preempting_world({8});
  world.add_all(pool("first"), quota("root").pool("first").cpu(0).pool("p").cpu(0),
                quota("a").under("root").of("ns-a").pool("first").cpu(8).pool("p").cpu(8), of_first,
                running("equal", "a", "n1").cpu(8), pod("waits").in("ns-a").cpu(8));
  CHECK(world.plan().preemption.empty());
}

TEST_CASE("F4: work that waited longer than its rule allows passes work of higher priority") {
  RuleSpec promise = rule("promise");
  promise.match.pod_selector = Selector::of({{"sla", "yes"}});
  promise.effect.wait_max = 2h;
  RuleWorld world({promise, in_europe()});
  world.add(pod("high").cpu(8).priority(1'000'000));
  world.add(pod("promised").cpu(8).label("sla", "yes"));
  CHECK(admitted_names(world.plan()) == Texts{"high"});
  world.now = kNow + 1h - 1ms;
  CHECK(admitted_names(world.plan()) == Texts{"high"});
  world.now = kNow + 1h; // the pods are an hour old at kNow
  CHECK(admitted_names(world.plan()) == Texts{"promised"});
}
