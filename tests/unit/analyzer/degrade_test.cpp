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

PressureLevel level_of(std::span<const UsePercent> use, const LevelBefore& before = {}) {
  return worst_of(pressures_of(use, {}, before, kNoon));
}

PressureLevel cpu_level(std::int32_t percent, PressureLevel before = PressureLevel::None) {
  const UsePercent use[]{{ResourceName::cpu(), percent}};
  return level_of(use, {before});
}

/// What is taken from 70, 85 and 95 % of cpu on.
api::ScalingPolicySpec ladder() {
  api::ScalingPolicySpec policy;
  policy.degradation = {{PressureLevel::Warning, {LeaveBurst, PauseBackfill}},
                        {PressureLevel::Critical, {PauseBackfill, ShedOpportunistic, ShedBorrowed}},
                        {PressureLevel::Emergency, {HoldAdmissions}}};
  return policy;
}

using Limits = std::vector<allocation::UseLimit>;

/// A pool's use from cycle to cycle.
struct Course {
  api::ScalingPolicySpec policy = ladder();
  std::optional<api::PoolDegradation> now_taken{};
  PressureLevel level = PressureLevel::None;
  TimePoint now = kNoon;

  Steps at(std::int32_t percent, Duration later = 1min) {
    now += later;
    const UsePercent use[]{{ResourceName::cpu(), percent, now}};
    return of(use);
  }
  /// The same of that use, as of its own times.
  Steps of(std::span<const UsePercent> use) {
    const auto pressures = pressures_of(
        use, policy.thresholds,
        now_taken ? LevelBefore{now_taken->level, &*now_taken} : LevelBefore{level}, now);
    level = worst_of(pressures);
    now_taken =
        degradation_of({pressures, policy, now_taken,
                        std::ranges::min(use, {}, &UsePercent::measured_at).measured_at, now});
    return now_taken ? now_taken->steps : Steps{};
  }
  [[nodiscard]] Limits limits() const { return now_taken ? now_taken->limits : Limits{}; }
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
  CHECK(level_of(use) == PressureLevel::Critical);
  CHECK(level_of({use, 2}) == PressureLevel::Warning);
}

TEST_CASE("T3: a resource does not keep a level that another one was at") {
  api::PoolDegradation given_up;
  given_up.level = PressureLevel::Emergency;
  given_up.resources = {{ResourceName::cpu(), PressureLevel::Emergency, kNoon}};
  const UsePercent use[]{{ResourceName::cpu(), 30}, {ResourceName::memory(), 91}};
  CHECK(level_of(use, {given_up.level, &given_up}) == PressureLevel::Critical);
  CHECK(level_of(use, {given_up.level}) == PressureLevel::Emergency);
}

TEST_CASE("T3: a resource keeps its own level while a worse one decides") {
  Course course;
  const auto use = [&](std::int32_t cpu, std::int32_t memory) {
    course.now += 1min;
    const UsePercent both[]{{ResourceName::cpu(), cpu, course.now},
                            {ResourceName::memory(), memory, course.now}};
    course.of(both);
    return course.level;
  };
  CHECK(use(96, 76) == PressureLevel::Emergency);
  CHECK(use(96, 72) == PressureLevel::Emergency);
  CHECK(use(30, 72) == PressureLevel::Warning); // of memory, not below 70 % yet
  CHECK(course.limits() == Limits{{ResourceName::memory(), 85}});
  CHECK(use(30, 69) == PressureLevel::None);
}

TEST_CASE("T3, I14: a resource that is not measured keeps its level until nobody believes it") {
  Course course;
  course.policy.degradation = {{PressureLevel::Warning, {LeaveBurst, HoldAdmissions}}};
  course.now += 1min;
  const TimePoint seen = course.now;
  const UsePercent both[]{{ResourceName::cpu(), 30, seen},
                          {ResourceName::ephemeral_storage(), 85, seen}};
  CHECK(course.of(both) == Steps{LeaveBurst});
  CHECK(course.at(30) == Steps{LeaveBurst});
  CHECK(course.at(30, 3min) == Steps{LeaveBurst}); // of what is not seen nothing more is taken
  REQUIRE(course.now_taken->resources.size() == 1);
  CHECK(course.now_taken->resources[0].measured_at == seen);
  CHECK(course.level == PressureLevel::Warning);
  CHECK(course.at(30, 1min).empty());
  CHECK(course.level == PressureLevel::None);
}

TEST_CASE("T3: steps of a level are taken one by one while use stays there, no faster") {
  Course course;
  CHECK(course.at(60).empty());
  CHECK(course.at(72) == Steps{LeaveBurst});
  CHECK(course.at(72) == Steps{LeaveBurst});
  CHECK(course.at(72) == Steps{LeaveBurst, PauseBackfill});
  CHECK(course.at(72, 1h) == Steps{LeaveBurst, PauseBackfill});
}

TEST_CASE("T3: what was given up comes back step by step, the last first") {
  Course course;
  course.at(99);
  CHECK(course.at(30) ==
        Steps{LeaveBurst, PauseBackfill, ShedOpportunistic, ShedBorrowed, HoldAdmissions});
  CHECK(course.now_taken->limits.empty()); // nothing has to go for it any more
  CHECK(course.at(30) == Steps{LeaveBurst, PauseBackfill, ShedOpportunistic, ShedBorrowed});
  CHECK(course.at(30, kStepEvery) == Steps{LeaveBurst, PauseBackfill, ShedOpportunistic});
  CHECK(course.at(30, kStepEvery) == Steps{LeaveBurst, PauseBackfill});
  CHECK(course.at(30, kStepEvery) == Steps{LeaveBurst});
  CHECK(course.at(30, kStepEvery).empty());
}

TEST_CASE("T3: one measurement takes one step, however long nothing else is heard") {
  Course course;
  course.at(72);
  const UsePercent use[]{{ResourceName::cpu(), 72, course.now}};
  course.now += 1h;
  CHECK(course.of(use) == Steps{LeaveBurst}); // as old as before
}

TEST_CASE("T3: a level takes all steps of those below it, and goes back with its own") {
  Course course;
  CHECK(course.at(86) == Steps{LeaveBurst, PauseBackfill, ShedOpportunistic});
  CHECK(course.at(86, kStepEvery) ==
        Steps{LeaveBurst, PauseBackfill, ShedOpportunistic, ShedBorrowed});
  CHECK(course.at(78, kStepEvery) == Steps{LeaveBurst, PauseBackfill, ShedOpportunistic});
  CHECK(course.limits() == Limits{{ResourceName::cpu(), 85}}); // nobody is shed for a Warning
  CHECK(course.at(78, kStepEvery) == Steps{LeaveBurst, PauseBackfill});
  CHECK(course.at(78, 1h) == Steps{LeaveBurst, PauseBackfill});
}

TEST_CASE("T3: use that comes and goes at a threshold takes no steps faster") {
  Course course;
  course.at(86);
  CHECK(course.limits() == Limits{{ResourceName::cpu(), 80}});
  CHECK(course.at(79, 30s) == Steps{LeaveBurst, PauseBackfill, ShedOpportunistic});
  CHECK(course.at(86, 30s) == Steps{LeaveBurst, PauseBackfill, ShedOpportunistic});
  CHECK(course.at(86, 1min) == Steps{LeaveBurst, PauseBackfill, ShedOpportunistic, ShedBorrowed});
}

TEST_CASE("T3: an emergency takes everything at once") {
  Course course;
  CHECK(course.at(99) ==
        Steps{LeaveBurst, PauseBackfill, ShedOpportunistic, ShedBorrowed, HoldAdmissions});
}

TEST_CASE("T3: what has to fall below what is said, for what is at the level alone") {
  Course course;
  const UsePercent use[]{{ResourceName::cpu(), 88, kNoon}, {ResourceName::memory(), 76, kNoon}};
  course.of(use);
  CHECK(course.limits() == Limits{{ResourceName::cpu(), 80}});
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
  world.measure_for(9min, 5000);
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
  world.executor.run_for(4min); // a gap is no calm
  CHECK(world.pool().status.degradation);
  world.executor.run_for(6min);
  CHECK_FALSE(world.pool().status.degradation);
}

TEST_CASE("T3: the disk of one node does not speak for the pool") {
  PoolWorld world(3);
  for (const auto& node : world.node_names)
    world.admin.patch("Node", {"", node},
                      {{"status", {{"allocatable", {{"ephemeral-storage", "100Gi"}}}}}}, "status");
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                 {"mode", "Auto"},
                 {"degradation",
                  Json::array({{{"level", "Warning"}, {"steps", {"HoldAdmissions"}}}})}}));
  SimulatedAnalyzer analyzer(world);
  const auto fill_disks = [&](std::size_t nodes) {
    for (std::size_t i = 0; i < nodes; ++i)
      world.push_usage("Node", {"", world.node_names[i]}, {{"ephemeral-storage", "97Gi"}});
    world.measure_for(1min, 1000);
  };
  for (int minute = 0; minute < 4; ++minute)
    fill_disks(1);
  CHECK_FALSE(world.pool().status.degradation);
  for (int minute = 0; minute < 4; ++minute)
    fill_disks(3);
  CHECK(world.pool().status.degradation);
}

TEST_CASE("T3: a gap in what is said of the disk hides nothing of what is measured") {
  PoolWorld world(2);
  for (const auto& node : world.node_names)
    world.admin.patch("Node", {"", node},
                      {{"status", {{"allocatable", {{"ephemeral-storage", "100Gi"}}}}}}, "status");
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                 {"mode", "Auto"},
                 {"degradation",
                  Json::array({{{"level", "Warning"}, {"steps", {"HoldAdmissions"}}}})}}));
  SimulatedAnalyzer analyzer(world);
  for (int minute = 0; minute < 4; ++minute) {
    for (const auto& node : world.node_names)
      world.push_usage("Node", {"", node}, {{"ephemeral-storage", "97Gi"}});
    world.measure_for(1min, 1000);
  }
  REQUIRE(world.pool().status.degradation);
  world.measure_for(4min, 6000); // what was pushed last is too old after three
  CHECK(world.pool().status.degradation);
  CHECK(used_cpu(world) == resources::Amount{12'000});
  CHECK(*world.pool().status.measured_at >= world.executor.now() - 2min);
  world.measure_for(6min, 6000);
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
