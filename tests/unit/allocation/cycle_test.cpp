#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// One pool of two nodes with 8 cores each; team-a has 10 cores, its own tree.
World small_world() {
  World world;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(10));
  return world;
}

} // namespace

TEST_CASE("one pod goes from its gate to a node: record, charge, planned node") {
  World world = small_world();
  world.add(pod("web").cpu(3));
  const Plan plan = world.step();
  REQUIRE(admitted_names(plan) == Names{"web"});
  const AdmissionRecord& record = plan.admissions.front().members.front().record;
  CHECK(record.quota == QuotaName{"a"});
  CHECK(record.pool == PoolName{"p"});
  CHECK(record.planned_nodes == std::vector{NodeName{"n1"}, NodeName{"n2"}});
  CHECK(record.members == 1);
  CHECK_FALSE(record.decision.empty());

  const auto snapshot = world.snapshot();
  const auto* charge = snapshot->charges.find(PodUid{"uid-web"});
  REQUIRE(charge != nullptr);
  CHECK((*charge)->quota == QuotaName{"a"});
  CHECK((*charge)->node == NodeName{"n1"});
  CHECK(snapshot->waiting.empty());
}

TEST_CASE("F5: one that does not fit never stops a later one, and one cycle admits many") {
  World world = small_world();
  world.add_all(pod("huge").cpu(9).created(0), pod("b").cpu(4).created(1),
                pod("c").cpu(4).created(2), pod("d").cpu(4).created(3), pod("e").cpu(2).created(4));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"b", "c", "e"});
  CHECK(why_waiting(plan, "huge")->reason == Reason::InsufficientCapacity);
  CHECK(why_waiting(plan, "d")->reason == Reason::InsufficientQuota);
}

TEST_CASE("priority comes before age, with the quota's offset, and the id ends every tie") {
  World world = small_world();
  world.add_all(quota("b").of("team-b").pool("p").cpu(10).priority_offset(100),
                pod("old").cpu(1).created(0), pod("urgent").cpu(1).priority(50).created(9),
                pod("y").cpu(1).created(5), pod("x").cpu(1).created(5),
                pod("offset").in("team-b").cpu(1).created(9));
  CHECK(admitted_names(world.plan()) == Names{"offset", "urgent", "old", "x", "y"});
}

TEST_CASE("a waiting workload has its numbers and its position") {
  World world = small_world();
  world.add_all(quota("research").pool("p").cpu(2),
                quota("a").under("research").of("team-a").pool("p").cpu(10), pod("a1").cpu(7),
                pod("a2").cpu(8).created(1), pod("a3").cpu(8).created(2));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"a1"});
  REQUIRE(plan.waiting.size() == 2);
  CHECK(plan.waiting[0].position == 1);
  CHECK(plan.waiting[1].position == 2);
  CHECK(plan.waiting[0].why == plan.waiting[1].why); // one explanation for all that are alike
  CHECK(plan.waiting[0].why->message ==
        "needs 8 cpu in pool p; a has 3 of 10 left, research could lend 2");
}

TEST_CASE("Q2: a workload goes to the second pool of its quota when the first is full") {
  World world;
  NodeView other = node("m1", 4);
  other.labels.set("pool", "q");
  world.add_all(pool("p"), pool("q"), node("n1", 2), other,
                quota("a").of("team-a").pool("p").cpu(2).pool("q").cpu(4));
  world.add_all(pod("a1").cpu(2), pod("a2").cpu(2).created(1), pod("a3").cpu(3).created(2));
  const Plan plan = world.plan();
  REQUIRE(admitted_names(plan) == Names{"a1", "a2"});
  CHECK(plan.admissions[0].members[0].record.pool == PoolName{"p"});
  CHECK(plan.admissions[1].members[0].record.pool == PoolName{"q"});
  CHECK(why_waiting(plan, "a3")->message == "needs 3 cpu in pool p; a has 0 of 2 left; needs 3 cpu "
                                            "in pool q; a has 2 of 4 left");
}

TEST_CASE("a pool whose nodes do not suit the pod is not the reason that it waits for") {
  World world;
  NodeView tainted = node("m1", 8);
  tainted.labels.set("pool", "q");
  tainted.taints.push_back({.key = "gpu"});
  world.add_all(pool("p"), pool("q"), node("n1", 8), tainted,
                quota("a").of("team-a").pool("p").cpu(2).pool("q").cpu(4));
  world.add(pod("x").cpu(3));
  const Plan plan = world.plan();
  REQUIRE(why_waiting(plan, "x") != nullptr);
  CHECK(why_waiting(plan, "x")->reason == Reason::InsufficientQuota);
  CHECK(why_waiting(plan, "x")->message ==
        "needs 3 cpu in pool p; a has 2 of 2 left; needs cpu 3 on a node of pool q; 0 of 1 nodes "
        "have room: 1 NodeTainted (taint gpu)");
}

TEST_CASE("work without a usable quota waits with the reason") {
  World world = small_world();
  world.add_all(quota("b1").of("team-b").pool("p"), quota("b2").of("team-b").pool("p"),
                quota("held").of("team-h").pool("p").stopped(),
                quota("child").of("team-c").under("held").pool("p"),
                quota("orphan").of("team-o").under("nobody").pool("p"),
                quota("nowhere").of("team-n").pool("none"), quota("poolless").of("team-l"));
  const auto [name_space, hint, reason] =
      GENERATE(table<std::string, std::string, Reason>({{"team-x", "", Reason::QuotaNotFound},
                                                        {"team-b", "", Reason::QuotaAmbiguous},
                                                        {"team-a", "b1", Reason::QuotaNotAllowed},
                                                        {"team-a", "none", Reason::QuotaNotFound},
                                                        {"team-h", "", Reason::QuotaStopped},
                                                        {"team-c", "", Reason::QuotaStopped},
                                                        {"team-o", "", Reason::QuotaTreeInvalid},
                                                        {"team-n", "", Reason::PoolNotFound},
                                                        {"team-l", "", Reason::PoolNotFound}}));
  world.add(pod("x").in(name_space).quota(hint).cpu(1));
  const Plan plan = world.plan();
  CHECK(plan.admissions.empty());
  REQUIRE(why_waiting(plan, "x") != nullptr);
  CHECK(why_waiting(plan, "x")->reason == reason);
  CHECK_FALSE(why_waiting(plan, "x")->message.empty());
}

TEST_CASE("what cannot be read waits as invalid, whatever room there is") {
  World world = small_world();
  world.add(pod("x").cpu(1).defect("berth.dev/workload-size: \"x\" is not a number"));
  const Plan plan = world.plan();
  CHECK(why_waiting(plan, "x")->reason == Reason::InvalidWorkload);
  CHECK(why_waiting(plan, "x")->message == "berth.dev/workload-size: \"x\" is not a number");
}

TEST_CASE("L5: terminal and terminating work is never admitted") {
  World world = small_world();
  world.add_all(pod("done").cpu(1).terminal(), pod("going").cpu(1).terminating());
  const Plan plan = world.plan();
  CHECK(plan.admissions.empty());
  CHECK(plan.waiting.empty());
}

TEST_CASE("what is admitted is charged and never admitted again (fixpoint)") {
  World world = small_world();
  for (int i = 0; i < 20; ++i)
    world.add(pod("w" + std::to_string(i)).cpu(1).created(i));
  const Plan first = world.step();
  CHECK(first.admissions.size() == 10);
  const Plan second = world.step();
  CHECK(second.admissions.empty());
  CHECK(second.waiting.size() == 10);
}

TEST_CASE("the same input gives the same plan, another seed only other decision ids") {
  World world = small_world();
  world.add(pod("web").cpu(3));
  const auto snapshot = world.snapshot();
  const auto id = [&](std::uint64_t seed) {
    return decide(*snapshot, world.policy, kNow, seed).admissions[0].members[0].record.decision;
  };
  CHECK(id(1) == id(1));
  CHECK(id(1) != id(2));
}

TEST_CASE("pool-level resources are checked against the pool, not against nodes") {
  World world = small_world();
  PoolSpec tools = pool("p");
  tools.virtual_capacity = {{"pool.berth.dev/licences", 3}};
  world.add(tools);
  world.add_all(pod("a1").asks("pool.berth.dev/licences", 2),
                pod("a2").asks("pool.berth.dev/licences", 2).created(1),
                pod("a3").asks("pool.berth.dev/licences", 1).created(2));
  const Plan plan = world.plan();
  CHECK(admitted_names(plan) == Names{"a1", "a3"});
  CHECK(why_waiting(plan, "a2")->reason == Reason::InsufficientCapacity);
  CHECK(why_waiting(plan, "a2")->message == "needs 2 pool.berth.dev/licences; pool p has 1 left");
}

TEST_CASE("an admitted pod whose planned nodes are gone gets new ones before anybody else") {
  World world = small_world();
  world.add_all(pod("lost").cpu(8).admitted(record("a", "p", {"gone"})),
                pod("late").cpu(2).priority(1000));
  world.state.remove_node(NodeName{"n2"});
  const Plan plan = world.step();
  REQUIRE(plan.replannings.size() == 1);
  CHECK(plan.replannings[0].record.planned_nodes == std::vector{NodeName{"n1"}});
  CHECK(plan.replannings[0].record.decision == DecisionId{"decision-a"});
  CHECK(plan.admissions.empty());
  CHECK(why_waiting(plan, "late")->reason == Reason::InsufficientCapacity);
  CHECK(world.plan().replannings.empty());
}

TEST_CASE("a pod without a gate in a managed namespace waits for its record all the same") {
  World world = small_world();
  PodView bare = pod("bare").cpu(1);
  bare.gated = false;
  world.add(bare);
  CHECK(admitted_names(world.plan()) == Names{"bare"});
}
