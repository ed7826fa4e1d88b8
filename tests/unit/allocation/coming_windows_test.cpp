// Reservations that are open beside windows of others that come: two promises never count on the
// same room.

#include <catch2/catch.hpp>

#include "lib/allocation/window_layout.hpp"
#include "tests/unit/allocation/window_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

/// Three nodes of 8 cores. "always" has 8 cores, which lie on n1; "evening" will have n1 and n2
/// whole from 13:00.
World with_both(const ReservationSpec& open, bool evening_lends = false) {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), node("n3", 8),
                quota("a").of("team-a").pool("p").cpu(24),
                quota("b").of("team-b").pool("p").cpu(24));
  ReservationSpec evening = reservation("evening", 0);
  evening.amounts = {};
  evening.node_count = 2;
  evening.lend_idle = evening_lends;
  evening.window = SingleWindow{kNow + 1h, 1h};
  evening.allowed_subjects.namespaces = {"team-b"};
  evening.places = {{NodeName{"n1"}, {}}, {NodeName{"n2"}, {}}};
  world.add_all(open, evening);
  return world;
}

ReservationSpec always() {
  ReservationSpec spec = reservation("always", 8);
  spec.places = {{NodeName{"n1"}, {{"cpu", 8000}}}};
  return spec;
}

Names held_nodes(World& world) {
  Names names;
  const auto snapshot = world.snapshot();
  for (const NodeHold& hold : snapshot->holds->holds)
    names.push_back(snapshot->nodes->node(hold.node).view.name.str());
  return names;
}

} // namespace

TEST_CASE("R3: what is open leaves the nodes alone that are promised to a window which comes") {
  World world = with_both(always());
  CHECK(held_nodes(world) == Names{"n3"});
  CHECK(world.plan().windows.at(0).nodes_missing == 0);
}

TEST_CASE("R3: what closes before the window comes may stay on its nodes") {
  ReservationSpec closing = always();
  closing.window = SingleWindow{kNow - 1h, 90min};
  World world = with_both(closing);
  CHECK(held_nodes(world) == Names{"n1"});
  CHECK(world.plan().windows.at(0).nodes_missing == 0);
}

TEST_CASE("R3: until its nodes are needed they hold what has no room elsewhere") {
  World world = with_both(always());
  world.add(pod("steady").in("team-b").cpu(8).bound("n3").lasts(30min));
  CHECK(held_nodes(world) == Names{"n1"});
  world.state.remove_pod(PodUid{"uid-steady"});
  CHECK(held_nodes(world) == Names{"n3"});
}

TEST_CASE(
    "R3, B1: work that is gone before the window, on room that it will need, moves no promise") {
  World world;
  ReservationSpec open = reservation("always", 4);
  open.places = {{NodeName{"n1"}, {{"cpu", 4000}}}};
  ReservationSpec evening = reservation("evening", 4);
  evening.window = SingleWindow{kNow + 1h, 1h};
  evening.places = {{NodeName{"n1"}, {{"cpu", 4000}}}};
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(16),
                open, evening);
  CHECK(held_nodes(world) == Names{"n1"});
  world.add(pod("short").cpu(4).bound("n1").lasts(30min));
  CHECK(held_nodes(world) == Names{"n1"});
  evening.places = {{NodeName{"n1"}, {{"cpu", 8000}}}};
  world.add(evening);
  CHECK(held_nodes(world) == Names{"n2"}); // there is no room for both
}

TEST_CASE("R3: a holder goes where its room is kept, even if it would be off promised nodes in "
          "time") {
  World world = with_both(always());
  PodView holder = pod("holder").cpu(6);
  holder.duration_limit = 30min;
  world.add(holder);
  const Plan plan = world.plan();
  REQUIRE(admitted_names(plan) == Names{"holder"});
  CHECK(plan.admissions[0].members.at(0).record.planned_nodes.front() == NodeName{"n3"});
}

TEST_CASE("R3, R4: who may use a promise goes outside of it, as a guest, onto what a coming window "
          "lends, and is told to go for that") {
  World world = with_both(always(), true);
  AdmissionRecord in_always = record("a", "p", {"n1"});
  in_always.reservation = ReservationName{"always"};
  world.add_all(pod("steady").in("team-b").cpu(8).bound("n3").lasts(30min),
                pod("first").cpu(4).admitted(in_always).bound("n1"), pod("holder").cpu(6));
  const Plan plan = world.step();
  REQUIRE(admitted_names(plan) == Names{"holder"});
  const AdmissionRecord& given = plan.admissions[0].members.at(0).record;
  CHECK(given.reservation.empty()); // else the promise would lie there when it is gone
  REQUIRE(given.lent_until == kNow + 1h - kEvictionDrain);
  bind_admitted(world);
  world.state.remove_pod(PodUid{"uid-steady"});
  world.now = *given.lent_until;
  const Plan opening = world.plan();
  REQUIRE(opening.preemption.evictions.size() == 1);
  CHECK(opening.preemption.evictions[0].pods.at(0)->name == "holder");
  CHECK(opening.preemption.evictions[0].step == EvictionStep::Evict);
}
