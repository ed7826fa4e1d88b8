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
  WatchedReplicas world(4);
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
  WatchedReplicas world(3);
  world.measure_pods_for(30min, 300, 1000);
  CHECK(world.recommendations("shop").empty());
}

TEST_CASE("an idle Deployment is recommended to scale in after an hour, a step at a time") {
  WatchedReplicas world(10);
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
  WatchedReplicas world(4);
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
  CHECK(world.analyzer.metrics.verified_recommendations(AdviceKind::ScaleOut, ForecastOutcome::Held)
            .value() >= 1);
  CHECK(world.analyzer.metrics.pending_plans(AdviceKind::ScaleOut).value() == 1);
}

TEST_CASE("a Deployment whose pods wait is not scaled in, and is again once they run") {
  WatchedReplicas world(10);
  world.measure_pods_for(65min, 100, 100);
  REQUIRE(world.standing_in("shop").size() == 1);
  REQUIRE(world.standing_in("shop")[0].spec.kind == RecommendationKind::ScaleIn);
  world.scale(11);
  world.add_pending_pod("web-waits");
  world.measure_pods_for(2min, 100, 100); // within the cooldown
  CHECK(world.standing_in("shop").empty());
  CHECK(valid_of(world.recommendations("shop").at(0))->reason == Reason::PodsPending);
  CHECK(world.policy_condition("ReplicasAdvised").reason == Reason::PodsPending);
  world.measure_pods_for(30min, 100, 100);
  CHECK(world.standing_in("shop").empty());
  world.admin.remove("Pod", {"shop", "web-waits"}, 0);
  world.scale(10);
  world.measure_pods_for(10min, 100, 100);
  CHECK(world.standing_in("shop").size() == 1);
  CHECK(world.policy_condition("ReplicasAdvised").reason == Reason::MetricsAvailable);
}

TEST_CASE("replicas that nobody could create yet are waited for like pods that wait") {
  WorkloadWorld world;
  world.add_deployment(10);
  world.scale(12); // a quota refuses the two
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(80min, 100, 100);
  CHECK(world.recommendations("shop").empty());
}

TEST_CASE("what is already coming is not asked for again, and what is missing beyond it is") {
  const auto advised = [](int cpu_milli) {
    WorkloadWorld world;
    world.add_deployment(4);
    world.scale(6);
    world.add_pending_pod("web-4");
    world.add_pending_pod("web-5");
    world.add_policy({{"actions", {"Replicas"}}});
    SimulatedAnalyzer analyzer(world);
    world.measure_pods_for(20min, cpu_milli, 500);
    return world.standing_in("shop");
  };
  CHECK(advised(900).empty()); // 3.6 cores: six replicas would do
  const auto found = advised(1300);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.action.patch == R"({"spec":{"replicas":8}})");
  CHECK(valid_of(found[0])->message ==
        "cpu is at 130 % of 4 replicas; 8 replicas would bring it to 65 %");
}

TEST_CASE("who is scaled by a HorizontalPodAutoscaler gets no second hand, and is told why") {
  WatchedReplicas world(4);
  world.measure_pods_for(20min, 900, 500);
  REQUIRE(world.standing_in("shop").size() == 1);
  world.add_autoscaler();
  world.measure_pods_for(2min, 900, 500);
  CHECK(world.standing_in("shop").empty());
  CHECK(valid_of(world.recommendations("shop").at(0))->reason == Reason::ScaledByAutoscaler);
  const auto condition = world.policy_condition("ReplicasAdvised");
  CHECK(condition.status == ConditionStatus::False);
  CHECK(condition.reason == Reason::ScaledByAutoscaler);
  CHECK(condition.message.find("HorizontalPodAutoscaler hpa") != std::string::npos);
  world.measure_pods_for(2h, 900, 500);
  CHECK(world.standing_in("shop").empty());
  world.admin.remove("HorizontalPodAutoscaler", {"shop", "hpa"});
  world.measure_pods_for(10min, 900, 500);
  CHECK(world.standing_in("shop").size() == 1);
}

TEST_CASE("advice that was followed ends, and the next change waits for the cooldown") {
  WatchedReplicas world(10);
  world.measure_pods_for(65min, 100, 100);
  REQUIRE(world.standing_in("shop").size() == 1);
  const auto first = world.standing_in("shop")[0];
  REQUIRE(first.spec.action.patch == R"({"spec":{"replicas":8}})");
  world.scale(8);
  for (const char* name : {"web-8", "web-9"})
    world.admin.remove("Pod", {"shop", name}, 0);
  world.pods.resize(8);
  world.measure_pods_for(4min, 100, 100);
  CHECK(world.standing_in("shop").empty());
  const auto all = world.recommendations("shop");
  REQUIRE(all.size() == 1);
  CHECK(valid_of(all[0])->reason == Reason::Applied);
  CHECK(all[0].status.applied_at);
  world.measure_pods_for(4min, 100, 100);
  REQUIRE(world.standing_in("shop").size() == 1);
  CHECK(world.standing_in("shop")[0].spec.action.patch == R"({"spec":{"replicas":7}})");
}

TEST_CASE("advice that is given again after it was followed begins anew, and is not applied yet") {
  WatchedReplicas world(4);
  world.measure_pods_for(20min, 900, 500);
  REQUIRE(world.standing_in("shop").size() == 1);
  const auto first = world.standing_in("shop")[0];
  world.scale(6); // followed, and taken back
  world.measure_pods_for(2min, 900, 500);
  CHECK(world.standing_in("shop").empty());
  world.scale(4);
  world.measure_pods_for(10min, 900, 500);
  const auto again = world.standing_in("shop");
  REQUIRE(again.size() == 1);
  CHECK(again[0].meta.name == first.meta.name);
  CHECK_FALSE(again[0].status.applied_at);
  CHECK_FALSE(api::is_true(again[0].status.conditions, "Applied"));
}

TEST_CASE("a policy says in its status whether its target is measured") {
  WatchedReplicas world(4);
  world.executor.run_for(2min);
  CHECK(world.policy_condition("Ready").status == ConditionStatus::Unknown);
  CHECK(world.policy_condition("Ready").reason == Reason::MetricsMissing);
  world.measure_pods_for(20min, 500, 500);
  CHECK(world.policy_condition("Ready").status == ConditionStatus::True);
  world.executor.run_for(10min);
  CHECK(world.policy_condition("Ready").reason == Reason::MetricsStale);
}

TEST_CASE("a quiet workload is not written to, nor its policy") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas", "Resize"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(20min, 600, 600);
  const std::size_t settled = analyzer.writes();
  CHECK(settled > 0);
  world.measure_pods_for(1h, 600, 600);
  CHECK(analyzer.writes() == settled);
}

TEST_CASE("of thousands of writes that nobody waits for some are left to the next cycles") {
  WorkloadWorld world;
  SimulatedAnalyzer analyzer(world);
  analyzer.transport.faults().set_latency({.min = 250ms, .max = 250ms});
  constexpr int kPolicies = 40;
  for (int i = 0; i < kPolicies; ++i)
    world.add_policy({{"targetRef", {{"kind", "Deployment"}, {"name", "gone"}}}},
                     "idle-" + std::to_string(i));
  world.executor.run_for(90s); // a cycle is over: 6 s of half a second each
  const std::size_t first = analyzer.writes("/scalingpolicies");
  CHECK(first > 0);
  CHECK(first < kPolicies);
  CHECK(analyzer.metrics.deferred_targets.value() > 0);
  world.executor.run_for(5min);
  CHECK(analyzer.writes("/scalingpolicies") == kPolicies);
  CHECK(analyzer.metrics.deferred_targets.value() == 0);
}

} // namespace berth::analyzer
