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

bool exists(OperatorWorld& world, const std::string& name) {
  const auto pod = world.admin.find("Pod", {"a", name});
  return pod && !(*pod)["metadata"].contains("deletionTimestamp");
}

} // namespace

TEST_CASE("G1: a gang that is not bound whole in time is rolled back, and waits with back-off") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 2);
  OperatorOptions options;
  options.gang_timeout = 60s;
  SimulatedOperator op(world, 7, options);
  world.admin.create(member_of_job("m0"));
  world.admin.create(member_of_job("m1"));
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "m1"); }, 30s));
  world.admin.bind({"a", "m0"}, "cpu-0");
  world.executor.run_for(50s);
  CHECK(exists(world, "m0"));
  world.executor.run_for(30s);
  CHECK_FALSE(exists(world, "m0"));
  CHECK_FALSE(exists(world, "m1"));

  // The controller makes new ones: they wait for the back-off and are admitted then.
  world.admin.remove("Pod", {"a", "m0"}, 0);
  world.admin.create(member_of_job("n0"));
  world.admin.create(member_of_job("n1"));
  world.executor.run_for(20s);
  CHECK(world.is_gated("a", "n0"));
  CHECK(world.annotation("a", "n0", "berth.dev/explain").starts_with("GangTimedOut: "));
  world.executor.run_for(60s);
  CHECK_FALSE(world.is_gated("a", "n0"));
}

TEST_CASE("G1: a gang that is bound whole is left alone") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 2);
  OperatorOptions options;
  options.gang_timeout = 60s;
  SimulatedOperator op(world, 7, options);
  world.admin.create(member_of_job("m0"));
  world.admin.create(member_of_job("m1"));
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "m1"); }, 30s));
  world.executor.run_for(1s);
  world.admin.bind({"a", "m0"}, "cpu-0");
  world.admin.bind({"a", "m1"}, "cpu-1");
  world.executor.run_for(10min);
  CHECK(exists(world, "m0"));
  CHECK(exists(world, "m1"));
}

TEST_CASE("G1: members that nobody would make again are reported and not deleted") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 2);
  OperatorOptions options;
  options.gang_timeout = 60s;
  SimulatedOperator op(world, 7, options);
  for (const char* name : {"m0", "m1"})
    world.admin.create(make_pod("a", name).cpu("1").workload("train", 2).build());
  world.executor.run_for(10min);
  CHECK(exists(world, "m0"));
  std::size_t warnings = 0;
  const auto answer = world.admin.request("GET", "/apis/events.k8s.io/v1/namespaces/a/events");
  const auto events = simulation::Json::parse(answer.body);
  for (const auto& event : events["items"])
    warnings += event["reason"] == "GangTimedOut" ? 1 : 0;
  CHECK(warnings == 1);
}
