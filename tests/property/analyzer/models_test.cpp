// What holds of the models for every series: they answer, they do not depend on the unit, and they
// do not look ahead.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>

#include "analyzer/model/anomaly/detector.hpp"
#include "analyzer/model/forecast/forecast.hpp"
#include "analyzer/model/pattern/pattern.hpp"

namespace berth::analyzer {
namespace {

/// Up to 300 values from 0 to 1000, some of them repeating themselves with a period.
std::vector<double> any_series() {
  const auto count = *rc::gen::inRange<std::size_t>(1, 300);
  const auto period = *rc::gen::inRange<std::size_t>(2, 50);
  const auto noise = *rc::gen::element(0, 1, 10, 100);
  const auto shape = *rc::gen::container<std::vector<int>>(period, rc::gen::inRange(0, 900));
  const auto ripple = *rc::gen::container<std::vector<int>>(count, rc::gen::inRange(0, noise + 1));
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(shape[i % period] + ripple[i]);
  return values;
}

std::vector<double> times(std::vector<double> values, double factor) {
  for (double& value : values)
    value *= factor;
  return values;
}

std::vector<double> plus(std::vector<double> values, double more) {
  for (double& value : values)
    value += more;
  return values;
}

/// `a` is `b` but for rounding, measured in `unit`.
bool is_near(double a, double b, double unit) {
  return std::abs(a - b) <= 1e-6 * (unit + std::abs(a) + std::abs(b));
}

template <class Property>
void holds(Property property) {
  CHECK(rc::check(property));
}

} // namespace

TEST_CASE("a forecast is finite, never negative where nothing was, and inside its interval") {
  holds([] {
    const auto values = any_series();
    const auto horizon = *rc::gen::inRange<std::size_t>(1, 100);
    const auto forecast = forecast_course(values, {horizon, 0.9});
    RC_ASSERT(forecast.points.size() == horizon);
    RC_ASSERT(forecast.intervals.size() == horizon);
    for (std::size_t i = 0; i < horizon; ++i) {
      const auto [low, high] = forecast.intervals[i];
      RC_ASSERT(std::isfinite(low) && std::isfinite(high));
      RC_ASSERT(0 <= low && low <= forecast.points[i] && forecast.points[i] <= high);
    }
    double weights = 0;
    for (const auto& model : forecast.models)
      weights += model.weight;
    RC_ASSERT(is_near(weights, 1, 1));
    RC_ASSERT(forecast.confidence > 0 && forecast.confidence <= 1);
  });
}

TEST_CASE("a forecast in bytes is the one in kilobytes times 1024") {
  holds([] {
    const auto values = any_series();
    const auto small = forecast_course(values, {24, 0.9});
    const auto large = forecast_course(times(values, 1024), {24, 0.9});
    RC_ASSERT(small.periods.size() == large.periods.size());
    for (std::size_t i = 0; i < 24; ++i) {
      RC_ASSERT(is_near(1024 * small.points[i], large.points[i], 1024));
      RC_ASSERT(is_near(1024 * small.intervals[i].high, large.intervals[i].high, 1024));
    }
    RC_ASSERT(is_near(small.confidence, large.confidence, 1));
  });
}

TEST_CASE("a forecast of a series that is higher by so much is higher by so much") {
  holds([] {
    const auto values = any_series();
    const auto low = forecast_course(plus(values, 1000), {24, 0.9});
    const auto high = forecast_course(plus(values, 2000), {24, 0.9});
    const bool has_spread = values.size() > 1; // of a single value nothing is known but its size
    for (std::size_t i = 0; i < 24; ++i) {
      RC_ASSERT(is_near(low.points[i] + 1000, high.points[i], 2000));
      if (has_spread)
        RC_ASSERT(is_near(low.intervals[i].high + 1000, high.intervals[i].high, 2000));
    }
  });
}

TEST_CASE("a wider coverage makes a wider interval") {
  holds([] {
    const auto values = any_series();
    const auto narrow = forecast_course(values, {12, 0.5});
    const auto wide = forecast_course(values, {12, 0.95});
    for (std::size_t i = 0; i < 12; ++i) {
      RC_ASSERT(narrow.intervals[i].high <= wide.intervals[i].high);
      RC_ASSERT(narrow.intervals[i].low >= wide.intervals[i].low);
    }
  });
}

TEST_CASE("scores of anomalies are the same in any unit, and do not depend on what follows") {
  holds([] {
    const auto values = any_series();
    NoveltyDetector plain;
    NoveltyDetector scaled;
    for (const double value : values) {
      const auto one = plain.add(value);
      const auto other = scaled.add(1024 * value);
      RC_ASSERT(std::isfinite(one.score) && one.score >= 0);
      RC_ASSERT(is_near(one.score, other.score, 1));
      RC_ASSERT(one.alarm.has_value() == (one.score >= NoveltyDetector::kAlarmLevel));
    }
  });
}

TEST_CASE("patterns that are reported are sure enough, and say what they are") {
  holds([] {
    for (const Pattern& pattern : find_patterns(any_series())) {
      RC_ASSERT(pattern.confidence >= kPatternConfidenceMin);
      RC_ASSERT(pattern.confidence <= 1);
      RC_ASSERT(!pattern.message.empty());
    }
  });
}

} // namespace berth::analyzer
