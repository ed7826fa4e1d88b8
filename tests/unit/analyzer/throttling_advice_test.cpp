// When a container that its cpu limit holds back is given a higher one.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

/// One of four pods is at its limit of one core; replicas follow the mean, which is low.
struct Throttled : WorkloadWorld {
  explicit Throttled(Json actions = {"Replicas", "Resize"}) {
    container_resources = {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}},
                           {"limits", {{"cpu", "1"}}}};
    add_deployment(4);
    add_policy({{"actions", std::move(actions)}});
  }
  void pass(Duration span, int busiest_milli) {
    for (Duration passed{0}; passed < span; passed += 1min) {
      measure("n-0", 3000, 4);
      measure_pod("web-0", busiest_milli, 600);
      for (const char* pod : {"web-1", "web-2", "web-3"})
        measure_pod(pod, 500, 600);
      executor.run_for(1min);
    }
  }
  [[nodiscard]] std::vector<api::ScalingRecommendation> advice() {
    auto all = standing_in("shop");
    std::erase_if(all, [](const auto& one) {
      return one.spec.kind != RecommendationKind::ResolveBottleneck;
    });
    return all;
  }
};

} // namespace

TEST_CASE("a container at its cpu limit asks for a higher one, where replicas follow the mean") {
  Throttled world;
  SimulatedAnalyzer analyzer(world);
  world.pass(22min, 990);
  const auto found = world.advice();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.target_ref.name == "web");
  CHECK(spec.priority == api::RecommendationPriority::Critical);
  CHECK(spec.expected_improvement->what == "main/cpu-throttling-percent");
  CHECK(spec.expected_improvement->from == resources::Quantity::of(100));
  CHECK(spec.expected_improvement->to == resources::Quantity::of(80));
  CHECK(spec.evidence->metric == "share/throttling/main");
  CHECK(spec.action.patch_type == api::ActionPatchType::JSON);
  const Json patch = Json::parse(spec.action.patch);
  REQUIRE(patch.size() == 3);
  CHECK(patch[1].at("path") == "/spec/template/spec/containers/0/resources/requests/cpu");
  CHECK(patch[1].at("value") == "1");
  CHECK(patch[2].at("path") == "/spec/template/spec/containers/0/resources/limits/cpu");
  CHECK(patch[2].at("value") == "2");

  world.admin.patch(
      "Deployment", {"shop", "web"},
      {{"spec",
        {{"template",
          {{"spec",
            {{"containers", Json::array({{{"name", "main"},
                                          {"image", "web"},
                                          {"resources",
                                           {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}},
                                            {"limits", {{"cpu", "2"}}}}}}})}}}}}}}});
  world.pass(5min, 1200);
  CHECK(world.advice().empty());
  world.pass(70min, 1200);
  auto all = world.recommendations("shop");
  std::erase_if(
      all, [](const auto& one) { return one.spec.kind != RecommendationKind::ResolveBottleneck; });
  REQUIRE(all.size() == 1);
  CHECK(api::is_true(all[0].status.conditions, "Applied"));
  REQUIRE(all[0].status.outcome);
  CHECK(all[0].status.outcome->result == api::OutcomeResult::Improved);
}

TEST_CASE("a container below its limit, or that a Resize gives more cpu, is no bottleneck") {
  Throttled below;
  {
    SimulatedAnalyzer analyzer(below);
    below.pass(20min, 900);
  }
  CHECK(below.advice().empty());
  Throttled resized(Json{"Resize"});
  SimulatedAnalyzer analyzer(resized);
  resized.pass(30min, 990);
  CHECK(resized.advice().empty());
}

} // namespace berth::analyzer
