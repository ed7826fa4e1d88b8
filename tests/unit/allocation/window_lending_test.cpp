#include <catch2/catch.hpp>

#include "tests/unit/allocation/window_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

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

} // namespace

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

TEST_CASE("R4: a guest stands on the promise, and takes no room of others beside it") {
  World world = with_window(true);
  world.now = kNow + 1h;
  world.state.remove_node(NodeName{"n2"});
  ReservationSpec always = reservation("r", 4);
  always.lend_idle = true;
  world.add_all(always, of_b("guest", 6, 0));
  REQUIRE(admitted_names(world.step()) == Names{"guest"});
  bind_admitted(world);
  PodView staying = of_b("staying", 2, 1);
  staying.preemptible = false;
  world.add_all(staying, of_b("too-many", 1, 2));
  CHECK(admitted_names(world.step()) == Names{"staying"});
  bind_admitted(world);

  world.add(pod("holder").cpu(4).created(3));
  const Plan recall = world.plan();
  REQUIRE(recall.preemption.evictions.size() == 1);
  CHECK(recall.preemption.evictions[0].pods.at(0)->name == "guest");
  world.state.remove_pod(PodUid{"uid-guest"});
  CHECK(admitted_names(world.plan()) == Names{"too-many", "holder"});
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
    nobody_waits_for_it({"small", "lent"}); // nobody knows when the holder could start
  }
  SECTION("it may not be evicted any more") {
    change(world, PodUid{"uid-guest"}, [](PodView& pod) { pod.preemptible = false; });
    nobody_waits_for_it({"small", "lent"});
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
