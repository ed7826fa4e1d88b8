// Conditional reservations in the cycle (R1 to R4): what is promised to one that is not active, how
// its window opens, and what becomes of it when its trigger holds no more.

#include <catch2/catch.hpp>

#include "lib/allocation/window_layout.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/allocation/carry_out.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

ReservationSpec conditional(std::int64_t cores, TriggeredWindow window = {}) {
  ReservationSpec spec = reservation("r", cores);
  spec.window = window;
  spec.lead_time = 2min;
  return spec;
}

TriggeredWindow armed() {
  return {true, std::nullopt, std::nullopt};
}
TriggeredWindow open_from(TimePoint opens, std::optional<TimePoint> ends = {}) {
  return {true, opens, ends};
}

/// Two nodes of 8 cores, full of team b's work of 4 cores each.
World busy_world() {
  World world;
  world.policy.preemption.enabled = true;
  world.policy.preemption.min_runtime = 0s;
  world.policy.preemption.notice = 30s;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16));
  for (int i = 0; i < 4; ++i)
    world.add(PodView(pod("b" + std::to_string(i)).in("team-b").cpu(4).created(i)));
  world.step();
  bind_admitted(world);
  return world;
}

ReservationDecision answer(const Plan& plan) {
  REQUIRE(plan.reservations.size() == 1);
  return plan.reservations.front();
}

} // namespace

TEST_CASE("R2: a triggered window is there from its opening, and ends only if it says when") {
  CHECK(windows(conditional(1), {kNow, TimePoint::max()}, 5).empty());
  CHECK(windows(conditional(1, armed()), {kNow, TimePoint::max()}, 5).empty());
  const ReservationSpec coming = conditional(1, open_from(kNow + 1min));
  CHECK(next_window(coming, kNow) == TimeRange{kNow + 1min, TimePoint::max()});
  CHECK_FALSE(open_window(coming, kNow));
  CHECK(open_window(coming, kNow + 1min));
  const ReservationSpec ending = conditional(1, open_from(kNow, kNow + 1h));
  CHECK(open_window(ending, kNow + 59min) == TimeRange{kNow, kNow + 1h});
  CHECK_FALSE(open_window(ending, kNow + 1h));
  CHECK_FALSE(next_window(conditional(1, open_from(kNow + 1h, kNow + 1min)), kNow));
}

TEST_CASE("R1: a reservation that is not active promises nothing, and is asked about every time") {
  World world = busy_world();
  world.add(conditional(16));
  world.add(PodView(pod("late").in("team-b").cpu(1).created(9)));
  for (int round = 0; round < 3; ++round) {
    const Plan plan = world.step();
    CHECK(answer(plan).accepted);
    CHECK(answer(plan).places.empty());
    CHECK_FALSE(answer(plan).opens_after);
    CHECK(plan.windows.empty());
    CHECK(plan.preemption.empty());
  }
  CHECK(world.snapshot()->holds->open.empty());
}

TEST_CASE("R1: other promises refuse one that is not active, running work does not") {
  World world = busy_world();
  ReservationSpec other = reservation("other", 8);
  other.window = SingleWindow{kNow + 24h, 1h};
  world.add(other);
  world.add(conditional(9));
  const Plan refused = world.plan();
  CHECK_FALSE(answer(refused).accepted);
  CHECK(answer(refused).reason == Reason::CalendarFull);
  CHECK(answer(refused).next_start == kNow + 25h);
  CHECK(answer(refused).message.find("beside other promises") != std::string::npos);
  world.add(conditional(8));
  CHECK(answer(world.plan()).accepted);
}

TEST_CASE("R3: what is triggered opens at once where there is room, else after notice") {
  World world = busy_world();
  world.add(conditional(4, armed()));
  CHECK(answer(world.plan()).opens_after == 2min + kEvictionDrain);
  SECTION("the reclaim's own notice is longer than the lead time") {
    world.policy.preemption.notice = 10min;
    CHECK(answer(world.plan()).opens_after == 10min + kEvictionDrain);
  }
  SECTION("nobody may be evicted, so waiting brings nothing") {
    world.policy.preemption.enabled = false;
    CHECK(answer(world.plan()).opens_after == Duration{0});
  }
  SECTION("there is room") {
    world.state.remove_pod(PodUid{"uid-b0"});
    CHECK(answer(world.plan()).opens_after == Duration{0});
  }
}

TEST_CASE("R3: a triggered window has its capacity when it opens, and work had its notice") {
  World world = busy_world();
  const bool whole = GENERATE(false, true);
  ReservationSpec spec = conditional(whole ? 0 : 8, open_from(kNow + 3min));
  spec.node_count = whole ? 1 : 0;
  world.add(spec);
  const Plan told = world.step();
  REQUIRE(told.preemption.evictions.size() == 2);
  for (const Eviction& eviction : told.preemption.evictions) {
    CHECK(eviction.step == EvictionStep::Notice);
    CHECK(eviction.revocable_after >= kNow + 2min);
    CHECK(eviction.revocable_after <= kNow + 3min);
  }
  carry_out(world, told.preemption);
  world.now = kNow + 1min;
  const Plan waits = world.step();
  CHECK(waits.preemption.evictions.empty());
  CHECK(waits.preemption.pardons.empty());
  world.now = kNow + 2min;
  const Plan due = world.step();
  REQUIRE(due.preemption.evictions.size() == 2);
  CHECK(due.preemption.evictions[0].step == EvictionStep::Evict);
  carry_out(world, due.preemption);
  remove_terminating(world);
  world.now = kNow + 3min;
  const auto snapshot = world.snapshot();
  REQUIRE(snapshot->holds->open.size() == 1);
  CHECK(snapshot->holds->open[0].missing.is_nothing());
  CHECK(snapshot->holds->open[0].nodes_missing == 0);
  CHECK(snapshot->holds->open[0].unfilled.get(ResourceName::cpu()) == resources::Amount{8000});
  world.add(PodView(pod("holder").in("team-a").cpu(whole ? 8 : 4).created(20)));
  CHECK(admitted_names(world.step()) == Names{"holder"});
}

TEST_CASE("R3: an activation that is taken back in time evicts nobody") {
  World world = busy_world();
  world.add(conditional(8, open_from(kNow + 3min)));
  carry_out(world, world.step().preemption);
  world.now = kNow + 1min;
  world.add(conditional(8));
  const Plan plan = world.step();
  CHECK(plan.preemption.evictions.empty());
  std::size_t pardoned = plan.preemption.pardons.size();
  for (const NominationEnd& end : plan.preemption.ended)
    pardoned += end.spared.size();
  CHECK(pardoned == 2);
}

TEST_CASE("R4: holders are told before the end, and pardoned when the trigger holds again") {
  World world = busy_world();
  for (const PodView& view : pods_that(world, [](const PodView&) { return true; }))
    world.state.remove_pod(view.uid);
  world.add(conditional(8, open_from(kNow)));
  world.add(PodView(pod("holder").in("team-a").cpu(8)));
  world.step();
  bind_admitted(world);
  CHECK(world.step().preemption.empty());
  world.now = kNow + 1min;
  world.add(conditional(8, open_from(kNow, kNow + 2min)));
  const Plan told = world.step();
  REQUIRE(told.preemption.evictions.size() == 1);
  CHECK(told.preemption.evictions[0].step == EvictionStep::Notice);
  CHECK(told.preemption.evictions[0].revocable_after >= world.now + 2min);
  carry_out(world, told.preemption);
  world.now = kNow + 90s;
  SECTION("it holds again") {
    world.add(conditional(8, open_from(kNow)));
    const Plan plan = world.step();
    CHECK(plan.preemption.evictions.empty());
    CHECK(plan.preemption.pardons.size() == 1);
  }
  SECTION("it does not") {
    world.now = kNow + 3min;
    const Plan plan = world.step();
    REQUIRE(plan.preemption.evictions.size() == 1);
    CHECK(plan.preemption.evictions[0].step == EvictionStep::Evict);
  }
}

TEST_CASE("R1: how long an ending window could go on is until others were promised its capacity") {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16));
  world.add(conditional(8, open_from(kNow, kNow + 10min)));
  ReservationSpec other = reservation("other", 0);
  other.amounts = {};
  other.window = SingleWindow{kNow + 1h, 1h};
  const auto lasts_until = [&] {
    const Plan plan = world.step();
    for (const ReservationDecision& decision : plan.reservations)
      if (decision.reservation->name == ReservationName{"r"})
        return decision.lasts_until;
    return std::optional<TimePoint>{};
  };
  SECTION("nobody was") {
    CHECK(lasts_until() == TimePoint::max());
  }
  SECTION("there is enough for both") {
    other.amounts = {{"cpu", 8000}};
    world.add(other);
    CHECK(lasts_until() == TimePoint::max());
  }
  SECTION("in amounts") {
    other.amounts = {{"cpu", 9000}};
    world.add(other);
    CHECK(lasts_until() == kNow + 1h);
  }
  SECTION("beside work that runs on") {
    world.add(PodView(pod("unmoved").in("team-b").cpu(8).bound("n2")));
    CHECK(lasts_until() == TimePoint::max());
    other.amounts = {{"cpu", 8000}};
    world.add(other);
    CHECK(lasts_until() == kNow + 1h);
  }
  SECTION("on the nodes where both lie, though amounts would do for both") {
    world.add(PodView(pod("unmoved").in("team-b").cpu(1).bound("n2")));
    other.node_count = 1;
    world.add(other);
    world.step();
    CHECK(lasts_until() == kNow + 1h);
  }
  SECTION("what begins before the announced end counts from there") {
    other.amounts = {{"cpu", 8000}};
    other.window = SingleWindow{kNow + 5min, 1h};
    world.add(other);
    ReservationSpec third = other;
    third.name = ReservationName{"third"};
    third.window = SingleWindow{kNow + 10min, 1h};
    world.add(third);
    CHECK(lasts_until() == kNow + 10min);
  }
  SECTION("who asks in the same cycle comes first") {
    other.amounts = {{"cpu", 9000}};
    other.accepted = false;
    world.add(other);
    CHECK(lasts_until() == kNow + 1h);
  }
  SECTION("one that does not end is not asked") {
    world.add(conditional(8, open_from(kNow)));
    CHECK_FALSE(lasts_until());
  }
}

TEST_CASE("R1, R3: windows that could go on in one cycle leave others their promise together") {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8));
  const auto order = GENERATE(Names{"a", "b", "x"}, Names{"a", "x", "b"}, Names{"b", "a", "x"},
                              Names{"b", "x", "a"}, Names{"x", "a", "b"}, Names{"x", "b", "a"});
  const bool is_promised = GENERATE(true, false);
  const auto age = [&](const std::string& name) {
    return kNow - 1h + (std::ranges::find(order, name) - order.begin()) * 1min;
  };
  for (const std::string name : {"a", "b"}) {
    ReservationSpec spec = reservation(name, 8);
    spec.window = open_from(kNow - 1h, kNow + (name == "a" ? 10min : 20min));
    spec.created = age(name);
    world.add(spec);
  }
  ReservationSpec later = reservation("x", 8);
  later.window = SingleWindow{kNow + 1h, 1h};
  later.created = age("x");
  later.accepted = is_promised;
  world.add(later);
  std::map<std::string, TimePoint> lasts_until;
  for (const ReservationDecision& decision : world.plan().reservations) {
    CHECK(decision.accepted);
    if (decision.lasts_until)
      lasts_until[decision.reservation->name.str()] = *decision.lasts_until;
  }
  const bool a_is_older = age("a") < age("b");
  CHECK(lasts_until.at("a") == (a_is_older ? TimePoint::max() : kNow + 1h));
  CHECK(lasts_until.at("b") == (a_is_older ? kNow + 1h : TimePoint::max()));
}

TEST_CASE("R2: what could go on, and may never, keeps no other reservation from opening") {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8));
  ReservationSpec ending = reservation("ending", 6);
  ending.window = open_from(kNow - 1h, kNow + 10min);
  ending.created = kNow - 3h;
  ReservationSpec later = reservation("later", 6);
  later.window = SingleWindow{kNow + 1h, 1h};
  world.add_all(ending, later);
  world.add(conditional(6, armed()));
  for (const ReservationDecision& decision : world.plan().reservations)
    if (decision.reservation->name == ReservationName{"r"})
      CHECK(decision.accepted);
    else
      CHECK(decision.lasts_until == kNow + 1h);
}

TEST_CASE("work that names a reservation which is not active is told what it waits for") {
  World world = busy_world();
  world.add(conditional(8));
  world.add(PodView(pod("holder").in("team-a").cpu(1).inside("r")));
  const Plan plan = world.plan();
  const auto* why = why_waiting(plan, "holder");
  REQUIRE(why != nullptr);
  CHECK(why->reason == Reason::WindowClosed);
  CHECK(why->message.find("opens when its trigger holds") != std::string::npos);
}
