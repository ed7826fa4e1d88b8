// When a pool is recommended to grow or to shrink, and with what patch and evidence.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;
using api::RecommendationKind;
using resources::Amount;
using simulation::Json;

} // namespace

TEST_CASE("a pool that stays full is recommended to grow, with the exact patch and its evidence") {
  WatchedPool world(10);
  world.measure_for(20min, 9000);
  const auto found = world.recommendations();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.kind == RecommendationKind::GrowPool);
  CHECK(spec.target_ref == api::ScalingTarget{api::ScalingTargetKind::ResourcePool, "p"});
  CHECK(spec.action.patch == R"({"spec":{"elastic":{"maxNodes":14,"minNodes":14}}})");
  CHECK(spec.action.patch_type == api::ActionPatchType::Merge);
  CHECK(spec.priority == api::RecommendationPriority::High);
  CHECK(spec.expires_at > world.executor.now());
  REQUIRE(spec.evidence);
  CHECK(spec.evidence->metric == "cpu");
  CHECK_FALSE(spec.evidence->model.empty());
  REQUIRE(spec.expected_improvement);
  CHECK(spec.expected_improvement->from == resources::Quantity::of(90));
  CHECK(spec.expected_improvement->to == resources::Quantity::of(64));
  CHECK(valid_of(found[0]).status == ConditionStatus::True);
  CHECK(valid_of(found[0]).reason == Reason::HighUtilization);
  CHECK(valid_of(found[0]).message ==
        "cpu is at 90 % of 10 nodes; 14 nodes would bring it to 65 %");
  REQUIRE(found[0].meta.owners.size() == 1);
  CHECK(found[0].meta.owners[0].uid == world.pool().meta.uid);
}

TEST_CASE("the patch is one that the API server takes") {
  WatchedPool world(10);
  world.measure_for(20min, 9000);
  const auto found = world.recommendations();
  REQUIRE(found.size() == 1);
  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(found[0].spec.action.patch));
  REQUIRE(world.pool().spec.elastic);
  CHECK(world.pool().spec.elastic->min_nodes == 14);
  CHECK(world.pool().spec.elastic->max_nodes == 14);
}

TEST_CASE("a rising pool is recommended to grow before it is full, with the forecast") {
  WatchedPool world(10);
  int cpu_milli = 3000;
  for (; world.recommendations().empty() && cpu_milli < 8500; cpu_milli += 100)
    world.measure_for(1min, cpu_milli);
  const auto found = world.recommendations();
  REQUIRE(found.size() == 1);
  CHECK(cpu_milli < 8000);
  CHECK(found[0].spec.priority == api::RecommendationPriority::Medium);
  REQUIRE(found[0].spec.evidence);
  const auto& forecast = found[0].spec.evidence->forecast;
  REQUIRE_FALSE(forecast.empty());
  for (const auto& point : forecast) {
    CHECK(point.at > world.executor.now() - 1min);
    CHECK(point.p10 <= point.p50);
    CHECK(point.p50 <= point.p90);
  }
  CHECK(forecast.back().p50.milli_value() >= Amount{85'000});
  CHECK(valid_of(found[0]).message.starts_with("cpu is heading for "));
}

TEST_CASE("whatever is recommended to grow is more likely needed than not") {
  for (const int per_minute : {-400, -200, -50, 0, 50, 200}) {
    CAPTURE(per_minute);
    AnalyzerWorld world;
    world.add_pool(10);
    SimulatedAnalyzer analyzer(world);
    for (int minute = 0; minute < 40; ++minute)
      world.measure_for(1min, std::clamp(8800 + per_minute * minute, 4500, 9900));
    for (const auto& one : world.recommendations()) {
      CHECK(one.spec.kind == RecommendationKind::GrowPool);
      CHECK(one.spec.confidence_percent >= 50);
    }
  }
}

TEST_CASE("an idle pool is recommended to shrink only after an hour of measurements") {
  WatchedPool world(10);
  world.measure_for(40min, 1000, 5);
  CHECK(world.recommendations().empty());
  world.measure_for(15min, 1000, 5);
  const auto found = world.recommendations();
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::ShrinkPool);
  CHECK(found[0].spec.action.patch == R"({"spec":{"elastic":{"maxNodes":8,"minNodes":0}}})");
  CHECK(found[0].spec.priority == api::RecommendationPriority::Low);
  CHECK(valid_of(found[0]).reason == Reason::LowUtilization);
}

TEST_CASE("a pool that had a busy spell is not recommended to shrink for a day") {
  WatchedPool world(10);
  world.measure_for(20min, 6000, 5);
  world.measure_for(23h, 1000, 5);
  CHECK(world.recommendations().empty());
  world.measure_for(2h, 1000, 5);
  REQUIRE(standing_in(world).size() == 1);
  CHECK(standing_in(world)[0].spec.kind == RecommendationKind::ShrinkPool);
}

} // namespace berth::analyzer
