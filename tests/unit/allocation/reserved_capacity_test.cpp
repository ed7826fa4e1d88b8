#include <catch2/catch.hpp>

#include "lib/allocation/placement.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// Two nodes of 8 cores; team-a and team-b have quotas of their own.
World two_teams() {
  World world;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(16),
                quota("b").of("team-b").pool("p").cpu(16));
  return world;
}

const ReservationDecision* decision_on(const Plan& plan, const char* name) {
  for (const ReservationDecision& decision : plan.reservations)
    if (decision.reservation->name == ReservationName{name})
      return &decision;
  return nullptr;
}

} // namespace

TEST_CASE("R4: open promises are kept from others, on as few nodes as can be") {
  World world = two_teams();
  world.add(reservation("r", 8)); // for team-a
  world.add_all(pod("b1").in("team-b").cpu(8), pod("b2").in("team-b").cpu(1).created(1));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"b1"});
  CHECK(why_waiting(plan, "b2")->reason == Reason::ReservedCapacity);
  CHECK(why_waiting(plan, "b2")->message.find("NodeReserved (cpu)") != std::string::npos);
}

TEST_CASE("R4: allowed work uses its promise first, and its node holds") {
  World world = two_teams();
  world.add(reservation("r", 6));
  world.add_all(pod("a1").cpu(4), pod("a2").cpu(4).created(1));
  const Plan plan = world.step();
  REQUIRE(admitted_names(plan) == Names{"a1", "a2"});
  const AdmissionRecord& inside = plan.admissions[0].members[0].record;
  CHECK(inside.reservation == ReservationName{"r"});
  CHECK(inside.planned_nodes.front() == NodeName{"n1"});
  // The promise had 2 cores left for a2, and its node the other 2.
  CHECK(plan.admissions[1].members[0].record.reservation == ReservationName{"r"});
  const auto snapshot = world.snapshot();
  const OpenReservation* open = snapshot->holds->find(ReservationName{"r"});
  REQUIRE(open != nullptr);
  CHECK(open->used.get(ResourceName::cpu()) == Amount{8000});
  CHECK(open->unfilled.is_nothing());
  CHECK(world.plan().admissions.empty());
}

TEST_CASE("a named reservation is used or waited for, never passed by") {
  World world = two_teams();
  ReservationSpec later = reservation("later", 4);
  later.window = SingleWindow{kNow + 1h, 1h};
  ReservationSpec asked = reservation("asked", 4);
  asked.accepted = false;
  ReservationSpec foreign = reservation("foreign", 4);
  foreign.allowed_subjects.namespaces = {"team-b"};
  world.add_all(later, asked, foreign);
  const auto [name, reason] =
      GENERATE(table<std::string, Reason>({{"later", Reason::WindowClosed},
                                           {"asked", Reason::ReservationNotFound},
                                           {"none", Reason::ReservationNotFound},
                                           {"foreign", Reason::ReservationNotAllowed}}));
  world.add(pod("x").cpu(1).inside(name));
  const Plan plan = world.plan();
  CHECK(plan.admissions.empty());
  CHECK(why_waiting(plan, "x")->reason == reason);
  if (name == "later") {
    world.now = kNow + 1h; // no event tells: the window opens by itself
    CHECK(admitted_names(world.plan()) == Names{"x"});
  }
}

TEST_CASE("the payer is charged for the promise, and holders are not charged twice") {
  World world = two_teams();
  ReservationSpec paid = reservation("r", 10);
  paid.payer = QuotaName{"b"};
  world.add(paid);
  const auto left_of_b = [&] {
    const auto snapshot = world.snapshot();
    return balance_of(*snapshot).left(*snapshot->quotas->find(QuotaName{"b"}), PoolName{"p"},
                                      ResourceName::cpu());
  };
  CHECK(left_of_b() == Amount{6000});
  world.add(pod("a1").cpu(8));
  const Plan plan = world.step();
  REQUIRE(admitted_names(plan) == Names{"a1"});
  CHECK(plan.admissions[0].members[0].record.quota == QuotaName{"b"});
  CHECK(left_of_b() == Amount{6000});
}

TEST_CASE("whole nodes are kept free of others, wherever the reservation's pods are") {
  World world = two_teams();
  ReservationSpec whole = reservation("r", 0);
  whole.amounts = {};
  whole.node_count = 1;
  world.add(whole);
  world.add(pod("b1").in("team-b").cpu(1).bound("n1"));
  const auto snapshot = world.snapshot();
  REQUIRE(snapshot->holds->holds.size() == 1); // the empty node
  CHECK(snapshot->nodes->node(snapshot->holds->holds[0].node).view.name == NodeName{"n2"});

  world.add_all(pod("b2").in("team-b").cpu(7), pod("b3").in("team-b").cpu(1).created(1),
                pod("a1").cpu(1).created(2));
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"b2", "a1"});
  CHECK(plan.admissions[1].members[0].record.planned_nodes.front() == NodeName{"n2"});
  CHECK(why_waiting(world.plan(), "b3")->reason == Reason::ReservedCapacity);
}

TEST_CASE("a whole node is the reservation's when nobody else stands on it") {
  World world = two_teams();
  ReservationSpec whole = reservation("r", 0);
  whole.amounts = {};
  whole.node_count = 2;
  world.add(whole);
  const auto missing = [&] { return world.snapshot()->holds->open.at(0).nodes_missing; };
  CHECK(missing() == 0);
  SECTION("others do not leave it") {
    world.add(pod("b1").in("team-b").cpu(1).bound("n1"));
    CHECK(missing() == 1);
    CHECK(world.snapshot()->holds->holds.size() == 2); // it is held all the same
    world.add(pod("b1").in("team-b").cpu(1).bound("n1").terminating());
    CHECK(missing() == 1); // L1: still there
    world.state.remove_pod(PodUid{"uid-b1"});
    CHECK(missing() == 0);
  }
  SECTION("what every node carries, and its holders, do not count") {
    AdmissionRecord inside = record("a", "p", {"n1"});
    inside.reservation = ReservationName{"r"};
    world.add_all(pod("daemon").in("kube-system").unmanaged().cpu(1).bound("n1"),
                  pod("holder").cpu(1).admitted(inside).bound("n1"));
    CHECK(missing() == 0);
  }
  SECTION("a node that is empty is taken before one that is not") {
    whole.node_count = 1;
    whole.places = {{NodeName{"n1"}, {}}};
    world.add_all(whole, pod("b1").in("team-b").cpu(1).bound("n1"));
    CHECK(missing() == 0);
  }
}

TEST_CASE("a window that finds too little says what is missing") {
  World world = two_teams();
  world.add(pod("b1").in("team-b").cpu(5).bound("n1"));
  ReservationSpec big = reservation("r", 14);
  big.node_count = 3;
  world.add(big);
  const OpenReservation open = world.snapshot()->holds->open.at(0);
  CHECK(open.nodes_missing == 2); // one is not there, and b1 stands on another
  CHECK(open.missing.get(ResourceName::cpu()) == Amount{14'000}); // whole nodes took what there was
}

TEST_CASE("pool-level resources of a promise are kept from others") {
  World world = two_teams();
  PoolSpec tools = pool("p");
  tools.virtual_capacity = {{"pool.berth.dev/licences", 5}};
  ReservationSpec licences = reservation("r", 0);
  licences.amounts = {{"pool.berth.dev/licences", 4}};
  world.add_all(tools, licences, pod("b1").in("team-b").asks("pool.berth.dev/licences", 2),
                pod("a1").asks("pool.berth.dev/licences", 4).created(1));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"a1"});
  CHECK(why_waiting(plan, "b1")->message == "needs 2 pool.berth.dev/licences; pool p has 1 left");
}

TEST_CASE("a reservation that is being deleted holds nothing more") {
  World world = two_teams();
  ReservationSpec going = reservation("r", 16);
  going.deleting = true;
  world.add_all(going, pod("b1").in("team-b").cpu(8));
  CHECK(admitted_names(world.plan()) == Names{"b1"});
}

TEST_CASE("R1: the cycle accepts what fits the calendar, the older first") {
  World world = two_teams();
  const auto asked = [](const char* name, std::int64_t cores, Duration age) {
    ReservationSpec spec = reservation(name, cores);
    spec.accepted = false;
    spec.created = kNow - age;
    spec.window = SingleWindow{kNow + 1h, 1h};
    return spec;
  };
  world.add_all(asked("old", 10, 9h), asked("big", 7, 8h), asked("small", 6, 7h));
  const Plan plan = world.step();
  CHECK(decision_on(plan, "old")->accepted);
  CHECK_FALSE(decision_on(plan, "big")->accepted);
  CHECK(decision_on(plan, "big")->reason == Reason::CalendarFull);
  CHECK(decision_on(plan, "big")->next_start == kNow + 2h);
  CHECK(decision_on(plan, "small")->accepted);
  const Plan next = world.plan(); // what is refused is asked again, what is accepted is not
  REQUIRE(next.reservations.size() == 1);
  CHECK_FALSE(next.reservations[0].accepted);
}

TEST_CASE("R1: running work holds the calendar until its expected end, or for ever") {
  World world = two_teams();
  ReservationSpec spec = reservation("r", 16);
  spec.accepted = false;
  spec.window = SingleWindow{kNow + 1h, 1h};
  world.add_all(spec, pod("b1").in("team-b").cpu(1).bound("n1").lasts(90min));
  CHECK(world.plan().reservations[0].next_start == kNow + 90min);
  world.add(pod("b1").in("team-b").cpu(1).bound("n1").lasts(30min));
  CHECK(world.plan().reservations[0].accepted);
  world.add(pod("b1").in("team-b").cpu(1).bound("n1"));
  CHECK_FALSE(world.plan().reservations[0].next_start);
  world.now = kNow + 31min; // overran: nobody knows how long it stays
  world.add(pod("b1").in("team-b").cpu(1).bound("n1").lasts(30min));
  CHECK_FALSE(world.plan().reservations[0].next_start);
}

TEST_CASE("R1: a reservation of a missing pool or payer is refused with that reason") {
  World world = two_teams();
  ReservationSpec lost = reservation("lost", 1);
  lost.accepted = false;
  lost.pool = PoolName{"none"};
  ReservationSpec unpaid = reservation("unpaid", 1);
  unpaid.accepted = false;
  unpaid.payer = QuotaName{"none"};
  world.add_all(lost, unpaid);
  const Plan plan = world.plan();
  CHECK(decision_on(plan, "lost")->reason == Reason::PoolNotFound);
  CHECK(decision_on(plan, "unpaid")->reason == Reason::QuotaNotFound);
}

TEST_CASE("N1: the extender sees promised capacity as taken, but not from its holders") {
  World world = two_teams();
  world.add(reservation("r", 8));
  const auto snapshot = world.snapshot();
  PlacementQuery query;
  query.shape = pod("x").cpu(1).build().shape;
  query.pool = PoolName{"p"};
  const auto refused = check(*snapshot, NodeName{"n1"}, query);
  REQUIRE(refused.has_value());
  CHECK(*refused == Rejection{NodeName{"n1"}, Reason::NodeReserved, "cpu", false});
  CHECK_FALSE(check(*snapshot, NodeName{"n2"}, query));
  query.reservation = ReservationName{"r"};
  CHECK_FALSE(check(*snapshot, NodeName{"n1"}, query));
}
