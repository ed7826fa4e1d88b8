// G1 in time: gangs that were admitted and do not come to run whole are rolled back.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::make_pod;

simulation::Json member_of_job(const std::string& name) {
  return make_pod("a", name)
      .cpu("1")
      .workload("train", 2)
      .owner("batch/v1", "Job", "train", "job-uid")
      .build();
}

/// A namespace "a" whose quota holds a gang of two, on two nodes.
struct GangWorld : OperatorWorld {
  GangWorld() {
    add_pool("cpu", 2, "16");
    add_team("a", "cpu", 2);
  }

  /// Two members of the Job's gang: "<prefix>0" and "<prefix>1".
  void add_gang(const std::string& prefix) {
    admin.create(member_of_job(prefix + "0"));
    admin.create(member_of_job(prefix + "1"));
  }
  /// Of the members "m0" and "m1".
  void bind_gang() {
    admin.bind({"a", "m0"}, "cpu-0");
    admin.bind({"a", "m1"}, "cpu-1");
  }
  [[nodiscard]] bool is_admitted_soon(const std::string& name) {
    return executor.run_until([&] { return !is_gated("a", name); }, 30s);
  }
};

OperatorOptions with_gang_timeout(Duration timeout) {
  OperatorOptions options;
  options.gang_timeout = timeout;
  return options;
}

bool exists(OperatorWorld& world, const std::string& name) {
  const auto pod = world.admin.find("Pod", {"a", name});
  return pod && !(*pod)["metadata"].contains("deletionTimestamp");
}

} // namespace

TEST_CASE("G1: a gang that is not bound whole in time is rolled back, and waits with back-off") {
  GangWorld world;
  SimulatedOperator op(world, 7, with_gang_timeout(60s));
  world.add_gang("m");
  REQUIRE(world.is_admitted_soon("m1"));
  world.admin.bind({"a", "m0"}, "cpu-0");
  world.executor.run_for(50s);
  CHECK(exists(world, "m0"));
  world.executor.run_for(30s);
  CHECK_FALSE(exists(world, "m0"));
  CHECK_FALSE(exists(world, "m1"));
  CHECK_THAT(op.exposition(),
             Catch::Contains("berth_evictions_total{cause=\"gang_rollback\"} 1\n"));

  // The controller makes new ones: they wait for the back-off and are admitted then.
  world.admin.remove("Pod", {"a", "m0"}, 0);
  world.add_gang("n");
  world.executor.run_for(20s);
  CHECK(world.is_gated("a", "n0"));
  CHECK(world.annotation("a", "n0", "berth.dev/explain").starts_with("GangTimedOut: "));
  world.executor.run_for(60s);
  CHECK_FALSE(world.is_gated("a", "n0"));
}

TEST_CASE("G1: the AllocationPolicy of a pool says how long its gangs may take") {
  GangWorld world;
  world.admin.create(simulation::make_object("berth.dev/v1alpha1", "AllocationPolicy", "", "quick")
                         .spec({{"poolRefs", {{{"name", "cpu"}}}}, {"gangTimeoutSeconds", 20}})
                         .build());
  SimulatedOperator op(world, 7, with_gang_timeout(10min));
  world.add_gang("m");
  REQUIRE(world.executor.run_until(
      [&] { return !world.is_gated("a", "m0") && !world.is_gated("a", "m1"); }, 30s));
  world.admin.bind({"a", "m0"}, "cpu-0");
  world.executor.run_for(40s);
  CHECK_FALSE(exists(world, "m0"));
  CHECK_FALSE(exists(world, "m1"));
}

TEST_CASE("G1: a gang that is bound whole is left alone") {
  GangWorld world;
  SimulatedOperator op(world, 7, with_gang_timeout(60s));
  world.add_gang("m");
  REQUIRE(world.is_admitted_soon("m1"));
  world.executor.run_for(1s);
  world.bind_gang();
  world.executor.run_for(10min);
  CHECK(exists(world, "m0"));
  CHECK(exists(world, "m1"));
}

TEST_CASE("G1: members that nobody would make again are reported and not deleted") {
  GangWorld world;
  SimulatedOperator op(world, 7, with_gang_timeout(60s));
  for (const char* name : {"m0", "m1"})
    world.admin.create(make_pod("a", name).cpu("1").workload("train", 2).build());
  world.executor.run_for(10min);
  CHECK(exists(world, "m0"));
  CHECK(world.events("a", "GangTimedOut") == 1);
}

TEST_CASE("G1: the back-off of a gang ends on time, however quiet the cluster is") {
  GangWorld world;
  SimulatedOperator op(world, 7, with_gang_timeout(60s));
  world.add_gang("m");
  REQUIRE(world.executor.run_until([&] { return !exists(world, "m0"); }, 2min));
  world.executor.run_for(10s);
  world.add_gang("n");
  world.executor.run_for(48s);
  CHECK(world.is_gated("a", "n0"));
  world.executor.run_for(4s);
  CHECK_FALSE(world.is_gated("a", "n0"));
  CHECK_FALSE(world.is_gated("a", "n1"));
}

TEST_CASE("I8: a gang that only an old view shows as partial is not rolled back") {
  GangWorld world;
  SimulatedOperator op(world, 7, with_gang_timeout(60s));
  world.add_gang("m");
  REQUIRE(world.is_admitted_soon("m1"));
  world.executor.run_for(1s);
  op.transport.cache().hold(true);
  world.bind_gang();
  world.executor.run_for(5min);
  CHECK(exists(world, "m0"));
  CHECK(exists(world, "m1"));
  op.transport.cache().hold(false);
  world.executor.run_for(5min);
  CHECK(exists(world, "m0"));
  CHECK(world.events("a", "GangTimedOut") == 0);
}

TEST_CASE("F9: the next leader finishes a rollback at once and keeps to its back-off") {
  GangWorld world;
  const OperatorOptions options = with_gang_timeout(10min);
  world.add_gang("m");
  {
    SimulatedOperator first(world, 7, options);
    REQUIRE(world.is_admitted_soon("m1"));
    world.admin.bind({"a", "m0"}, "cpu-0");
    // The member without a node goes first; then the leader is cut off.
    REQUIRE(world.executor.run_until([&] { return !exists(world, "m1"); }, 15min));
    first.transport.partition(true);
    REQUIRE(exists(world, "m0"));
    SimulatedOperator second(world, 8, options);
    REQUIRE(world.executor.run_until([&] { return !exists(world, "m0"); }, 20s));

    world.add_gang("n");
    world.executor.run_for(10s);
    CHECK(world.is_gated("a", "n0"));
    world.admin.remove("Pod", {"a", "m0"}, 0);
    world.executor.run_for(1s);
    second.transport.partition(true);
    // By now nothing but the pods that wait tells of the rollback.
    SimulatedOperator third(world, 9, options);
    world.executor.run_for(20s);
    CHECK(world.is_gated("a", "n0"));
    CHECK(world.is_gated("a", "n1"));
    world.executor.run_for(40s);
    CHECK_FALSE(world.is_gated("a", "n0"));
  }
}

TEST_CASE("G1: a gang that ran whole goes on when it loses a member for good") {
  GangWorld world;
  SimulatedOperator op(world, 7, with_gang_timeout(60s));
  world.add_gang("m");
  REQUIRE(world.is_admitted_soon("m1"));
  world.bind_gang();
  world.executor.run_for(30s);
  world.admin.remove("Pod", {"a", "m1"}, 0);
  SECTION("nobody makes it again: its work is kept, and that is said once") {
    world.executor.run_for(10min);
    CHECK(exists(world, "m0"));
    CHECK(world.events("a", "GangTimedOut") == 1);
  }
  SECTION("the one in its place finds no room: what is left may not hold its capacity for ever") {
    world.admin.create(make_pod("a", "m2")
                           .cpu("4")
                           .workload("train", 2)
                           .owner("batch/v1", "Job", "train", "job-uid")
                           .build());
    world.executor.run_for(50s);
    CHECK(exists(world, "m0"));
    world.executor.run_for(30s);
    CHECK_FALSE(exists(world, "m0"));
  }
}

TEST_CASE("kueue #6035, G1: what a check after the admission refuses gives its quota back") {
  GangWorld world;
  SimulatedOperator op(world, 7, with_gang_timeout(60s));
  world.add_gang("m"); // nobody binds it: the scheduler or another extender refuses each node
  REQUIRE(world.is_admitted_soon("m1"));
  world.admin.create(make_pod("a", "other").cpu("2").build());
  world.executor.run_for(50s);
  CHECK(world.is_gated("a", "other"));
  CHECK(world.annotation("a", "other", "berth.dev/explain").starts_with("InsufficientQuota: "));
  CHECK(world.is_admitted_soon("other"));
  world.add_gang("n"); // refused again, were it admitted: it holds nothing while it waits
  world.executor.run_for(5min);
  CHECK(world.is_gated("a", "n0"));
  CHECK_FALSE(world.is_gated("a", "other"));
}

TEST_CASE("G1: a gang whose first member failed while others wait for nodes is rolled back too") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 3);
  SimulatedOperator op(world, 7, with_gang_timeout(60s));
  for (const char* name : {"m0", "m1", "m2"})
    world.admin.create(make_pod("a", name)
                           .cpu("1")
                           .workload("train", 3)
                           .owner("batch/v1", "Job", "train", "job-uid")
                           .build());
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "m2"); }, 30s));
  world.admin.bind({"a", "m0"}, "cpu-0");
  world.admin.patch("Pod", {"a", "m0"}, {{"status", {{"phase", "Failed"}}}}, "status");
  world.executor.run_for(90s);
  CHECK_FALSE(exists(world, "m1"));
  CHECK_FALSE(exists(world, "m2"));
}
