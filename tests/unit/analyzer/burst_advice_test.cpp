// When a pool is advised to enter a burst, and to leave it.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/simulated_analyzer.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;
using simulation::Json;

/// Says, as the operator does, how much of the pool's cpu is charged.
void charge(AnalyzerWorld& world, int cores) {
  const Json row = {{"name", "cpu"}, {"allocated", std::to_string(cores)}};
  world.admin.patch("ResourcePool", {"", "p"}, {{"status", {{"resources", Json::array({row})}}}},
                    "status");
}

std::vector<api::ScalingRecommendation> of_kind(AnalyzerWorld& world, RecommendationKind kind) {
  auto all = world.recommendations();
  std::erase_if(all, [&](const auto& one) {
    return one.spec.kind != kind || !api::is_true(one.status.conditions, "Valid");
  });
  return all;
}

const api::Condition* valid_of(const api::ScalingRecommendation& recommendation) {
  return api::find_condition(recommendation.status.conditions, "Valid");
}

} // namespace

TEST_CASE("a pool that is charged up, but not used up, is recommended to enter a burst") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch(
      "ResourcePool", {"", "p"},
      {{"spec", {{"burst", {{"factorPercent", 120}, {"maxDurationSeconds", 3600}}}}}});
  SimulatedAnalyzer analyzer(world);
  const auto run = [&](int minutes, int cores, int used_milli) {
    for (int i = 0; i < minutes; ++i) {
      charge(world, cores);
      world.measure_for(1min, used_milli);
    }
  };
  run(15, 95, 5000);
  auto found = of_kind(world, RecommendationKind::EnterBurst);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.action.patch ==
        R"({"spec":{"oversubscription":[{"ratioPercent":120,"resource":"cpu"}]}})");
  CHECK(found[0].spec.expected_improvement->from == resources::Quantity::of(95));
  CHECK(found[0].spec.expected_improvement->to == resources::Quantity::of(79));
  CHECK(valid_of(found[0])->reason == Reason::PressureOnPool);

  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(found[0].spec.action.patch));
  run(3, 95, 5000);
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty()); // done
  CHECK(of_kind(world, RecommendationKind::LeaveBurst).empty());
  run(15, 60, 5000); // the pressure is over
  found = of_kind(world, RecommendationKind::LeaveBurst);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.action.patch == R"({"spec":{"oversubscription":[]}})");
  CHECK(found[0].spec.priority == api::RecommendationPriority::Low);
}

TEST_CASE("a burst ends when it has lasted as long as it may, whatever is charged") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"},
                    {{"spec", {{"burst", {{"maxDurationSeconds", 1200}}}}}});
  SimulatedAnalyzer analyzer(world);
  const auto run = [&](int minutes) {
    for (int i = 0; i < minutes; ++i) {
      charge(world, 99);
      world.measure_for(1min, 5000);
    }
  };
  run(15);
  const auto enter = of_kind(world, RecommendationKind::EnterBurst);
  REQUIRE(enter.size() == 1);
  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(enter[0].spec.action.patch));
  run(15);
  CHECK(of_kind(world, RecommendationKind::LeaveBurst).empty());
  run(10);
  const auto leave = of_kind(world, RecommendationKind::LeaveBurst);
  REQUIRE(leave.size() == 1);
  CHECK(leave[0].spec.confidence_percent == 100);
}

TEST_CASE("a pool that is used up is no place for a burst") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"burst", Json::object()}}}});
  SimulatedAnalyzer analyzer(world);
  for (int i = 0; i < 20; ++i) {
    charge(world, 98);
    world.measure_for(1min, 9000);
  }
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty());
  CHECK(of_kind(world, RecommendationKind::GrowPool).size() == 1);
}

TEST_CASE("what a dead operator said of charges is not known any more") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"burst", Json::object()}}}});
  world.admin.create(
      simulation::make_object("coordination.k8s.io/v1", "Lease", "berth-system", "berth-operator")
          .spec({{"holderIdentity", "op-1"}, {"leaseDurationSeconds", 15}}));
  AdvisorOptions options;
  options.operator_lease = {"berth-system", "berth-operator"};
  SimulatedAnalyzer analyzer(world, options);
  charge(world, 98); // as the last thing that it wrote
  world.measure_for(20min, 5000);
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty());
  for (int i = 0; i < 15; ++i) {
    world.admin.patch("Lease", {"berth-system", "berth-operator"},
                      {{"spec", {{"renewTime", format_time(world.executor.now())}}}});
    world.measure_for(1min, 5000);
  }
  CHECK(of_kind(world, RecommendationKind::EnterBurst).size() == 1);
}

TEST_CASE("what an operator without a Lease says of charges is known") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"burst", Json::object()}}}});
  AdvisorOptions options;
  options.operator_lease = {"berth-system", "berth-operator"};
  SimulatedAnalyzer analyzer(world, options);
  charge(world, 98);
  world.measure_for(20min, 5000);
  CHECK(of_kind(world, RecommendationKind::EnterBurst).size() == 1);
}

} // namespace berth::analyzer
