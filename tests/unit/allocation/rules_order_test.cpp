// What rules of an AllocationPolicy do to who comes first, and to who gives way.

#include <catch2/catch.hpp>

#include "lib/allocation/placement.hpp"
#include "lib/allocation/what_if.hpp"
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

TEST_CASE("N2: the offsets of quota and rules favour a pod in the extender as in the cycle") {
  RuleSpec urgent = rule("urgent");
  urgent.match.pod_selector = Selector::of({{"urgent", "yes"}});
  urgent.effect.priority_offset = 10;
  RuleWorld world({urgent});
  PoolSpec by_priority = pool("p");
  by_priority.strategy = Strategy::PriorityBased;
  world.add(by_priority);
  const auto offset = [&](std::int32_t of_quota) {
    world.add(
        quota("team-a").under("org").of("team-a").pool("p").cpu(32).priority_offset(of_quota));
  };
  const auto is_favoured = [&](const PodView& asking) {
    world.add(asking);
    return query_for(*world.snapshot(), asking).is_favoured;
  };
  PodView admitted = pod("x").cpu(1).priority(0).admitted(record("team-a", "p", {"eu-1"}));
  CHECK_FALSE(is_favoured(admitted));
  offset(1);
  CHECK(is_favoured(admitted));
  offset(-5);
  admitted.priority = 5;
  CHECK_FALSE(is_favoured(admitted));
  admitted.labels.set("urgent", "yes");
  CHECK(is_favoured(admitted));
}

TEST_CASE("X2: with another priority rules that look at it are judged again") {
  RuleWorld world({in_europe("pod.priority < 100")});
  world.add(running("there", "team-a", "eu-1").in("team-a").cpu(8));
  world.add(pod("asking").cpu(8).priority(0));
  const WorkloadId asking{"uid-asking"};
  CHECK(world.plan().admissions.empty());
  const auto starts_with = [&](std::int32_t priority) {
    const auto changed =
        with_change(*world.snapshot(), asking, Change{{SetPriority{priority}}, {}});
    REQUIRE(changed);
    const auto fate = fate_of(decide(*changed, world.policy, world.now, 1), asking);
    REQUIRE(fate);
    return fate->starts;
  };
  CHECK_FALSE(starts_with(99));
  CHECK(starts_with(100)); // us-1 will do
}
