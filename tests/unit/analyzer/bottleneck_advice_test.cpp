// When a bottleneck is advised on, and that no other kind of recommendation stands for the same.

#include <catch2/catch.hpp>

#include "lib/api/evictions.hpp"
#include "tests/unit/analyzer/moves_world.hpp"
#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

/// Two of twenty cores are free, and six are waited for.
struct FullPool : MovesWorld {
  FullPool() : MovesWorld(2) {
    add_bare_pod("fixed-0", 9, "n-0");
    add_bare_pod("fixed-1", 9, "n-1");
    add_waiting_pod("big", 6);
  }
  [[nodiscard]] auto advice() { return standing_of(RecommendationKind::ResolveBottleneck); }
};

/// Of four nodes one is used up by pods that share it.
struct Contended : MovesWorld {
  Contended() : MovesWorld(4) {
    add_deployment("web", 1, {"n-0", "n-1"});
    add_deployment("api", 1, {"n-0", "n-2"});
  }
  void pass(Duration span, int busy_milli = 9500) {
    for (Duration passed{0}; passed < span; passed += 1min) {
      measure("n-0", busy_milli, 10);
      for (const char* node : {"n-1", "n-2", "n-3"})
        measure(node, 1000, 10);
      measure_pod("web-0", 3000);
      measure_pod("api-0", 2000);
      executor.run_for(1min);
    }
  }
  [[nodiscard]] auto advice() { return standing_of(RecommendationKind::ResolveBottleneck); }
};

/// One of four pods is at its limit of one core; replicas follow the mean, which is low.
struct Throttled : WorkloadWorld {
  explicit Throttled(Json actions = {"Replicas", "Resize"}) {
    add_deployment(4,
                   {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}, {"limits", {{"cpu", "1"}}}});
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
    auto all = WorkloadWorld::standing_in("shop");
    std::erase_if(all, [](const auto& one) {
      return one.spec.kind != RecommendationKind::ResolveBottleneck;
    });
    return all;
  }
};

} // namespace

TEST_CASE("work that waits for more than is free asks for the nodes that hold it") {
  FullPool world;
  SimulatedAnalyzer analyzer(world);
  world.measure_for(15min, 5000);
  const auto found = world.advice();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.priority == api::RecommendationPriority::Medium); // a fifth of the pool
  CHECK(spec.expected_improvement->what == "cpu-capacity-percent");
  CHECK(spec.expected_improvement->from == resources::Quantity::of(20));
  CHECK(spec.expected_improvement->to == resources::Quantity::of(0));
  CHECK(spec.evidence->metric == "share/capacity/cpu");
  CHECK(spec.action.patch == R"({"spec":{"elastic":{"maxNodes":3,"minNodes":3}}})");
  CHECK(valid_of(found[0]).reason == Reason::WorkHeldBack);
  CHECK(valid_of(found[0]).message ==
        "work waits for more than is free, by cpu 4; 3 nodes would do");

  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(spec.action.patch));
  world.measure_for(10min, 5000); // they are on their way: nothing is said again
  CHECK(world.advice().empty());
  CHECK(valid_of(world.only_one(RecommendationKind::ResolveBottleneck)).reason == Reason::Applied);
}

TEST_CASE("a pool that is told to grow is not told the same as a bottleneck") {
  FullPool world;
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 9000);
  CHECK(world.standing_of(RecommendationKind::GrowPool).size() == 1);
  CHECK(world.advice().empty());
}

TEST_CASE("room in pieces that no move puts together asks for one node more") {
  MovesWorld world(2);
  world.add_bare_pod("fixed-0", 6, "n-0");
  world.add_bare_pod("fixed-1", 6, "n-1");
  world.add_waiting_pod("big", 6);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(15min, 5000);
  CHECK(world.standing_of(RecommendationKind::Defragment).empty());
  const auto found = world.standing_of(RecommendationKind::ResolveBottleneck);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.expected_improvement->what == "cpu-fragmentation-percent");
  CHECK(found[0].spec.action.patch == R"({"spec":{"elastic":{"maxNodes":3,"minNodes":3}}})");
}

TEST_CASE("a node that its pods use up gives some of them to nodes with room") {
  Contended world;
  SimulatedAnalyzer analyzer(world);
  world.pass(15min);
  const auto found = world.advice();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.priority == api::RecommendationPriority::High); // a quarter of the pool
  CHECK(spec.expected_improvement->what == "cpu-contention-percent");
  CHECK(spec.expected_improvement->from == resources::Quantity::of(25));
  CHECK(spec.expected_improvement->to == resources::Quantity::of(0));
  const std::vector<api::Eviction> evictions{{{"shop", "web-0"}, world.uid_of("web-0")}};
  CHECK(api::evictions_of(spec.action) == evictions);
  world.pass(5min, 6500);
  CHECK(world.advice().empty());
}

TEST_CASE("what is told to be rebalanced is not told the same as a bottleneck") {
  Contended world;
  world.set_strategy("LoadAware");
  SimulatedAnalyzer analyzer(world);
  world.pass(75min);
  CHECK(world.standing_of(RecommendationKind::Rebalance).size() == 1);
  CHECK(world.advice().empty());
}

TEST_CASE("a node without samples is neither idle nor used up") {
  Contended world;
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(20min);
  CHECK(world.recommendations().empty());
}

TEST_CASE("a container at its cpu limit asks for a higher one, where replicas follow the mean") {
  Throttled world;
  SimulatedAnalyzer analyzer(world);
  world.pass(20min, 990);
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
