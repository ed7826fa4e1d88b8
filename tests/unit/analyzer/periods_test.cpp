#include "analyzer/model/forecast/periods.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

/// Standard normal by Box and Muller.
double normal(Rng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng.unit()));
  return radius * std::cos(2 * std::numbers::pi * rng.unit());
}

/// A wave with an overtone, so that it is no pure sine.
double wave(std::size_t at, std::size_t period) {
  const double angle = 2 * std::numbers::pi * static_cast<double>(at) / static_cast<double>(period);
  return std::sin(angle) + 0.4 * std::sin(2 * angle + 1);
}

std::vector<std::size_t> steps_of(const std::vector<Period>& periods) {
  std::vector<std::size_t> steps;
  for (const Period& period : periods)
    steps.push_back(period.steps);
  return steps;
}

} // namespace

TEST_CASE("any period is found, not only a day and a week") {
  Rng rng{11};
  for (const std::size_t period : {5U, 7U, 12U, 17U, 24U, 31U, 48U, 77U, 96U, 144U, 168U, 200U}) {
    std::vector<double> values;
    for (std::size_t i = 0; i < 8 * period; ++i)
      values.push_back(100 + 10 * wave(i, period) + 2 * normal(rng));
    CAPTURE(period);
    CHECK(steps_of(find_periods(values)) == std::vector<std::size_t>{period});
  }
}

TEST_CASE("a day within a week is found as both") {
  Rng rng{12};
  std::vector<double> values;
  for (std::size_t i = 0; i < 6 * 168; ++i)
    values.push_back(100 + 10 * wave(i, 24) - (i / 24 % 7 >= 5 ? 12 : 0) + normal(rng));
  CHECK(steps_of(find_periods(values)) == std::vector<std::size_t>{24, 168});
}

TEST_CASE("a square wave has its period and not a multiple of it") {
  std::vector<double> values;
  for (std::size_t i = 0; i < 400; ++i)
    values.push_back(i / 10 % 2 == 0 ? 20 : 80);
  CHECK(steps_of(find_periods(values)) == std::vector<std::size_t>{20});
}

TEST_CASE("a period is found on a trend") {
  std::vector<double> values;
  for (std::size_t i = 0; i < 300; ++i)
    values.push_back(0.5 * static_cast<double>(i) + 10 * wave(i, 30));
  CHECK(steps_of(find_periods(values)) == std::vector<std::size_t>{30});
}

TEST_CASE("noise, a line and a constant have no period") {
  Rng rng{13};
  int found = 0;
  for (int series = 0; series < 100; ++series) {
    std::vector<double> values;
    for (int i = 0; i < 300; ++i)
      values.push_back(normal(rng));
    found += find_periods(values).empty() ? 0 : 1;
  }
  CHECK(found == 0);
  std::vector<double> line;
  for (int i = 0; i < 100; ++i)
    line.push_back(3 * i);
  CHECK(find_periods(line).empty());
  CHECK(find_periods(std::vector<double>(100, 7)).empty());
  CHECK(find_periods({}).empty());
  CHECK(find_periods(std::vector<double>{1, 2, 1}).empty());
}

TEST_CASE("two outages are no season, and do not hide the one that there is") {
  Rng rng{14};
  std::vector<double> flat;
  std::vector<double> daily;
  for (std::size_t i = 0; i < 400; ++i) {
    flat.push_back(50 + normal(rng));
    daily.push_back(50 + 10 * wave(i, 24) + normal(rng));
  }
  flat[100] = flat[250] = 0;
  daily[100] = daily[250] = 900;
  CHECK(find_periods(flat).empty());
  CHECK(steps_of(find_periods(daily)) == std::vector<std::size_t>{24});
}

TEST_CASE("a period seen less than twice is none") {
  std::vector<double> values;
  for (std::size_t i = 0; i < 150; ++i)
    values.push_back(10 * wave(i, 80));
  for (const Period& period : find_periods(values))
    CHECK(period.steps * kPeriodCyclesMin <= values.size());
}

TEST_CASE("the profile of a season is the mean of each phase, recent cycles first if so wished") {
  // Two cycles of three steps: 0 3 6 and 2 5 8, whose mean is 4.
  const std::vector<double> values{0, 3, 6, 2, 5, 8};
  CHECK(seasonal_profile(values, 3, 1.0) == std::vector<double>{-3, 0, 3});
  // With half the weight per cycle of age phase 0 is (0 x 0.5 + 2) / 1.5 = 4/3, and so on: 4/3,
  // 13/3, 22/3, whose mean is 13/3.
  const auto recent = seasonal_profile(std::vector<double>{0, 3, 6, 2, 5, 8}, 3, 0.5);
  CHECK(recent[0] == Approx(-3));
  CHECK(recent[1] == Approx(0).margin(1e-12));
  CHECK(recent[2] == Approx(3));
}

} // namespace berth::analyzer
