// What a ScalingPolicy's status says of whether it has an effect.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;

Json names(const char* kind, const char* name) {
  return {{"targetRef", {{"kind", kind}, {"name", name}}}};
}

} // namespace

TEST_CASE("a policy whose target does not exist says so, and is ready once it does") {
  WorkloadWorld world;
  world.add_policy();
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(2min);
  const auto missing = world.policy_condition("Ready");
  CHECK(missing.status == ConditionStatus::False);
  CHECK(missing.reason == Reason::TargetNotFound);
  CHECK(missing.message == "There is no Deployment web in namespace shop");
  world.add_deployment(2);
  world.measure_pods_for(10min, 500, 500);
  CHECK(world.policy_condition("Ready").status == ConditionStatus::True);
  world.admin.remove("Deployment", {"shop", "web"});
  world.executor.run_for(2min);
  CHECK(world.policy_condition("Ready").reason == Reason::TargetNotFound);
}

TEST_CASE("of two policies that name one target the younger says that it has no effect") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({}, "older");
  world.executor.run_for(1min);
  world.add_policy({}, "newer");
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(10min, 500, 500);
  CHECK(world.policy_condition("Ready", "older").status == ConditionStatus::True);
  const auto taken = world.policy_condition("Ready", "newer");
  CHECK(taken.status == ConditionStatus::False);
  CHECK(taken.reason == Reason::TargetTaken);
  CHECK(taken.message ==
        "ScalingPolicy shop/older is older and names Deployment web too: remove one of them");
  world.admin.remove("ScalingPolicy", {"shop", "older"});
  world.measure_pods_for(2min, 500, 500);
  CHECK(world.policy_condition("Ready", "newer").status == ConditionStatus::True);
}

TEST_CASE("the policy of a pool says whether the pool is there and measured, once for each pool") {
  WorkloadWorld world;
  world.add_policy(names("ResourcePool", "p"), "first");
  world.executor.run_for(1min);
  world.add_policy(names("ResourcePool", "p"), "second");
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(2min);
  CHECK(world.policy_condition("Ready", "first").reason == Reason::TargetNotFound);
  CHECK(world.policy_condition("Ready", "first").message == "There is no ResourcePool p");
  world.add_pool(0);
  world.measure_for(5min, 1000);
  CHECK(world.policy_condition("Ready", "first").status == ConditionStatus::True);
  CHECK(world.policy_condition("Ready", "first").reason == Reason::MetricsAvailable);
  CHECK(world.policy_condition("Ready", "second").reason == Reason::TargetTaken);
}

TEST_CASE("a policy for a Job that is still to come says that it is not there") {
  WorkloadWorld world;
  world.add_policy(names("Job", "train"), "train");
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(2min);
  CHECK(world.policy_condition("Ready", "train").reason == Reason::TargetNotFound);
}

TEST_CASE("a policy without effect is not written to again while nothing changes") {
  WorkloadWorld world;
  world.add_policy();
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(2min);
  const std::size_t settled = analyzer.writes("/scalingpolicies");
  CHECK(settled == 1);
  world.executor.run_for(30min);
  CHECK(analyzer.writes("/scalingpolicies") == settled);
}

} // namespace berth::analyzer
