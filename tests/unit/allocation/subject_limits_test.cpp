#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

SubjectLimits cores(std::int64_t each) {
  SubjectLimits limits;
  limits.amounts = {{"cpu", each * 1000}};
  return limits;
}

SubjectLimits concurrent(std::int32_t workloads) {
  SubjectLimits limits;
  limits.concurrent = workloads;
  return limits;
}

World world_with(const QuotaSpec& quota) {
  World world;
  world.add_all(pool("p"), node("n", 100), quota);
  return world;
}

} // namespace

TEST_CASE("Q5: every subject has its limit alone") {
  World world = world_with(quota("a").of("team-a").pool("p").cpu(100).per_subject(cores(4)));
  world.add_all(pod("x1").as("x").cpu(3), pod("x2").as("x").cpu(2), pod("x3").as("x").cpu(1),
                pod("y1").as("y").cpu(4));
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"x1", "x3", "y1"});
  REQUIRE(why_waiting(plan, "x2") != nullptr);
  CHECK(why_waiting(plan, "x2")->reason == Reason::SubjectLimited);
  CHECK(why_waiting(plan, "x2")->message == "needs 2 cpu; team-a/x under quota a has 1 of 4 left");
  CHECK(why_waiting(world.plan(), "x2")->message ==
        "needs 2 cpu; team-a/x under quota a has 0 of 4 left");
  world.state.remove_pod(PodUid{"uid-x1"});
  CHECK(admitted_names(world.plan()) == Names{"x2"});
}

TEST_CASE("Q5: a gang counts as one workload at a time") {
  World world = world_with(quota("a").of("team-a").pool("p").cpu(100).per_subject(concurrent(1)));
  world.add_all(pod("g1").gang("g", 2).cpu(1), pod("g2").gang("g", 2).cpu(1),
                pod("later").cpu(1).created(5));
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"g1", "g2"});
  CHECK(why_waiting(plan, "later")->reason == Reason::SubjectLimited);
  CHECK(why_waiting(plan, "later")->message ==
        "team-a/default under quota a has 1 of 1 workloads admitted");
}

TEST_CASE("Q5: a label names the subject, and leaving it out evades nothing") {
  SubjectLimits limits = concurrent(1);
  limits.label = "agent";
  World world = world_with(quota("a").of("team-a").pool("p").cpu(100).per_subject(limits));
  world.add_all(pod("a1").label("agent", "7").cpu(1).created(0),
                pod("a2").label("agent", "7").cpu(1).created(1),
                pod("b1").label("agent", "8").cpu(1).created(2), pod("c1").cpu(1).created(3),
                pod("c2").cpu(1).created(4));
  CHECK(admitted_names(world.plan()) == Names{"a1", "b1", "c1"});
}

TEST_CASE("Q5: quotas below inherit limits, and what a subject holds counts together") {
  World world = world_with(quota("root").pool("p").cpu(100).per_subject(concurrent(1)));
  world.add_all(quota("one").under("root").of_account("x", "robot").pool("p").cpu(10),
                quota("two").under("root").of("y").pool("p").cpu(10),
                quota("own").under("root").of("z").pool("p").cpu(10).per_subject(concurrent(2)),
                pod("x1").in("x").as("robot").cpu(1), pod("x2").in("x").as("robot").cpu(1),
                pod("y1").in("y").cpu(1), pod("z1").in("z").cpu(1), pod("z2").in("z").cpu(1),
                pod("z3").in("z").cpu(1));
  CHECK(admitted_names(world.plan()) == Names{"x1", "y1", "z1", "z2"});
}

TEST_CASE("Q5: admissions of a subject are spread over the minute") {
  SubjectLimits limits;
  limits.per_minute = 2;
  World world = world_with(quota("a").of("team-a").pool("p").cpu(100).per_subject(limits));
  world.add_all(pod("x1").as("x").cpu(1), pod("x2").as("x").cpu(1), pod("y1").as("y").cpu(1));
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"x1", "y1"});
  CHECK(why_waiting(plan, "x2")->reason == Reason::RateLimited);
  CHECK(plan.next_look == kNow + 30s);
  world.now = plan.next_look;
  CHECK(admitted_names(world.plan()) == Names{"x2"});
}

TEST_CASE("Q7: what the namespace's ResourceQuota would refuse is not admitted") {
  World world = world_with(quota("a").of("team-a").of("team-b").pool("p").cpu(100));
  world.add(NamespaceQuota{"team-a", "compute", {{"cpu", 5000}, {"pods", 3}}});
  world.add_all(pod("daemon").unmanaged().cpu(1).bound("n"), pod("big").cpu(5).created(0),
                pod("small").cpu(4).created(1), pod("last").created(2),
                pod("elsewhere").in("team-b").cpu(9));
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"elsewhere", "small", "last"});
  CHECK(why_waiting(plan, "big")->reason == Reason::NamespaceQuotaExceeded);
  CHECK(why_waiting(plan, "big")->message ==
        "needs 5 cpu; ResourceQuota compute of namespace team-a has 4 of 5 left");
  world.add(pod("fourth").created(3));
  CHECK(why_waiting(world.plan(), "fourth")->reason == Reason::NamespaceQuotaExceeded); // pods
  world.state.remove_namespace_quota("team-a", "compute");
  CHECK(admitted_names(world.plan()) == Names{"big", "fourth"});
}
