#include <catch2/catch.hpp>

#include "lib/allocation/window_layout.hpp"
#include "tests/support/allocation/carry_out.hpp"

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

/// Two nodes of 8 cores that are promised to team-a whole, from now on, and lent.
World with_two_idle_nodes(Strategy strategy) {
  World world = with_window(true);
  PoolSpec spec = pool("p");
  spec.strategy = strategy;
  world.add(spec);
  ReservationSpec always = reservation("r", 16);
  always.lend_idle = true;
  world.add(always);
  return world;
}

/// By pod name, the first node of each pod that is admitted.
std::map<std::string, std::string> nodes_of(const Plan& plan) {
  std::map<std::string, std::string> nodes;
  for (const Admission& admission : plan.admissions)
    for (const MemberAdmission& member : admission.members)
      nodes.emplace(member.pod->name, member.record.planned_nodes.front().str());
  return nodes;
}

PodView of_b(const std::string& name, std::int64_t cores, int second,
             std::optional<Duration> limit = {}) {
  PodView view = pod(name).in("team-b").cpu(cores).created(second);
  view.duration_limit = limit;
  return view;
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

TEST_CASE("R4: idle capacity is lent in the window, and goes back when a holder wants it") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.add_all(of_b("first", 8, 0), of_b("second", 8, 1));
  const Plan plan = world.step();
  REQUIRE(admitted_names(plan) == Names{"first", "second"});
  REQUIRE(plan.admissions[1].members[0].record.lent_until == world.now);
  bind_admitted(world);
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

TEST_CASE("R4, P3: while a holder waits for its place, nobody is lent that place") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.add_all(of_b("first", 8, 0), of_b("guest", 4, 1));
  REQUIRE(admitted_names(world.step()) == Names{"first", "guest"});
  bind_admitted(world);
  world.add_all(pod("holder").cpu(8).created(9), of_b("again", 2, 2), of_b("more", 4, 3));
  const Plan recall = world.plan();
  CHECK(admitted_names(recall).empty());
  REQUIRE(recall.preemption.evictions.size() == 1);
  world.state.remove_pod(PodUid{"uid-guest"});
  CHECK(admitted_names(world.plan()) == Names{"holder"});
}

TEST_CASE("R4, P3: nor is it lent while the guest who was recalled takes its time to go") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.add_all(of_b("first", 8, 0), of_b("guest", 4, 1));
  REQUIRE(admitted_names(world.step()) == Names{"first", "guest"});
  bind_admitted(world);
  world.add_all(pod("holder").cpu(8).created(9), of_b("again", 2, 2));
  REQUIRE(play(world).preemption.evictions.size() == 1);
  for (int round = 0; round < 3; ++round) {
    const Plan leaving = play(world);
    CHECK(admitted_names(leaving).empty());
    CHECK(leaving.preemption.evictions.empty());
  }
  remove_terminating(world);
  CHECK(admitted_names(world.plan()) == Names{"holder"});
}

TEST_CASE("R4: a holder goes where its room is kept, and not onto what is kept for another") {
  World world = with_two_idle_nodes(Strategy::WorstFit);
  PodView guest = of_b("guest", 4, 0);
  guest.priority = 3;
  world.add_all(guest, pod("small").cpu(4).priority(2).created(1),
                pod("whole").cpu(8).priority(1).created(2));
  // The emptiest node would suit the small one better once the guest is there.
  const Plan plan = world.plan();
  CHECK(nodes_of(plan) ==
        std::map<std::string, std::string>{{"guest", "n1"}, {"small", "n1"}, {"whole", "n2"}});
}

TEST_CASE("R4: the promise is laid where the holders who wait for it go, and stays as large") {
  World world = with_two_idle_nodes(Strategy::BestFit);
  ReservationSpec spec = *world.snapshot()->reservations.at(0);
  spec.amounts = {{"cpu", 8000}};
  spec.places = {{NodeName{"n1"}, {{"cpu", 4000}}}, {NodeName{"n2"}, {{"cpu", 4000}}}};
  world.add(spec);
  const auto stays = [](const std::string& name, std::int64_t cores, int priority) {
    PodView view = of_b(name, cores, 0);
    view.priority = priority;
    view.preemptible = false; // nothing is lent to it
    return view;
  };
  world.add_all(stays("steady", 4, 4), stays("more", 4, 3), stays("small", 2, 2),
                stays("tiny", 2, 1), pod("holder").cpu(6).created(2));
  // Half of either node beside it would have been room for two that ask for four, and none for the
  // holder.
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"steady", "small", "tiny", "holder"});
  CHECK(nodes_of(plan).at("holder") == "n1");
}

TEST_CASE("R4, P3: a place that guests leave for a holder is not taken by a holder behind it") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.add_all(of_b("first", 8, 0), of_b("guest", 4, 1));
  REQUIRE(admitted_names(world.step()) == Names{"first", "guest"});
  bind_admitted(world);
  world.add_all(pod("holder").cpu(8).created(8), pod("behind").cpu(4).created(9));
  const Plan recall = world.plan();
  CHECK(admitted_names(recall).empty());
  CHECK(recall.preemption.evictions.size() == 1);
  world.state.remove_pod(PodUid{"uid-guest"});
  CHECK(admitted_names(world.plan()) == Names{"holder"});
}

TEST_CASE("R4, P5: no place is kept where guests stand whom nobody can recall") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.add_all(of_b("first", 8, 0), pod("guest").in("team-b").cpu(1).gang("g", 2).created(1),
                pod("sibling").in("team-b").cpu(1).gang("g", 2).created(1));
  REQUIRE(world.step().admissions.size() == 2);
  bind_admitted(world);
  world.add_all(pod("holder").cpu(8).created(8), pod("small").cpu(4).created(9),
                of_b("lent", 2, 10));
  SECTION("it may be asked") {
    const Plan plan = world.plan();
    CHECK(admitted_names(plan).empty());
    CHECK(plan.preemption.evictions.size() == 1);
  }
  const auto nobody_waits_for_it = [&](const Names& admitted) {
    const Plan plan = world.plan();
    CHECK(admitted_names(plan) == admitted);
    CHECK(plan.preemption.evictions.empty());
  };
  SECTION("a disruption budget keeps it") {
    world.policy.evictions.note_refusal(PodUid{"uid-guest"}, world.now);
    nobody_waits_for_it({"small"}); // not to guests: the holder claims what is its own (F4)
  }
  SECTION("it may not be evicted any more") {
    change(world, PodUid{"uid-guest"}, [](PodView& pod) { pod.preemptible = false; });
    nobody_waits_for_it({"small"});
  }
  SECTION("nobody is evicted any more") {
    world.policy.preemption.enabled = false;
    CHECK(admitted_names(world.plan()) == Names{"small"});
  }
}

TEST_CASE("R4, F5: holders of a kind that finds no place do not use up the looks of those behind") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.add_all(of_b("first", 8, 0), of_b("guest", 8, 1));
  REQUIRE(admitted_names(world.step()) == Names{"first", "guest"});
  bind_admitted(world);
  for (int i = 0; i < 300; ++i)
    world.add(pod("large" + std::to_string(i)).cpu(9).created(10));
  world.add(pod("holder").cpu(4).created(11));
  const Plan plan = world.plan();
  REQUIRE(plan.preemption.evictions.size() == 1);
  CHECK(plan.preemption.evictions[0].pods.at(0)->name == "guest");
}

TEST_CASE("R4: what a waiting holder cannot use is lent") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.add_all(of_b("first", 8, 0), of_b("guest", 6, 1));
  REQUIRE(admitted_names(world.step()) == Names{"first", "guest"});
  bind_admitted(world);
  SECTION("beyond its request") {
    world.add_all(pod("holder").cpu(4).created(9), of_b("again", 4, 2), of_b("small", 2, 3));
    CHECK(world.plan().preemption.evictions.size() == 1);
    world.state.remove_pod(PodUid{"uid-guest"});
    CHECK(admitted_names(world.plan()) == Names{"again", "holder"});
  }
  SECTION("by one that no room would help") {
    world.add_all(pod("holder").cpu(9).created(9), of_b("small", 2, 3));
    const Plan plan = world.plan();
    CHECK(admitted_names(plan) == Names{"small"});
    CHECK(plan.preemption.evictions.empty()); // P1: it would not help either
  }
}

TEST_CASE("R4: those are recalled who stand where the holder goes, and no more than it lacks") {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16));
  ReservationSpec spec = reservation("r", 16);
  spec.lend_idle = true;
  world.add(spec);
  world.add_all(of_b("one", 5, 0), of_b("two", 3, 1), of_b("three", 4, 2), of_b("four", 2, 3));
  REQUIRE(admitted_names(world.step()).size() == 4);
  bind_admitted(world);
  world.add(pod("holder").cpu(4).created(9));
  const Plan plan = world.plan();
  REQUIRE(plan.preemption.evictions.size() == 1);
  world.state.remove_pod(plan.preemption.evictions[0].pods.at(0)->uid);
  CHECK(admitted_names(world.plan()) == Names{"holder"});
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
