#include <catch2/catch.hpp>

#include "lib/allocation/window_layout.hpp"
#include "tests/unit/allocation/window_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

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
  world.step();
  const auto before = world.plan().windows.at(0).places;
  world.add_all(of_b("one", 1, 0, 30min), of_b("two", 8, 1));
  world.step();
  CHECK(world.plan().windows.at(0).places == before);
  CHECK(world.plan().windows.at(0).missing.is_nothing());
}

TEST_CASE("R3: a window keeps its amounts on each node while room comes and goes elsewhere") {
  World world = with_window(false);
  ReservationSpec spec = *world.snapshot()->reservations.at(0);
  spec.accepted = false;
  world.add(spec);
  world.add_all(pod("x").in("team-b").cpu(3).bound("n1"), pod("y").in("team-b").cpu(5).bound("n2"));
  const std::vector<ReservedPlace> laid{{NodeName{"n1"}, {{"cpu", 5000}}},
                                        {NodeName{"n2"}, {{"cpu", 3000}}}};
  REQUIRE(world.step().reservations.at(0).places == laid);
  world.state.remove_pod(PodUid{"uid-x"});
  world.state.remove_pod(PodUid{"uid-y"});
  CHECK(world.step().windows.at(0).places == laid);

  SECTION("on a node that is cordoned it is laid anew, and stays there") {
    NodeView cordoned = node("n2", 8);
    cordoned.unschedulable = true;
    world.add(cordoned);
    const std::vector<ReservedPlace> moved{{NodeName{"n1"}, {{"cpu", 8000}}}};
    CHECK(world.step().windows.at(0).places == moved);
    world.add(node("n2", 8));
    CHECK(world.step().windows.at(0).places == moved);
  }
  SECTION("of a node that shrinks only what it cannot carry moves") {
    world.add(node("n1", 4));
    const std::vector<ReservedPlace> moved{{NodeName{"n1"}, {{"cpu", 4000}}},
                                           {NodeName{"n2"}, {{"cpu", 4000}}}};
    CHECK(world.step().windows.at(0).places == moved);
  }
  SECTION("and it is held there when it opens, for a new leader too") {
    world.now = kNow + 1h;
    World fresh = restarted(world);
    const auto holds = fresh.snapshot()->holds;
    REQUIRE(holds->holds.size() == 2);
    CHECK(holds->holds[0].amounts.at(0) + holds->holds[1].amounts.at(0) == 8000);
    CHECK(places_of(holds->open.at(0), *holds, *fresh.snapshot()->nodes, {}) == laid);
  }
}

TEST_CASE("R3: a place that a holder uses stays part of the promise") {
  World world = with_window(false);
  ReservationSpec spec = *world.snapshot()->reservations.at(0);
  spec.places = {{NodeName{"n1"}, {{"cpu", 5000}}}, {NodeName{"n2"}, {{"cpu", 3000}}}};
  world.add(spec);
  world.now = kNow + 1h;
  world.add(pod("holder").cpu(4));
  REQUIRE(admitted_names(world.step()) == Names{"holder"});
  bind_admitted(world);
  world.step();
  CHECK(world.snapshot()->reservations.at(0)->places == spec.places);
  world.state.remove_pod(PodUid{"uid-holder"});
  world.step();
  CHECK(world.snapshot()->reservations.at(0)->places == spec.places);
}

TEST_CASE("R3: what a reservation remembers of its places is bounded") {
  const auto place = [](std::size_t number, ResourceVector amounts) {
    return ReservedPlace{NodeName{"n" + std::to_string(number)}, std::move(amounts)};
  };
  std::vector<ReservedPlace> whole;
  std::vector<ReservedPlace> parts;
  for (std::size_t i = 0; i <= kPlacesMax; ++i) {
    whole.push_back(place(i, {}));
    parts.push_back(place(i, {{"cpu", 1}, {"memory", 1}, {"nvidia.com/gpu", 1}}));
  }
  CHECK(remembered(whole).size() == kPlacesMax);
  CHECK(remembered(parts).size() == kPlacedAmountsMax / 3);
  whole.resize(3);
  CHECK(remembered(whole) == whole);
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
  bind_admitted(world);

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
  bind_admitted(world);
  world.now = kNow + 53min;
  CHECK(world.plan().preemption.evictions.empty());
  CHECK(world.plan().windows.at(0).missing.get(ResourceName::cpu()) == Amount{8000});
  world.now = kNow + 54min;
  const Plan told = world.plan();
  REQUIRE(told.preemption.evictions.size() == 1);
  CHECK(told.preemption.evictions[0].step == EvictionStep::Notice);
  CHECK(told.preemption.evictions[0].revocable_after == kNow + 59min);
}

TEST_CASE("R3: who stands on a node that a window lacks is told before others can settle there") {
  World world = with_window(false);
  ReservationSpec spec = reservation("r", 0);
  spec.amounts = {};
  spec.node_count = 1;
  spec.window = SingleWindow{kNow + 1h, 1h};
  spec.lead_time = 5min;
  PodView estimate = of_b("estimate", 8, 0);
  estimate.expected_duration = 30min;
  world.add_all(spec, of_b("steady", 8, 1), estimate);
  REQUIRE(world.step().admissions.size() == 2);
  bind_admitted(world);
  change(world, PodUid{"uid-steady"}, [](PodView& pod) { pod.preemptible = false; });
  world.now = kNow + 31min; // it overran, and its node is no more promised
  const Plan told = play(world);
  REQUIRE(names_due(told, EvictionStep::Notice) == Names{"estimate"});
  CHECK(told.preemption.evictions[0].revocable_after == kNow + 59min);
  world.now = kNow + 32min;
  const Plan next = play(world);
  CHECK(next.preemption.empty()); // neither said again nor taken back
  CHECK(next.windows.at(0).nodes_missing == 0);
  world.now = kNow + 59min;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"estimate"});
}

TEST_CASE("R4: holders are told the lead time ahead and evicted at the end of their window") {
  World world = with_window(false);
  world.now = kNow + 1h;
  world.add(pod("holder").cpu(4).inside("r"));
  REQUIRE(admitted_names(world.step()) == Names{"holder"});
  bind_admitted(world);
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

TEST_CASE("R3: a whole node is missing where guests stand whom another reservation let there") {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("b").of("team-b").pool("p").cpu(16),
                pod("steady").in("team-b").cpu(8).admitted(record("b", "p", {"n1"})).bound("n1"));
  AdmissionRecord lent = record("b", "p", {"n2"});
  lent.lent_until = kNow - 30min;
  PodView guest = pod("guest").in("team-b").cpu(1).admitted(lent).bound("n2");
  guest.revocable_after = lent.lent_until;
  world.add(guest);
  ReservationSpec whole = reservation("whole", 0);
  whole.amounts = {};
  whole.node_count = 1;
  ReservationSpec lender = reservation("lender", 2);
  lender.lend_idle = true;
  const auto missing = [&] {
    world.add_all(whole, lender);
    return world.snapshot()->holds->find(whole.name)->nodes_missing;
  };
  CHECK(missing() == 1);
  whole.lend_idle = true; // its holders recall who was lent there since its window opened
  CHECK(missing() == 0);
  whole.window = SingleWindow{kNow - 10min, 1h};
  CHECK(missing() == 1);
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
  CHECK(plan.reservations.at(0).places.size() == 2);
}
