#include "analyzer/advise/habits.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

Series series_of(int steps, const std::function<double(int)>& value_at) {
  Series series;
  for (int i = 0; i < steps; ++i)
    REQUIRE(series.add({kStart + i * 5min, value_at(i)}, kStart + i * 5min) == SampleFate::Added);
  return series;
}

Habits habits_of(const Series& series) {
  auto found = find_habits(series, series.latest()->at);
  REQUIRE(found);
  return *found;
}

} // namespace

TEST_CASE("a day that repeats is said with its period and how sure that is") {
  const auto wave = [](int i) { return 300 + 200 * std::sin(2 * 3.14159265 * i / 288); };
  const Habits habits = habits_of(series_of(5 * 288, wave));
  REQUIRE_FALSE(habits.patterns.empty());
  CHECK(habits.patterns[0].kind == PatternKind::Periodic);
  CHECK(habits.patterns[0].confidence >= kPatternConfidenceMin);
  CHECK(describe(habits).starts_with("repeats every 24 h ("));
}

TEST_CASE("steady growth is a trend with a slope and leads somewhere in an hour") {
  const Habits habits = habits_of(series_of(200, [](int i) { return 100.0 + i; }));
  CHECK(habits.trend.slope == Approx(1).epsilon(0.1));
  CHECK(habits.trend.ahead == Approx(100 + 199 + 12).epsilon(0.03));
  CHECK(describe(habits).find("grows (") != std::string::npos);
}

TEST_CASE("a level that does not move has no habits worth saying") {
  const Habits habits = habits_of(series_of(300, [](int) { return 50.0; }));
  CHECK(describe(habits).empty());
  CHECK(habits.trend.slope == Approx(0).margin(1e-9));
}

TEST_CASE("what is known for less than two hours has no habits yet") {
  const Series series = series_of(20, [](int i) { return 10.0 * i; });
  CHECK_FALSE(find_habits(series, series.latest()->at));
}

TEST_CASE("growth of a pool's use is shown, and said where a larger pool is advised") {
  PoolWorld world(2);
  AdvisorOptions options;
  options.interval = 5min;
  SimulatedAnalyzer analyzer(world, options);
  for (int i = 0; i < 100; ++i) {
    for (const auto& node : world.node_names)
      world.measure(node, 1000 + 85 * i, 50);
    world.executor.run_for(5min);
  }
  std::string shown = analyzer.registry.exposition();
  CHECK(shown.find("berth_analyzer_pattern_confidence_ratio{pool=\"p\",resource=\"cpu\","
                   "pattern=\"Growth\"}") != std::string::npos);
  CHECK(shown.find("berth_analyzer_trend_slope_ratio{pool=\"p\",resource=\"cpu\"} 0.1") !=
        std::string::npos);
  CHECK(shown.find("berth_analyzer_trend_usage_ratio{pool=\"p\",resource=\"cpu\"}") !=
        std::string::npos);
  const auto found = standing_in(world);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == api::RecommendationKind::GrowPool);
  CHECK(valid_of(found[0]).message.find("; it grows (") != std::string::npos);
}

} // namespace berth::analyzer
