// What the containers of a workload are advised to ask for.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

/// Sends the patch to the Deployment, which must be taken.
void follow(WorkloadWorld& world, const api::ScalingRecommendation& one) {
  const auto response =
      world.admin.request("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web",
                          Json::parse(one.spec.action.patch), "application/json-patch+json");
  REQUIRE(response.status == 200);
}

} // namespace

TEST_CASE("kubernetes/autoscaler #6420: one pod of many that differs is not averaged away") {
  WorkloadWorld world;
  world.add_deployment(6);
  world.add_policy({{"actions", {"Resize"}}});
  SimulatedAnalyzer analyzer(world);
  for (int minute = 0; minute < 40; ++minute) {
    for (const auto& pod : world.pods)
      world.measure_pod(pod, 100, pod == "web-3" ? 1500 : 800);
    world.measure("n-0", 1000, 1);
    world.executor.run_for(1min);
  }
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::Resize);
  CHECK(found[0].spec.priority == api::RecommendationPriority::High);
  REQUIRE(found[0].spec.evidence);
  CHECK(found[0].spec.evidence->metric == "main/memory");
  CHECK(valid_of(found[0])->reason == Reason::RequestTooSmall);
  // 1500 Mi and Balanced's buffer of 35 %.
  CHECK(found[0].spec.action.patch.find("requests/memory\",\"value\":\"2") != std::string::npos);
}

TEST_CASE("the patch of a resize is one that the API server takes, and is then seen as applied") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Resize"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(30min, 500, 1400);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  follow(world, found[0]);
  world.measure_pods_for(3min, 500, 1400);
  bool applied = false;
  for (const auto& one : world.recommendations("shop"))
    applied = applied || (one.meta.name == found[0].meta.name &&
                          api::is_true(one.status.conditions, "Applied"));
  CHECK(applied);
  world.measure_pods_for(30min, 500, 1400);
  CHECK(world.standing_in("shop").empty()); // what was asked for is enough
}

TEST_CASE("a kill for memory is answered within a cycle, and first of all") {
  WorkloadWorld world;
  world.container_resources = with_limit();
  world.add_deployment(2);
  world.add_policy({{"actions", {"Resize"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(25min, 100, 600);
  CHECK(world.recommendations("shop").empty());
  world.kill_for_memory("web-1");
  world.measure_pods_for(2min, 100, 600);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.priority == api::RecommendationPriority::Critical);
  CHECK(valid_of(found[0])->reason == Reason::KilledForMemory);
  CHECK(found[0].spec.action.patch.find("limits/memory") != std::string::npos);
}

namespace {

/// The limit of the container that a patch asks for, in mebibytes; 0: none.
long limit_in(const std::string& patch) {
  for (const auto& step : Json::parse(patch))
    if (step.at("path").get<std::string>().ends_with("/limits/memory")) {
      const auto quantity = resources::Quantity::parse(step.at("value").get<std::string>());
      return amount_of(resources::ResourceName::memory(), *quantity).value() >> 20;
    }
  return 0;
}

} // namespace

TEST_CASE("a kill raises the limit once, though the pod says it for as long as it runs") {
  WorkloadWorld world;
  world.container_resources = with_limit();
  world.add_deployment(1);
  world.add_policy({{"actions", {"Resize"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(25min, 100, 600);
  world.kill_for_memory("web-0");
  world.measure_pods_for(2min, 100, 600);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  const long raised = limit_in(found[0].spec.action.patch);
  CHECK(raised >= 1228);
  CHECK(raised < 1300);

  // Granted in place too: the pod runs on, and still says how it ended the last time.
  const std::string granted = std::to_string(raised) + "Mi";
  const Json resources = {{"requests", {{"memory", granted}}}, {"limits", {{"memory", granted}}}};
  const Json container = {{"name", "main"}, {"resources", resources}};
  const Json resize = {{"spec", {{"containers", Json::array({container})}}}};
  const auto resized = world.admin.request("PATCH", "/api/v1/namespaces/shop/pods/web-0/resize",
                                           resize, "application/strategic-merge-patch+json");
  REQUIRE(resized.status == 200);
  follow(world, found[0]);
  world.measure_pods_for(2h, 100, 600);
  CHECK(world.standing_in("shop").empty());
}

TEST_CASE("while a resize cools down it is said in the words of the patch that stands") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Resize"}}, {"cooldownSeconds", 3600}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(20min, 500, 1400);
  REQUIRE(world.standing_in("shop").size() == 1);
  const auto first = world.standing_in("shop")[0];
  world.measure_pods_for(25min, 500, 2400);
  const auto later = world.standing_in("shop");
  REQUIRE(later.size() == 1);
  CHECK(later[0].spec.expires_at > first.spec.expires_at); // it was said again
  CHECK(later[0].spec.action == first.spec.action);
  CHECK(valid_of(later[0])->message == valid_of(first)->message);
  world.measure_pods_for(40min, 500, 2400); // now the words and the patch change together
  REQUIRE(world.standing_in("shop").size() == 1);
  CHECK_FALSE(world.standing_in("shop")[0].spec.action == first.spec.action);
  CHECK(valid_of(world.standing_in("shop")[0])->message != valid_of(first)->message);
}

TEST_CASE("a request for what an autoscaler follows is left alone") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Resize"}}});
  const Json by_cpu = {
      {"type", "Resource"},
      {"resource",
       {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", 70}}}}}};
  world.add_autoscaler(Json::array({by_cpu}));
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(40min, 3000, 500);
  CHECK(world.recommendations("shop").empty());
  CHECK(world.policy_condition("RequestsAdvised").message ==
        "Requests are advised on, but not for cpu, whose use replicas follow");
  world.admin.remove("HorizontalPodAutoscaler", {"shop", "hpa"});
  world.measure_pods_for(2min, 3000, 500);
  CHECK(world.standing_in("shop").size() == 1);
}

TEST_CASE("what a VerticalPodAutoscaler sizes is left to it") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Resize"}}});
  world.admin.patch("Pod", {"shop", "web-0"},
                    {{"metadata", {{"annotations", {{"vpaObservedContainers", "main"}}}}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(40min, 3000, 1500);
  CHECK(world.recommendations("shop").empty());
  CHECK(world.policy_condition("RequestsAdvised").reason == Reason::ScaledByAutoscaler);
}

} // namespace berth::analyzer
