#include <catch2/catch.hpp>

#include "lib/allocation/window_layout.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// Two nodes of 8 cores; all of one is promised to team-a for an hour from 13:00, with five minutes
/// of lead time.
World with_window(bool lends) {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16));
  ReservationSpec spec = reservation("r", 8);
  spec.window = SingleWindow{kNow + 1h, 1h};
  spec.lead_time = 5min;
  spec.lend_idle = lends;
  world.add(spec);
  return world;
}

PodView of_b(const std::string& name, std::int64_t cores, int second,
             std::optional<Duration> limit = {}) {
  PodView view = pod(name).in("team-b").cpu(cores).created(second);
  view.duration_limit = limit;
  return view;
}

/// What the operator and kubelets make of admissions: pods run where they were planned.
void bind_all(World& world) {
  std::vector<PodView> admitted;
  world.snapshot()->pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (pod->admission && !pod->is_bound())
      admitted.push_back(*pod);
  });
  for (PodView& pod : admitted) {
    pod.node = pod.admission->planned_nodes.front();
    pod.started = world.now;
    world.add(pod);
  }
}

} // namespace

TEST_CASE("R3: before a window only work that ends in time is placed on its capacity") {
  World world = with_window(false);
  world.add_all(of_b("endless", 8, 0), of_b("late", 4, 1, 61min), of_b("in-time", 4, 2, 1h));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"endless", "in-time"});
  REQUIRE(plan.windows.size() == 1);
  CHECK(plan.windows[0].missing.is_nothing());
  CHECK(why_waiting(plan, "late")->reason == Reason::ReservedCapacity);
}

TEST_CASE("R3: an estimate is not enough before a window for work that may not be evicted") {
  World world = with_window(false);
  PodView guessed = of_b("guessed", 4, 1);
  guessed.expected_duration = 30min;
  guessed.preemptible = false;
  PodView evictable = of_b("evictable", 4, 2);
  evictable.expected_duration = 30min;
  world.add_all(of_b("endless", 8, 0), guessed, evictable);
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"endless", "evictable"});
  REQUIRE(why_waiting(plan, "guessed") != nullptr);
  CHECK(why_waiting(plan, "guessed")->reason == Reason::ReservedCapacity);
}

TEST_CASE("R3: windows keep their nodes from cycle to cycle") {
  World world = with_window(false);
  const Names before{world.plan().windows.at(0).nodes.at(0).str()};
  ReservationSpec spec = *world.snapshot()->reservations.at(0);
  spec.nodes = {NodeName{before[0]}};
  world.add(spec);
  world.add_all(of_b("one", 1, 0, 30min), of_b("two", 8, 1));
  world.step();
  CHECK(world.plan().windows.at(0).nodes.at(0).str() == before[0]);
  CHECK(world.plan().windows.at(0).missing.is_nothing());
}

TEST_CASE("R3: lent capacity comes back with notice of the lead time, before the window starts") {
  World world = with_window(true);
  world.add_all(of_b("first", 8, 0), of_b("second", 8, 1));
  PodView steady = of_b("steady", 1, 2);
  steady.preemptible = false;
  world.add(steady);
  const Plan plan = world.step();
  REQUIRE(admitted_names(plan) == Names{"first", "second"});
  CHECK_FALSE(plan.admissions[0].members[0].record.lent_until);
  CHECK(plan.admissions[1].members[0].record.lent_until == kNow + 1h - kEvictionDrain);
  CHECK(plan.preemption.evictions.empty());
  bind_all(world);

  world.now = kNow + 1h - 7min;
  CHECK(world.plan().preemption.evictions.empty());
  CHECK(world.plan().preemption.next_due == kNow + 1h - 6min);
  world.now = kNow + 1h - 2min; // told at its admission: nothing to say again
  CHECK(world.plan().preemption.evictions.empty());
  CHECK(world.plan().preemption.next_due == kNow + 1h - kEvictionDrain);
  world.now = kNow + 1h - kEvictionDrain;
  const Plan due = world.plan();
  REQUIRE(due.preemption.evictions.size() == 1);
  CHECK(due.preemption.evictions[0].step == EvictionStep::Evict);
  CHECK(due.preemption.evictions[0].pods.at(0)->name == "second");
  CHECK(due.preemption.evictions[0].reservation == ReservationName{"r"});
}

TEST_CASE("R3: in the lead time nothing is lent any more") {
  World world = with_window(true);
  world.now = kNow + 55min;
  world.add_all(of_b("first", 8, 0), of_b("second", 8, 1));
  CHECK(admitted_names(world.plan()) == Names{"first"});
}

TEST_CASE("R3: work that overran what it expected is told, and goes in time") {
  World world = with_window(false);
  PodView estimate = of_b("estimate", 8, 0);
  estimate.expected_duration = 30min;
  world.add_all(of_b("steady", 8, 1), estimate);
  REQUIRE(world.step().admissions.size() == 2);
  bind_all(world);
  world.now = kNow + 53min;
  CHECK(world.plan().preemption.evictions.empty());
  CHECK(world.plan().windows.at(0).missing.get(ResourceName::cpu()) == Amount{8000});
  world.now = kNow + 54min;
  const Plan told = world.plan();
  REQUIRE(told.preemption.evictions.size() == 1);
  CHECK(told.preemption.evictions[0].step == EvictionStep::Notice);
  CHECK(told.preemption.evictions[0].revocable_after == kNow + 59min);
}

TEST_CASE("R4: holders are told the lead time ahead and evicted at the end of their window") {
  World world = with_window(false);
  world.now = kNow + 1h;
  world.add(pod("holder").cpu(4).inside("r"));
  REQUIRE(admitted_names(world.step()) == Names{"holder"});
  bind_all(world);
  world.now = kNow + 2h - 5min - 1ms;
  CHECK(world.plan().preemption.evictions.empty());
  world.now = kNow + 2h - 5min;
  const Plan notice = world.plan();
  REQUIRE(notice.preemption.evictions.size() == 1);
  CHECK(notice.preemption.evictions[0].step == EvictionStep::Notice);
  CHECK(notice.preemption.evictions[0].revocable_after == kNow + 2h);
  PodView told = *notice.preemption.evictions[0].pods.at(0);
  told.revocable_after = kNow + 2h;
  world.add(told);
  CHECK(world.plan().preemption.evictions.empty());
  world.now = kNow + 2h;
  REQUIRE(world.plan().preemption.evictions.size() == 1);
  CHECK(world.plan().preemption.evictions[0].step == EvictionStep::Evict);

  ReservationSpec spec = *world.snapshot()->reservations.at(0);
  spec.overrun = Overrun::Warn;
  world.add(spec);
  CHECK(world.plan().preemption.evictions.empty());
  CHECK(world.plan().overruns.size() == 1);
  spec.overrun = Overrun::Allow;
  world.add(spec);
  CHECK(world.plan().preemption.evictions.empty());
  CHECK(world.plan().overruns.empty());
}

TEST_CASE("R4: idle capacity is lent in the window, and goes back when a holder wants it") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.add_all(of_b("first", 8, 0), of_b("second", 8, 1));
  const Plan plan = world.step();
  REQUIRE(admitted_names(plan) == Names{"first", "second"});
  REQUIRE(plan.admissions[1].members[0].record.lent_until == world.now);
  bind_all(world);
  CHECK(world.snapshot()->holds->open.at(0).missing.is_nothing()); // lent, not lost
  CHECK(world.plan().preemption.evictions.empty());

  world.add(pod("holder").cpu(4).created(2));
  const Plan recall = world.plan();
  REQUIRE(recall.preemption.evictions.size() == 1);
  CHECK(recall.preemption.evictions[0].pods.at(0)->name == "second");
  CHECK(recall.preemption.evictions[0].step == EvictionStep::Evict);
  world.state.remove_pod(PodUid{"uid-second"});
  CHECK(admitted_names(world.plan()) == Names{"holder"});
}

TEST_CASE("R1: a promise needs nodes and not a sum of rests") {
  World world;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("b").of("team-b").pool("p").cpu(16),
                pod("b1").in("team-b").cpu(1).bound("n1").lasts(90min),
                pod("b2").in("team-b").cpu(1).bound("n2").lasts(2h));
  ReservationSpec spec = reservation("r", 0);
  spec.amounts = {};
  spec.node_count = 2;
  spec.accepted = false;
  spec.window = SingleWindow{kNow + 1h, 1h};
  world.add(spec);
  CHECK(world.plan().reservations.at(0).next_start == kNow + 2h);
  spec.window = SingleWindow{kNow + 2h, 1h};
  world.add(spec);
  const Plan plan = world.plan();
  CHECK(plan.reservations.at(0).accepted);
  CHECK(plan.reservations.at(0).nodes.size() == 2);
}
