#include "analyzer/model/trend.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// 60 samples, one a minute, of `level` + `per_minute` x i + noise(i).
template <class Noise>
std::vector<Sample> line(double level, double per_minute, Noise noise, int count = 60) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i)
    samples.push_back({kStart + i * 1min, level + per_minute * i + noise(i)});
  return samples;
}
double no_noise(int) {
  return 0;
}

/// Standard normal by Box and Muller.
double normal(Rng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng.unit()));
  return radius * std::cos(6.283185307179586 * rng.unit());
}

} // namespace

TEST_CASE("a straight line is found exactly and gives a forecast without spread") {
  const auto trend = fit_trend(line(100, 2, no_noise));
  REQUIRE(trend);
  CHECK(trend->slope_per_second * 60 == Approx(2));
  const Forecast forecast = trend->at(kStart + 89min);
  CHECK(forecast.p10 == Approx(278));
  CHECK(forecast.p50 == Approx(278));
  CHECK(forecast.p90 == Approx(278));
}

TEST_CASE("a level series has no trend") {
  const auto trend = fit_trend(line(100, 0, no_noise));
  REQUIRE(trend);
  CHECK(trend->at(kStart + 24h).p90 == Approx(100));
}

TEST_CASE("too few samples make no trend") {
  CHECK_FALSE(fit_trend({}));
  CHECK_FALSE(fit_trend(line(1, 1, no_noise, 7)));
  CHECK(fit_trend(line(1, 1, no_noise, 8)));
}

TEST_CASE("a quarter of wild samples does not move the line") {
  const auto trend = fit_trend(line(100, 2, [](int i) { return i % 4 == 1 ? 1e6 : 0.0; }));
  REQUIRE(trend);
  CHECK(trend->slope_per_second * 60 == Approx(2).epsilon(0.2));
  CHECK(trend->at(kStart + 59min).p50 == Approx(218).epsilon(0.1));
}

TEST_CASE("gaps do not bend the line") {
  auto samples = line(100, 2, no_noise);
  samples.erase(samples.begin() + 20, samples.begin() + 45);
  CHECK(fit_trend(samples)->at(kStart + 89min).p50 == Approx(278));
}

TEST_CASE("a falling line is not forecast below zero") {
  const Forecast forecast = fit_trend(line(100, -2, no_noise))->at(kStart + 24h);
  CHECK(forecast.p10 == 0);
  CHECK(forecast.p50 == 0);
  CHECK(forecast.p90 == 0);
}

TEST_CASE("of many samples an even selection over their whole span is looked at") {
  const auto trend = fit_trend(line(100, 2, no_noise, 1000));
  REQUIRE(trend);
  CHECK(trend->at(kStart + 1100min).p50 == Approx(2300));
  // A bend that the newest samples alone would not show.
  std::vector<Sample> bent = line(500, 0, no_noise, 400);
  for (std::size_t i = 0; i < 300; ++i)
    bent[i].value = static_cast<double>(i);
  CHECK(fit_trend(bent)->slope_per_second > 0);
}

TEST_CASE("between p10 and p90 lie at least eight in ten of what then comes") {
  // Seed 7: noise of standard deviation 10 around lines of many slopes, asked half an hour ahead.
  Rng rng(7);
  int inside = 0;
  constexpr int kRuns = 2000;
  for (int run = 0; run < kRuns; ++run) {
    const double per_minute = 4 * rng.unit() - 1;
    const auto trend = fit_trend(line(1000, per_minute, [&](int) { return 10 * normal(rng); }));
    const double actual = 1000 + per_minute * 89 + 10 * normal(rng);
    const Forecast forecast = trend->at(kStart + 89min);
    inside += forecast.p10 <= actual && actual <= forecast.p90 ? 1 : 0;
  }
  CAPTURE(inside);
  CHECK(inside >= kRuns * 80 / 100);
  CHECK(inside <= kRuns * 97 / 100); // an interval that holds everything says nothing
}

TEST_CASE("p10, p50 and p90 are in order and widen with the distance, whatever the samples") {
  CHECK(rc::check([] {
    const auto values = *rc::gen::resize(
        80, rc::gen::suchThat<std::vector<int>>([](const auto& all) { return all.size() >= 8; }));
    std::vector<Sample> samples;
    TimePoint at = kStart;
    for (const int value : values) {
      at += 1min;
      samples.push_back({at, std::abs(static_cast<double>(value))});
    }
    const auto trend = fit_trend(samples);
    RC_ASSERT(trend.has_value());
    double width = -1;
    for (const auto horizon : {0min, 5min, 30min, 60min}) {
      const Forecast forecast = trend->at(at + horizon);
      RC_ASSERT(0 <= forecast.p10);
      RC_ASSERT(forecast.p10 <= forecast.p50 && forecast.p50 <= forecast.p90);
      if (forecast.p10 > 0) { // cut off at zero it may get narrower
        const double slack = 1e-9 * forecast.p90;
        RC_ASSERT(forecast.p90 - forecast.p10 >= width - slack);
        width = forecast.p90 - forecast.p10;
      }
    }
  }));
}

TEST_CASE("moving all samples in time moves the forecast and changes nothing else") {
  CHECK(rc::check([] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    Rng rng(seed);
    auto samples = line(500, 1, [&](int) { return 50 * rng.unit(); });
    const Forecast before = fit_trend(samples)->at(kStart + 80min);
    for (auto& sample : samples)
      sample.at += 36h;
    const Forecast after = fit_trend(samples)->at(kStart + 80min + 36h);
    RC_ASSERT(before.p10 == after.p10);
    RC_ASSERT(before.p50 == after.p50);
    RC_ASSERT(before.p90 == after.p90);
  }));
}

} // namespace berth::analyzer
