#include "analyzer/model/forecast/conformal.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "analyzer/model/forecast/forecast.hpp"
#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

/// Trials of one step that were off by each of `errors`.
BankForecast off_by(const std::vector<double>& errors) {
  BankForecast forecast;
  forecast.points = {10};
  for (const double error : errors)
    forecast.trials.push_back({{5}, {5 + error}});
  return forecast;
}

} // namespace

TEST_CASE("the interval is the quantile of the errors that were made, stretched") {
  // Errors 1 to 8: mean 4.5. The share 0.5 x 9 / 8 lies at 0.5625 x 7 = 3.9375 between them:
  // 4.9375. Eight trials are as many as there may be, so it is stretched by a quarter.
  const auto interval =
      conformal_intervals(off_by({1, -2, 3, -4, 5, -6, 7, -8}), std::vector<double>{1}, 0.5);
  REQUIRE(interval.size() == 1);
  CHECK(interval[0].high == Approx(10 + 4.9375 * 1.25));
  CHECK(interval[0].low == Approx(10 - 4.9375 * 1.25));
}

TEST_CASE("fewer trials make a wider interval") {
  const std::vector<double> past{1};
  const auto many = conformal_intervals(off_by({1, 1, 1, 1, 1, 1, 1, 1}), past, 0.9);
  const auto few = conformal_intervals(off_by({1, 1}), past, 0.9);
  CHECK(many[0].high == Approx(10 + 1.25));
  CHECK(few[0].high == Approx(10 + 2));
}

TEST_CASE("steps further than was tried are less sure by the square root of time") {
  BankForecast forecast = off_by({1, 1, 1, 1, 1, 1, 1, 1});
  forecast.points = {10, 10, 10, 10};
  const auto intervals = conformal_intervals(forecast, std::vector<double>{1}, 0.9);
  CHECK(intervals[3].high - 10 == Approx(2 * (intervals[0].high - 10)));
}

TEST_CASE("without trials the changes between values say how far the next may be") {
  BankForecast forecast;
  forecast.points = {8, 8, 8, 8};
  // Changes 1, 2 and 3; a share of 0.9 x 4 / 3 is all of them.
  const auto intervals = conformal_intervals(forecast, std::vector<double>{2, 3, 5, 8}, 0.9);
  CHECK(intervals[0] == Interval{5, 11});
  CHECK(intervals[3] == Interval{2, 14});
  const auto single = conformal_intervals(forecast, std::vector<double>{8}, 0.9);
  CHECK(single[0] == Interval{0, 16});
}

TEST_CASE("intervals hold what they promise on series of all kinds") {
  Rng rng{21};
  double inside = 0;
  double outcomes = 0;
  for (int series = 0; series < 300; ++series) {
    const double persistence = rng.unit();
    const double season = 10 * rng.unit();
    std::vector<double> values;
    double drift = 0;
    for (int i = 0; i < 312; ++i) {
      drift = persistence * drift + rng.unit() + rng.unit() + rng.unit() - 1.5;
      values.push_back(100 + season * std::sin(i / 24.0 * 6.283185307179586) + drift);
    }
    const auto forecast = forecast_course(std::span(values).first(288), {24, 0.9});
    for (std::size_t step = 0; step < 24; ++step) {
      const Interval& interval = forecast.intervals[step];
      const double actual = values[288 + step];
      inside += interval.low <= actual && actual <= interval.high ? 1 : 0;
      outcomes += 1;
    }
  }
  CAPTURE(inside / outcomes);
  CHECK(inside / outcomes > 0.88);
  CHECK(inside / outcomes < 0.97);
}

} // namespace berth::analyzer
