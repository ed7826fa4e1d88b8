// T3: which level measured use is at, and which steps a pool takes for it.

#include "analyzer/advise/degrade.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::PressureLevel;
using resources::ResourceName;
using simulation::Json;
using enum allocation::DegradationStep;
using Steps = std::vector<allocation::DegradationStep>;

const TimePoint kNoon = parse_time("2026-11-21T12:00:00Z").value();

PressureLevel cpu_level(std::int32_t percent, PressureLevel before = PressureLevel::None) {
  const UsePercent use[]{{ResourceName::cpu(), percent}};
  return level_of(use, {}, before);
}

/// What is taken from 70, 85 and 95 % of cpu on.
api::ScalingPolicySpec ladder() {
  api::ScalingPolicySpec policy;
  policy.degradation = {{PressureLevel::Warning, {LeaveBurst, PauseBackfill}},
                        {PressureLevel::Critical, {PauseBackfill, ShedOpportunistic, ShedBorrowed}},
                        {PressureLevel::Emergency, {HoldAdmissions}}};
  return policy;
}

/// A pool's use from cycle to cycle.
struct Course {
  api::ScalingPolicySpec policy = ladder();
  std::optional<api::PoolDegradation> now_taken{};
  PressureLevel level = PressureLevel::None;
  TimePoint now = kNoon;

  Steps at(std::int32_t percent, Duration later = 1min) {
    now += later;
    const UsePercent use[]{{ResourceName::cpu(), percent}};
    level = level_of(use, policy.thresholds, level);
    now_taken = degradation_of({use, policy, level, now_taken}, now);
    return now_taken ? now_taken->steps : Steps{};
  }
};

} // namespace

TEST_CASE("T3: a level begins at its threshold and is left some way below it") {
  CHECK(cpu_level(69) == PressureLevel::None);
  CHECK(cpu_level(70) == PressureLevel::Warning);
  CHECK(cpu_level(85) == PressureLevel::Critical);
  CHECK(cpu_level(95) == PressureLevel::Emergency);
  CHECK(cpu_level(66, PressureLevel::Warning) == PressureLevel::Warning);
  CHECK(cpu_level(64, PressureLevel::Warning) == PressureLevel::None);
  CHECK(cpu_level(81, PressureLevel::Critical) == PressureLevel::Critical);
  CHECK(cpu_level(79, PressureLevel::Emergency) == PressureLevel::Warning);
}

TEST_CASE("T3: the worst resource decides, disk by thresholds of its own") {
  const UsePercent use[]{{ResourceName::cpu(), 10},
                         {ResourceName::memory(), 75},
                         {ResourceName::ephemeral_storage(), 91},
                         {ResourceName{"example.com/other"}, 100}};
  CHECK(level_of(use, {}, PressureLevel::None) == PressureLevel::Critical);
  CHECK(level_of({use, 2}, {}, PressureLevel::None) == PressureLevel::Warning);
}

TEST_CASE("T3: steps of a level are taken one by one while use stays there, no faster") {
  Course course;
  CHECK(course.at(60).empty());
  CHECK(course.at(72) == Steps{LeaveBurst});
  CHECK(course.at(72) == Steps{LeaveBurst});
  CHECK(course.at(72) == Steps{LeaveBurst, PauseBackfill});
  CHECK(course.at(72, 1h) == Steps{LeaveBurst, PauseBackfill});
  CHECK(course.at(60).empty());
}

TEST_CASE("T3: a level takes all steps of those below it, and goes back with its own") {
  Course course;
  CHECK(course.at(86) == Steps{LeaveBurst, PauseBackfill, ShedOpportunistic});
  CHECK(course.at(86, kStepEvery) ==
        Steps{LeaveBurst, PauseBackfill, ShedOpportunistic, ShedBorrowed});
  CHECK(course.at(78) == Steps{LeaveBurst, PauseBackfill});
  CHECK(course.at(78, 1h) == Steps{LeaveBurst, PauseBackfill});
}

TEST_CASE("T3: an emergency takes everything at once") {
  Course course;
  CHECK(course.at(99) ==
        Steps{LeaveBurst, PauseBackfill, ShedOpportunistic, ShedBorrowed, HoldAdmissions});
}

TEST_CASE("T3: what has to fall below what is said, for what is at the level alone") {
  const auto policy = ladder();
  const UsePercent use[]{{ResourceName::cpu(), 88}, {ResourceName::memory(), 76}};
  const auto taken = degradation_of({use, policy, PressureLevel::Critical, std::nullopt}, kNoon);
  REQUIRE(taken);
  CHECK(taken->limits == std::vector<allocation::UseLimit>{{ResourceName::cpu(), 80}});
}

TEST_CASE("T3: a level that names no step gives nothing up") {
  Course course;
  course.policy.degradation.erase(course.policy.degradation.begin());
  CHECK(course.at(72, 1h).empty());
  CHECK(course.at(86) == Steps{PauseBackfill});
}

TEST_CASE("T3: in mode Auto the pool says what it gives up by each measurement, and stops so") {
  PoolWorld world(2);
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                 {"mode", "Auto"},
                 {"degradation", Json::array({{{"level", "Critical"},
                                               {"steps", {"LeaveBurst", "ShedBorrowed"}}}})}}));
  SimulatedAnalyzer analyzer(world);
  world.measure_for(2min, 8600);
  auto status = world.pool().status;
  REQUIRE(status.degradation);
  CHECK(status.degradation->level == PressureLevel::Critical);
  CHECK(status.degradation->steps == Steps{LeaveBurst});
  world.measure_for(4min, 8600);
  status = world.pool().status;
  REQUIRE(status.degradation);
  CHECK(status.degradation->steps == Steps{LeaveBurst, ShedBorrowed});
  REQUIRE(status.measured_at); // each measurement is told, as the operator waits for it
  CHECK(*status.measured_at >= world.executor.now() - 2min);
  world.measure_for(2min, 5000);
  CHECK_FALSE(world.pool().status.degradation);
}

TEST_CASE("T3, I14: what is not measured any more gives nothing up") {
  PoolWorld world(2);
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                 {"mode", "Auto"},
                 {"degradation",
                  Json::array({{{"level", "Warning"}, {"steps", {"HoldAdmissions"}}}})}}));
  SimulatedAnalyzer analyzer(world);
  world.measure_for(2min, 9000);
  REQUIRE(world.pool().status.degradation);
  world.executor.run_for(10min);
  CHECK_FALSE(world.pool().status.degradation);
}

TEST_CASE("T3: in mode Recommend the level is told and nothing is given up") {
  PoolWorld world(2);
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                 {"degradation",
                  Json::array({{{"level", "Warning"}, {"steps", {"HoldAdmissions"}}}})}}));
  SimulatedAnalyzer analyzer(world);
  world.measure_for(2min, 9000);
  CHECK_FALSE(world.pool().status.degradation);
  const auto policy =
      api::decode<api::ScalingPolicy>(world.admin.get("ScalingPolicy", {"berth-system", "p"}));
  REQUIRE(policy);
  CHECK(policy->status.level == PressureLevel::Critical);
}

} // namespace berth::analyzer
