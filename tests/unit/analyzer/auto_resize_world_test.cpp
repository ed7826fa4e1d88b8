// What becomes of the pods of a Deployment where its policy says Auto, in simulated time.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

/// A Deployment that needs more memory than it asks for, and may be resized.
struct ResizedWorld : WorkloadWorld {
  explicit ResizedWorld(int replicas) {
    add_deployment(replicas);
    add_policy({{"mode", "Auto"}, {"actions", {"Resize"}}});
  }
  [[nodiscard]] std::string memory_of(const std::string& pod) {
    return admin.get("Pod", {"shop", pod})
        .at("/spec/containers/0/resources/requests/memory"_json_pointer)
        .get<std::string>();
  }
  [[nodiscard]] api::ScalingRecommendation recommendation() {
    const auto all = standing_in("shop");
    REQUIRE(all.size() == 1);
    return all[0];
  }
  [[nodiscard]] Reason applied_reason() {
    const auto one = recommendation();
    const auto* applied = api::find_condition(one.status.conditions, "Applied");
    REQUIRE(applied != nullptr);
    return applied->reason;
  }
};

} // namespace

TEST_CASE("what a kill was answered with is not raised again by who remembers no kill") {
  WorkloadWorld world;
  world.container_resources = with_limit();
  world.add_deployment(1);
  world.add_policy({{"mode", "Auto"}, {"actions", {"Resize"}}});
  const auto limit = [&world] {
    return world.admin.get("Pod", {"shop", "web-0"})
        .at("/spec/containers/0/resources/limits/memory"_json_pointer)
        .get<std::string>();
  };
  std::string raised;
  {
    SimulatedAnalyzer analyzer(world);
    world.measure_pods_for(25min, 100, 600);
    world.kill_for_memory("web-0");
    world.measure_pods_for(5min, 100, 600);
    raised = limit();
    CHECK(raised != "1Gi");
  }
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(30min, 100, 600);
  CHECK(limit() == raised);
}

TEST_CASE("in mode Auto all pods get what they need in place, and the template stays as it is") {
  ResizedWorld world(4);
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(40min, 500, 1500);
  CHECK(analyzer.writes("/resize") == 4);
  CHECK(analyzer.writes("/deployments/") == 0);
  for (const auto& pod : world.pods)
    CHECK(world.memory_of(pod) != "1Gi");
  CHECK(world.applied_reason() == Reason::Applied);
  CHECK(world.recommendation().status.applied_at);
  const auto told = world.events_about("Pod");
  CHECK(told.size() == 4);
  for (const auto& event : told)
    CHECK(event.at("reason") == "Resized");
  world.add_pod("web-4"); // as the template has it
  world.measure_pods_for(10min, 500, 1500);
  CHECK(world.memory_of("web-4") == world.memory_of("web-0"));
}

TEST_CASE("kubernetes/autoscaler #10093: a pod that cannot be resized blocks no other one") {
  ResizedWorld world(4);
  SimulatedAnalyzer analyzer(world);
  analyzer.transport.faults().aim(simulation::Fault::ServerError,
                                  simulation::requests("PATCH", "/pods/web-0/resize"), 1000);
  world.measure_pods_for(40min, 500, 1500);
  CHECK(world.memory_of("web-0") == "1Gi");
  for (const char* pod : {"web-1", "web-2", "web-3"})
    CHECK(world.memory_of(pod) != "1Gi");
  CHECK(world.applied_reason() == Reason::Resizing);
}

TEST_CASE("in mode Recommend no pod is resized") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Resize"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(40min, 500, 1500);
  CHECK(world.standing_in("shop").size() == 1);
  CHECK(analyzer.writes("/resize") == 0);
}

} // namespace berth::analyzer
