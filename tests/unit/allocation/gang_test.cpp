#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// Two nodes of 4 cores; team-a may have everything.
World two_nodes() {
  World world;
  world.add_all(pool("p"), node("n1", 4), node("n2", 4),
                quota("a").of("team-a").pool("p").cpu(100));
  return world;
}

void add_gang(World& world, const std::string& name, int members, int cores, int size) {
  for (int i = 0; i < members; ++i)
    world.add(pod(name + std::to_string(i)).gang(name, size).cpu(cores).created(i));
}

} // namespace

TEST_CASE("G1: a gang is admitted whole, with a place for each member") {
  World world = two_nodes();
  add_gang(world, "g", 4, 2, 4);
  const Plan plan = world.step();
  REQUIRE(plan.admissions.size() == 1);
  CHECK(plan.admissions[0].members.size() == 4);
  CHECK_FALSE(plan.admissions[0].completes_earlier);
  std::map<NodeName, int> planned;
  for (const MemberAdmission& member : plan.admissions[0].members) {
    ++planned[member.record.planned_nodes.front()];
    CHECK(member.record.decision == plan.admissions[0].members[0].record.decision);
    CHECK(member.record.members == 4);
    CHECK(member.record.youngest_member == kNow - 1h + 3s);
  }
  CHECK(planned == std::map<NodeName, int>{{NodeName{"n1"}, 2}, {NodeName{"n2"}, 2}});
  CHECK(world.plan().admissions.empty());
}

TEST_CASE("G1: where one member has no place, none is admitted and nothing is held") {
  World world = two_nodes();
  add_gang(world, "g", 3, 3, 3); // three pods of 3 cores need three nodes
  world.add(pod("single").cpu(4).created(9));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"single"});
  CHECK(why_waiting(plan, "g0")->reason == Reason::InsufficientCapacity);
  CHECK(why_waiting(plan, "g0")->message ==
        "2 of 3 members have a place; the next needs cpu 3 on a node of pool p; 0 of 2 nodes have "
        "room: 2 InsufficientNodeResources (cpu)");
}

TEST_CASE("G1: a gang waits until its members exist") {
  World world = two_nodes();
  add_gang(world, "g", 2, 1, 3);
  CHECK(why_waiting(world.plan(), "g0")->reason == Reason::WaitingForGang);
  CHECK(why_waiting(world.plan(), "g0")->message == "2 of 3 members of the gang exist");
  world.add(pod("g2").gang("g", 3).cpu(1).created(2));
  CHECK(world.plan().admissions.size() == 1);
}

TEST_CASE("G1: members beyond the size are not admitted") {
  World world = two_nodes();
  add_gang(world, "g", 3, 1, 2);
  CHECK(admitted_names(world.step()) == Names{"g0", "g1"});
  const Plan plan = world.plan();
  CHECK(plan.admissions.empty());
  CHECK(why_waiting(plan, "g2")->reason == Reason::InvalidWorkload);
}

TEST_CASE("G1: a gang that was rolled back waits as long as the policy says") {
  World world = two_nodes();
  add_gang(world, "g", 2, 1, 2);
  world.policy.held_back[WorkloadId{"team-a/g"}] =
      HeldBack{kNow + 60s, Reason::GangTimedOut, "the gang was rolled back"};
  CHECK(why_waiting(world.plan(), "g0")->reason == Reason::GangTimedOut);
  world.now += 60s;
  CHECK(world.plan().admissions.size() == 1);
}

TEST_CASE("G2, L1: a half-written gang stays charged whole and is finished first") {
  World world = two_nodes();
  add_gang(world, "g", 4, 2, 4);
  world.apply(world.plan(), 1); // a crash after the first member
  world.add(pod("rival").priority(1000).cpu(4));

  const auto snapshot = world.snapshot();
  const auto* use = snapshot->quota_use.find(QuotaName{"a"});
  REQUIRE(use != nullptr);
  CHECK((*use)->by_pool.at(PoolName{"p"}).get(ResourceName::cpu()) == Amount{8000});
  const Plan plan = world.step();
  REQUIRE(plan.admissions.size() == 1);
  CHECK(admitted_names(plan) == Names{"g1", "g2", "g3"});
  CHECK(plan.admissions[0].completes_earlier);
  CHECK(why_waiting(plan, "rival")->reason == Reason::InsufficientCapacity);
  CHECK(world.plan().admissions.empty());
}

TEST_CASE("G2: members that came after an interrupted decision are not part of it") {
  World world = two_nodes();
  add_gang(world, "g", 2, 1, 2);
  world.apply(world.plan(), 1);
  world.state.remove_pod(PodUid{"uid-g1"});
  world.add(pod("g9").gang("g", 2).cpu(1).created(60));
  const auto* charge = world.snapshot()->charges.find(PodUid{"uid-g9"});
  CHECK(charge == nullptr);
  CHECK(admitted_names(world.plan()) == Names{"g9"}); // as a follower, against the quota
}

TEST_CASE("G2: a gang that is being rolled back is not finished") {
  World world = two_nodes();
  add_gang(world, "g", 2, 1, 2);
  world.apply(world.plan(), 1);
  PodView first = *world.snapshot()->find_pod(PodUid{"uid-g0"});
  first.terminating = true;
  world.add(first);
  const Plan plan = world.plan();
  CHECK(plan.admissions.empty());
  CHECK(why_waiting(plan, "g1")->reason == Reason::WaitingForGang);
}

TEST_CASE("a member that is replaced follows its gang to quota and pool, if there is room") {
  World world = two_nodes();
  NodeView other = node("m1", 64);
  other.labels.set("pool", "q");
  world.add_all(pool("q"), other);
  add_gang(world, "g", 2, 4, 2);
  REQUIRE(world.step().admissions.size() == 1);
  world.add(quota("a").of("team-a").pool("q").cpu(100).pool("p").cpu(100)); // q is preferred now
  world.state.remove_pod(PodUid{"uid-g0"});
  world.add(pod("g7").gang("g", 2).cpu(4).created(70));
  const Plan plan = world.plan();
  REQUIRE(admitted_names(plan) == Names{"g7"});
  CHECK(plan.admissions[0].members[0].record.pool == PoolName{"p"});
  CHECK(plan.admissions[0].completes_earlier);

  world.add(pod("intruder").unmanaged().bound("n1").cpu(4));
  CHECK(why_waiting(world.plan(), "g7")->reason == Reason::InsufficientCapacity);
}

TEST_CASE(
    "G1: members that succeeded count as having been there, and those of a former run do not") {
  World world = two_nodes();
  world.add_all(pod("g0").gang("g", 3).cpu(1).admitted(record("a", "p")).succeeded(),
                pod("g1").gang("g", 3).cpu(1), pod("g2").gang("g", 3).cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"g1", "g2"});
  world.add_all(pod("g1").gang("g", 3).cpu(1).admitted(record("a", "p")).succeeded(),
                pod("g2").gang("g", 3).cpu(1).admitted(record("a", "p")).succeeded(),
                pod("h0").gang("g", 3).cpu(1));
  CHECK(admitted_names(world.plan()).empty());
  world.add_all(pod("h1").gang("g", 3).cpu(1), pod("h2").gang("g", 3).cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"h0", "h1", "h2"});
}

TEST_CASE("G1: what failed makes no replacement start alone") {
  World world = two_nodes();
  for (const std::string name : {"g0", "g1", "g2"}) // as a Job keeps them
    world.add(pod(name).gang("g", 3).cpu(1).admitted(record("a", "p")).terminal());
  world.add(pod("h0").gang("g", 3).cpu(1));
  const Plan plan = world.plan();
  CHECK(plan.admissions.empty());
  REQUIRE(why_waiting(plan, "h0") != nullptr);
  CHECK(why_waiting(plan, "h0")->reason == Reason::WaitingForGang);
  world.add_all(pod("h1").gang("g", 3).cpu(1), pod("h2").gang("g", 3).cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"h0", "h1", "h2"});
}

TEST_CASE("members that contradict each other make an invalid workload") {
  World world = two_nodes();
  world.add(quota("b").of_account("team-a", "robot").pool("p").cpu(9));
  const auto second =
      GENERATE(pod("g1").gang("g", 3).build(), pod("g1").gang("g", 2).inside("r").build(),
               pod("g1").gang("g", 2).as("robot").build());
  world.add_all(pod("g0").gang("g", 2).cpu(1), second);
  const Plan plan = world.plan();
  CHECK(plan.admissions.empty());
  CHECK(why_waiting(plan, "g0")->reason == Reason::InvalidWorkload);
}

TEST_CASE("gangs of the same name in two namespaces are two gangs") {
  World world = two_nodes();
  world.add(quota("b").of("team-b").pool("p").cpu(9));
  world.add_all(pod("g0").gang("g", 2).cpu(1), pod("h0").in("team-b").gang("g", 2).cpu(1));
  CHECK(why_waiting(world.plan(), "g0")->reason == Reason::WaitingForGang);
}
