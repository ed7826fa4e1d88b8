#include "analyzer/model/forecast/forecast.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

/// Four trials of one step each, off by so much.
std::vector<Trial> trials_off_by(const std::vector<double>& errors) {
  std::vector<Trial> trials;
  for (const double error : errors)
    trials.push_back({{10}, {10 + error}});
  return trials;
}

} // namespace

TEST_CASE("what was never negative is not foreseen to be") {
  std::vector<double> falling;
  for (int i = 0; i < 60; ++i)
    falling.push_back(120 - 2 * i);
  const auto forecast = forecast_course(falling, {20, 0.95});
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(forecast.points[i] >= 0);
    CHECK(forecast.intervals[i].low >= 0);
  }
  for (double& value : falling)
    value -= 100;
  CHECK(forecast_course(falling, {20, 0.95}).points.back() < -100);
}

TEST_CASE("the reason names the models, the trials and the season") {
  std::vector<double> values;
  for (int i = 0; i < 240; ++i)
    values.push_back(i % 12 < 6 ? 1 : 5);
  const auto forecast = forecast_course(values, {12, 0.95});
  CHECK(forecast.reason.find("by their errors in 8 trials of 12 steps") != std::string::npos);
  CHECK(forecast.reason.find("repeats after 12 steps") != std::string::npos);
  CHECK(forecast.reason.starts_with(std::string(forecast.models.front().name)));
  CHECK(forecast_course(std::vector<double>{3}, {1, 0.95}).reason ==
        "too few values to try models on: the last value is carried on");
}

TEST_CASE("confidence is how much smaller errors are than the series' own spread") {
  CHECK(confidence_in({}, 1) == kConfidenceUntried);
  CHECK(confidence_in(trials_off_by({0, 0, 0, 0}), 1) == 1);
  CHECK(confidence_in(trials_off_by({1, 1, 1, 1}), 1) == Approx(0.5));
  CHECK(confidence_in(trials_off_by({1, 1, 1, 1}), 9) == Approx(0.9));
}

TEST_CASE("confidence falls when the models were wrong lately, and not when they were before") {
  // The mean error is 1 each time; the last of four trials is the newest quarter.
  const double steady = confidence_in(trials_off_by({1, 1, 1, 1}), 3);
  const double wrong_lately = confidence_in(trials_off_by({0, 0, 0, 4}), 3);
  const double wrong_before = confidence_in(trials_off_by({4, 0, 0, 0}), 3);
  CHECK(steady == Approx(0.75));
  CHECK(wrong_before == Approx(0.75));
  CHECK(wrong_lately == Approx(0.75 * 3 / 7));
}

TEST_CASE("the confidence in a forecast falls when a series stops repeating itself") {
  Rng rng{8};
  std::vector<double> values;
  for (int i = 0; i < 480; ++i)
    values.push_back(50 + 20 * std::sin(i / 24.0 * 6.283185307179586) + rng.unit());
  const double before = forecast_course(values, {24, 0.95}).confidence;
  for (std::size_t i = 460; i < 480; ++i)
    values[i] = 120;
  const double after = forecast_course(values, {24, 0.95}).confidence;
  CHECK(before > 0.9);
  CHECK(after < 0.7 * before);
}

} // namespace berth::analyzer
