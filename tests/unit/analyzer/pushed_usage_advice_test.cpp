// Replicas that follow what their workload says of its own use, or what all of them use.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;
using api::RecommendationKind;

const Json kDepth = {
    {"name", "depth"}, {"source", "Pushed"}, {"metric", "queue_depth"}, {"targetValue", "10"}};

struct QueueWorld : WorkloadWorld {
  QueueWorld() {
    add_deployment(2);
    add_policy({{"actions", {"Replicas"}}, {"metrics", Json::array({kDepth})}});
  }
  /// The queue is so long, as the Deployment says once a minute.
  void queue_for(Duration span, int depth) {
    for (Duration passed{0}; passed < span; passed += 1min) {
      push_usage("Deployment", {"shop", "web"}, {{"queue_depth", depth}});
      measure_pods_for(1min, 300, 300);
    }
  }
};

} // namespace

TEST_CASE("replicas follow a metric that the workload says itself") {
  QueueWorld world;
  SimulatedAnalyzer analyzer(world);
  world.queue_for(12min, 30);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::ScaleOut);
  CHECK(found[0].spec.action.patch == R"({"spec":{"replicas":4}})");
  CHECK(valid_of(found[0])->message ==
        "metric/depth is at 150 % of 2 replicas; 4 replicas would bring it to 75 %");
}

TEST_CASE("I14: a metric that nobody says any more is unknown and no zero") {
  QueueWorld world;
  SimulatedAnalyzer analyzer(world);
  world.queue_for(12min, 18);
  CHECK(world.policy_condition("Ready").status == ConditionStatus::True);
  world.measure_pods_for(15min, 300, 300);
  CHECK(world.policy_condition("Ready").status == ConditionStatus::Unknown);
  CHECK(world.standing_in("shop").empty());
}

TEST_CASE("a metric that makes no sense is not taken for a value") {
  QueueWorld world;
  SimulatedAnalyzer analyzer(world);
  world.queue_for(12min, 18);
  CHECK(world.policy_condition("Ready").status == ConditionStatus::True);
  world.queue_for(15min, -18);
  const auto ready = world.policy_condition("Ready");
  CHECK(ready.status == ConditionStatus::Unknown);
  CHECK(ready.message.starts_with("metric/depth is not known"));
}

TEST_CASE("replicas follow what all of them use of a resource, per replica as the metric says") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Replicas"}},
                    {"metrics", Json::array({{{"name", "heap"},
                                              {"source", "Resource"},
                                              {"resource", "memory"},
                                              {"targetValue", "400Mi"}}})}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(12min, 300, 600);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.action.patch == R"({"spec":{"replicas":4}})");
  CHECK(valid_of(found[0])->message ==
        "metric/heap is at 150 % of 2 replicas; 4 replicas would bring it to 75 %");
}

} // namespace berth::analyzer
