// T3: what a pool gives up by the steps that its ScalingPolicy names, below any throttle.

#include <catch2/catch.hpp>

#include "lib/allocation/pressure.hpp"
#include "tests/unit/allocation/lending_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;
using enum DegradationStep;

namespace {

/// The use of cpu, which has to fall below 70 %.
void degrade(World& world, std::int64_t cpu_percent, std::vector<DegradationStep> steps) {
  MeasuredUse use = measured_use(cpu_percent, 0, world.now, 20);
  use.degradation = {PressureLevel::Warning, std::move(steps), {{ResourceName::cpu(), 70}}};
  world.policy.measured[PoolName{"p"}] = use;
}

/// A core of a's own, one of its burst, one that it borrows.
World full_world() {
  World world = preempting_world({20});
  world.policy.preemption.notice = 60s;
  world.add_all(quota("root").pool("p").cpu(4), team("a", 4).bursts({200}), team("b", 0),
                running("own", "a", "n1").cpu(4), burst("extra").cpu(1),
                running("borrowed", "b", "n1").cpu(1));
  return world;
}

} // namespace

TEST_CASE("T3: a step that is not named gives nothing up") {
  World world = full_world();
  world.add_all(pod("more").in("ns-b").cpu(1));
  degrade(world, 75, {});
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"more"});
  CHECK(plan.sheddings.empty());
}

TEST_CASE("T3: ShedOpportunistic takes bursts with notice and leaves what is borrowed") {
  World world = full_world();
  degrade(world, 75, {ShedOpportunistic});
  const Plan plan = world.plan();
  CHECK(shed_names(plan) == Names{"extra"});
  CHECK(names_due(plan, EvictionStep::Notice) == Names{"extra"});
  CHECK(plan.preemption.evictions.front().message.starts_with(
      "pool p is degraded (Warning: measured cpu is at 75 %, to fall below 70 %)"));
}

TEST_CASE("T3: ShedBorrowed takes what is borrowed, and nobody's nominal") {
  World world = full_world();
  degrade(world, 99, {ShedBorrowed});
  world.add(PolicySpec{.throttle = {100, 100}});                 // which would shed by itself
  CHECK(shed_names(world.plan()) == Names{"extra", "borrowed"}); // bursts go before
}

TEST_CASE("T3: no more is shed than takes the use below the limit, whatever it is of") {
  World world = full_world();
  degrade(world, 70, {ShedOpportunistic, ShedBorrowed}); // 14 of 20 cores: one takes it to 65 %
  CHECK(shed_names(world.plan()) == Names{"extra"});
  degrade(world, 69, {ShedOpportunistic, ShedBorrowed});
  CHECK(shed_names(world.plan()).empty());

  const auto& disk = ResourceName::ephemeral_storage();
  MeasuredUse full = measured_use(10, 0, world.now, 20);
  full.used.set(disk, Amount{90});
  full.capacity.set(disk, Amount{100});
  full.degradation = {PressureLevel::Critical, {ShedBorrowed}, {{disk, 85}}};
  world.policy.measured[PoolName{"p"}] = full;
  CHECK(shed_names(world.plan()).empty()); // nobody asked for disk
  change(world, PodUid{"uid-borrowed"}, [&](PodView& view) {
    PodShape shape = *view.shape;
    shape.requests.set(disk, Amount{20});
    view.shape = ShapePtr{std::move(shape)};
  });
  CHECK(shed_names(world.plan()) == Names{"borrowed"});
}

TEST_CASE("T3: HoldAdmissions admits nobody, and says until when") {
  World world = lending_world();
  world.add(pod("own").in("ns-a").cpu(1));
  degrade(world, 75, {HoldAdmissions});
  const Plan plan = world.plan();
  CHECK(admitted_names(plan).empty());
  CHECK(why_waiting(plan, "own")->reason == Reason::PoolUnderPressure);
  CHECK(why_waiting(plan, "own")->message ==
        "pool p is degraded (Warning: measured cpu is at 75 %, to fall below 70 %), and admits "
        "nobody until then");
  world.now += kMeasurementAgeMax + 1s; // and nobody measures any more
  CHECK(admitted_names(world.plan()) == Names{"own"});
}

TEST_CASE("T3: steps that are still to be taken back hold, shed nobody, and say so") {
  World world = full_world();
  world.add(pod("own").in("ns-a").cpu(1));
  degrade(world, 60, {ShedOpportunistic, ShedBorrowed, HoldAdmissions});
  world.policy.measured[PoolName{"p"}].degradation.limits.clear();
  const Plan plan = world.plan();
  CHECK(shed_names(plan).empty());
  CHECK(why_waiting(plan, "own")->message ==
        "pool p is degraded (Warning: its use fell, and what it gave up comes back step by "
        "step), and admits nobody until then");
}

TEST_CASE("T3: PauseBackfill makes nobody wait for one that fits on no node") {
  World world;
  world.add_all(pool("p"), node("n", 4), quota("a").of("a").pool("p").cpu(100),
                quota("b").of("b").pool("p").cpu(100), pod("huge").in("a").cpu(5).created(0),
                pod("small").in("b").cpu(1).created(1));
  degrade(world, 75, {PauseBackfill});
  CHECK(admitted_names(world.plan()) == Names{"small"});
}

TEST_CASE("T3: while borrowed work is shed nobody else borrows") {
  World world = full_world();
  world.add_all(team("c", 0), pod("next").in("ns-c").cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"next"});
  degrade(world, 69, {ShedBorrowed});
  CHECK(admitted_names(world.plan()).empty());
  CHECK(why_waiting(world.plan(), "next")->reason == Reason::PoolUnderPressure);
}

TEST_CASE("T3, P1: nobody is evicted for work that a pool would not admit") {
  World world = preempting_world({4});
  world.policy.preemption.min_runtime = 0s;
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 0),
                running("borrowed", "b", "n1").cpu(4), pod("own").in("ns-a").cpu(4));
  CHECK_FALSE(world.plan().preemption.empty());
  degrade(world, 60, {HoldAdmissions});
  CHECK(world.plan().preemption.empty());
}

TEST_CASE("T3: PauseBackfill lets nobody start past one that lacks room, whosever it is") {
  World world;
  world.add_all(pool("p"), node("n", 4), quota("a").of("a").pool("p").cpu(100),
                quota("b").of("b").pool("p").cpu(100), running("first", "b", "n").cpu(1),
                pod("big").in("a").cpu(4).created(0), pod("small").in("b").cpu(1).created(1));
  CHECK(admitted_names(world.plan()) == Names{"small"});
  degrade(world, 75, {PauseBackfill});
  const Plan plan = world.plan();
  CHECK(admitted_names(plan).empty());
  CHECK(why_waiting(plan, "small")->reason == Reason::HigherPriorityFirst);
  CHECK(why_waiting(plan, "small")->message ==
        "earlier work waits for room, and pool p is degraded (Warning: measured cpu is at 75 %, to "
        "fall below 70 %), which pauses backfill");
}

TEST_CASE("T3: PauseBackfill pauses those pools only in which room is what lacks") {
  World world;
  NodeView other = node("m", 8);
  other.labels = {{"pool", "q"}};
  world.add_all(pool("p"), node("n", 4), pool("q"), other, running("first", "b", "n").cpu(1),
                quota("a").of("a").pool("p").cpu(100).pool("q").cpu(1),
                quota("b").of("b").pool("p").cpu(100).pool("q").cpu(100),
                pod("big").in("a").cpu(4).created(0), pod("small").in("b").cpu(1).created(1));
  degrade(world, 75, {PauseBackfill});
  world.policy.measured[PoolName{"q"}] = world.policy.measured[PoolName{"p"}];
  const Plan plan = world.plan();
  REQUIRE(admitted_names(plan) == Names{"small"});
  CHECK(plan.admissions.front().members.front().record.pool == PoolName{"q"});
}

TEST_CASE("T3, P3: PauseBackfill leaves to a nominee what was cleared for it") {
  World world = preempting_world({4, 2});
  world.policy.preemption.min_runtime = 0s;
  world.add_all(quota("root").pool("p").cpu(0), team("a", 6), team("b", 0),
                running("borrowed", "b", "n1").cpu(4), pod("own").in("ns-a").cpu(4).created(1));
  play(world);
  REQUIRE(known_pod(world, PodUid{"uid-own"}).nomination);
  world.state.remove_pod(PodUid{"uid-borrowed"});
  world.add(pod("older").in("ns-a").cpu(4).created(0));
  degrade(world, 75, {PauseBackfill});
  CHECK(admitted_names(world.plan()) == Names{"own"});
}

TEST_CASE("T3, G3: a gang that runs gets back what it lacks of its least, whatever is given up") {
  World world;
  world.add_all(pool("p"), node("n", 8), quota("a").of("a").pool("p").cpu(100));
  const auto member = [](const char* name) { return pod(name).in("a").cpu(2).gang("g", 2); };
  world.add_all(member("one"), member("two"));
  play(world);
  bind_admitted(world);
  world.state.remove_pod(PodUid{"uid-two"});
  world.add_all(member("two-again").created(10), pod("alone").in("a").cpu(1));
  degrade(world, 75, {HoldAdmissions});
  CHECK(admitted_names(world.plan()) == Names{"two-again"});
}

TEST_CASE("T3: PauseBackfill does not make anybody wait for one that lacks quota") {
  World world;
  world.add_all(pool("p"), node("n", 4), quota("a").of("a").pool("p").cpu(1),
                quota("b").of("b").pool("p").cpu(4), pod("big").in("a").cpu(2).created(0),
                pod("small").in("b").cpu(1).created(1));
  degrade(world, 75, {PauseBackfill});
  CHECK(admitted_names(world.plan()) == Names{"small"});
}

TEST_CASE("T3, Q6: LeaveBurst lets no burst budget pay for more") {
  World world = preempting_world({20});
  world.add_all(
      quota("root").pool("p").cpu(0),
      quota("a").under("root").of("a").pool("p").nominal("cpu", 4000, Amount{0}).bursts({200}),
      running("own", "a", "n1").cpu(4), pod("extra").in("a").cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"extra"});
  degrade(world, 75, {LeaveBurst});
  CHECK(admitted_names(world.plan()).empty());
}

TEST_CASE("T3, R3: holders are admitted into their reservation whatever the pool gives up") {
  World world;
  ReservationSpec promised = reservation("r", 2);
  world.add_all(pool("p"), node("n1", 4), quota("a").of("team-a").pool("p").cpu(4),
                quota("b").of("team-b").pool("p").cpu(4), promised,
                pod("holder").cpu(1).inside("r"), pod("other").in("team-b").cpu(1));
  degrade(world, 75, {PauseBackfill, HoldAdmissions});
  CHECK(admitted_names(world.plan()) == Names{"holder"});
}
