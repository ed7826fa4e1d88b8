// How many replicas a workload is advised to have, and when nothing is said of it.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;
using api::RecommendationKind;

} // namespace

TEST_CASE("a busy Deployment is recommended to scale out, by a patch of its scale") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(20min, 900, 500);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.kind == RecommendationKind::ScaleOut);
  CHECK(spec.target_ref == api::ScalingTarget{api::ScalingTargetKind::Deployment, "web"});
  CHECK(spec.action.patch == R"({"spec":{"replicas":6}})");
  CHECK(spec.action.subresource == api::PatchSubresource::Scale);
  CHECK(spec.priority == api::RecommendationPriority::High);
  REQUIRE(spec.evidence);
  CHECK(spec.evidence->metric == "cpu");
  CHECK_FALSE(spec.evidence->forecast.empty());
  CHECK(found[0].meta.owners.at(0).kind == "ScalingPolicy");
  REQUIRE(valid_of(found[0]) != nullptr);
  CHECK(valid_of(found[0])->message ==
        "cpu is at 90 % of 4 replicas; 6 replicas would bring it to 60 %");
}

TEST_CASE("the policy's bounds hold: no more than maxReplicas, no fewer than minReplicas") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}, {"minReplicas", 4}, {"maxReplicas", 5}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(20min, 1000, 500);
  REQUIRE(world.standing_in("shop").size() == 1);
  CHECK(world.standing_in("shop")[0].spec.action.patch == R"({"spec":{"replicas":5}})");
  world.measure_pods_for(2h, 10, 10);
  CHECK(world.standing_in("shop").empty());
}

TEST_CASE("memory that each replica fills for itself asks for no more replicas") {
  WorkloadWorld world;
  world.add_deployment(3);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(30min, 300, 1000);
  CHECK(world.recommendations("shop").empty());
}

TEST_CASE("an idle Deployment is recommended to scale in after an hour, a step at a time") {
  WorkloadWorld world;
  world.add_deployment(10);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(45min, 100, 100);
  CHECK(world.recommendations("shop").empty());
  world.measure_pods_for(20min, 100, 100);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::ScaleIn);
  CHECK(found[0].spec.action.patch == R"({"spec":{"replicas":8}})");
}

TEST_CASE("what nobody measures is no advice, and what stood stands until its time is over") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy();
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(30min);
  CHECK(world.recommendations("shop").empty());
}

TEST_CASE("a policy without its target is no failure, and one that goes takes its advice with it") {
  WorkloadWorld world;
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(5min);
  world.add_deployment(4);
  world.measure_pods_for(20min, 900, 500);
  REQUIRE(world.standing_in("shop").size() == 1);
  world.admin.remove("ScalingPolicy", {"shop", "web"});
  world.measure_pods_for(2min, 900, 500);
  for (const auto& one : world.recommendations("shop"))
    CHECK(valid_of(one)->status == ConditionStatus::False);
}

TEST_CASE("after its hour a recommendation is verified, and says what came") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(70min, 900, 500);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  const auto* verified = api::find_condition(found[0].status.conditions, "Verified");
  REQUIRE(verified != nullptr);
  CHECK(verified->status == ConditionStatus::True);
  CHECK(verified->reason == Reason::ForecastHeld);
  REQUIRE(found[0].status.outcome);
  CHECK(found[0].status.outcome->before == resources::Quantity::of(90));
  CHECK(found[0].status.outcome->after == resources::Quantity::of(90));
  using telemetry::AdviceKind;
  using telemetry::ForecastOutcome;
  CHECK(analyzer.metrics.verified_recommendations(AdviceKind::ScaleOut, ForecastOutcome::Held)
            .value() >= 1);
  CHECK(analyzer.metrics.pending_plans(AdviceKind::ScaleOut).value() == 1);
}

} // namespace berth::analyzer
