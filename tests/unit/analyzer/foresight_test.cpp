// What is expected of a series, from the first minutes to two weeks.

#include "analyzer/model/foresight.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// A sample a minute for `span`; the value by the minute.
template <class Value>
Series minutes_of(Duration span, Value value) {
  Series series;
  for (int i = 0; i < span / 1min; ++i)
    REQUIRE(series.add({kStart + i * 1min, value(i)}, kStart + i * 1min) == SampleFate::Added);
  return series;
}

double daily(int minute) {
  return 1000 + 600 * std::sin(minute / 1440.0 * 6.283185307179586);
}

} // namespace

TEST_CASE("with less than two hours it is the trend, with more the bank") {
  const auto flat = [](int) { return 100.0; };
  CHECK(foresee(Series{}, StepValue::Mean, kStart).soon.empty());
  CHECK(foresee(Series{}, StepValue::Mean, kStart).model == "None");
  const Foresight early = foresee(minutes_of(1h, flat), StepValue::Mean, kStart + 1h);
  CHECK(early.model == "TheilSen");
  CHECK_FALSE(early.by_steps);
  const Foresight late = foresee(minutes_of(3h, flat), StepValue::Mean, kStart + 3h);
  CHECK(late.by_steps);
  CHECK_FALSE(late.asked_bank); // a level that does not move needs no model
  REQUIRE(late.soon.size() == 12);
  CHECK(late.soon.back().at <= kStart + 4h);
  CHECK(late.soon.back().at > kStart + 3h + 50min);
  for (const Forecast& point : late.soon) {
    CHECK(point.p50 == Approx(100).epsilon(0.02));
    CHECK(point.p10 <= point.p50);
    CHECK(point.p50 <= point.p90);
  }
}

TEST_CASE("a day that repeats is foreseen a day ahead") {
  // Now is 06:00 of the fifth day, a quarter day before the least use and after the most.
  const Series series = minutes_of(4 * 24h + 6h, daily);
  const TimePoint now = kStart + 4 * 24h + 6h;
  const Foresight foresight = foresee(series, StepValue::Mean, now);
  CHECK(foresight.asked_bank);
  REQUIRE_FALSE(foresight.later.empty());
  CHECK(foresight.later.back().at > now + 23h);
  CHECK(foresight.later.back().at <= now + 24h + 30min);
  REQUIRE(foresight.period);
  CHECK(*foresight.period == 24h);
  for (const auto* points : {&foresight.soon, &foresight.later})
    for (const Forecast& point : *points) {
      const auto minute = static_cast<int>((point.at - kStart) / 1min);
      CHECK(point.p50 == Approx(daily(minute - 3)).margin(80));
    }
}

TEST_CASE("nothing is said of tomorrow before two days are known") {
  const Foresight foresight = foresee(minutes_of(30h, daily), StepValue::Mean, kStart + 30h);
  CHECK(foresight.later.empty());
  CHECK(foresight.soon.size() == 12);
}

TEST_CASE("where a quarter of the steps is missing the bank is not asked") {
  Series series;
  for (int i = 0; i < 600; ++i)
    if (i / 30 % 2 == 0) // half an hour yes, half an hour no
      REQUIRE(series.add({kStart + i * 1min, 100}, kStart + i * 1min) == SampleFate::Added);
  CHECK_FALSE(foresee(series, StepValue::Mean, kStart + 600min).by_steps);
}

TEST_CASE("the busy moments are foreseen where they count") {
  const auto spiky = [](int i) { return i % 5 == 2 ? 900.0 : 100.0; };
  const Series series = minutes_of(5h, spiky);
  CHECK(foresee(series, StepValue::Max, kStart + 5h).soon[3].p50 == Approx(900).epsilon(0.05));
  CHECK(foresee(series, StepValue::Mean, kStart + 5h).soon[3].p50 == Approx(260).epsilon(0.05));
}

TEST_CASE("gocrane/crane #534: whatever the series, there is a forecast") {
  const int kind = GENERATE(0, 1, 2, 3, 4);
  CAPTURE(kind);
  Rng rng(17); // seed 17
  const Series series = minutes_of(4h, [&](int i) -> double {
    switch (kind) {
    case 0: return 0;                             // idle
    case 1: return 1e12;                          // large and flat
    case 2: return i == 120 ? 1e6 : 1;            // one spike
    case 3: return std::floor(1000 * rng.unit()); // nothing but noise
    default: return i;                            // no season, a line
    }
  });
  const Foresight foresight = foresee(series, StepValue::Mean, kStart + 4h);
  REQUIRE(foresight.soon.size() == 12);
  for (const Forecast& point : foresight.soon) {
    CHECK(std::isfinite(point.p50));
    CHECK(0 <= point.p10);
    CHECK(point.p10 <= point.p50);
    CHECK(point.p50 <= point.p90);
  }
}

TEST_CASE("gocrane/crane #787: the next hour follows where the series is now, not the last cycle") {
  // Since four hours everything is twice what the same time of day was before.
  const auto doubled = [](int i) { return (i >= 4 * 1440 - 240 ? 2 : 1) * daily(i); };
  const Series series = minutes_of(4 * 24h, doubled);
  const Foresight foresight = foresee(series, StepValue::Mean, kStart + 4 * 24h);
  REQUIRE(foresight.soon.size() == 12);
  const double now = doubled(4 * 1440 - 1);
  // A copy of the last cycle would say half of it.
  CHECK(foresight.soon[0].p50 == Approx(now).epsilon(0.15));
  CHECK(foresight.soon[5].p50 > 0.75 * now);
}

} // namespace berth::analyzer
