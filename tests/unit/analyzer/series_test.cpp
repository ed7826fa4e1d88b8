#include "analyzer/model/series.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

/// The start of an hour, so that steps of 5 minutes begin here.
constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// A series with a sample of 100 + i at minute i, for `minutes` minutes.
Series regular(int minutes) {
  Series series;
  for (int i = 0; i < minutes; ++i)
    REQUIRE(series.add({kStart + i * 1min, 100.0 + i}, kStart + i * 1min) == SampleFate::Added);
  return series;
}

} // namespace

TEST_CASE("an hour of samples is kept, and what is older is dropped") {
  const Series series = regular(90);
  REQUIRE(series.samples().size() == 60);
  CHECK(series.samples().front() == Sample{kStart + 30min, 130});
  CHECK(series.latest() == Sample{kStart + 89min, 189});
  CHECK(series.counts().added == 90);
  CHECK(series.counts().missing == 0);
}

TEST_CASE("each finished step of five minutes has an aggregate") {
  const Series series = regular(11);
  const auto steps = series.aggregates();
  REQUIRE(steps.size() == 2);
  const Aggregate& first = steps[0];
  constexpr double kMeanError = PackedAggregates::kMeanErrorMax;
  constexpr double kSpreadError = PackedAggregates::kSpreadErrorMax;
  CHECK(first.start == kStart);
  CHECK(first.min == Approx(100).epsilon(kSpreadError));
  CHECK(first.mean == Approx(102).epsilon(kMeanError));
  CHECK(first.max == Approx(104).epsilon(kSpreadError));
  CHECK(first.p95 == Approx(103.8).epsilon(kSpreadError));
  CHECK(first.samples == 5);
  CHECK(steps[1].start == kStart + 5min);
  CHECK(steps[1].mean == Approx(107).epsilon(kMeanError));
}

TEST_CASE("two weeks of aggregates are kept") {
  const Series series = regular(60 * 24 * 15);
  const auto steps = series.aggregates();
  CHECK(steps.size() == 14 * 288);
  CHECK(steps.back().start == kStart + 15 * 24h - 10min);
  CHECK(series.aggregates(kStart + 14 * 24h).size() == 287);
}

TEST_CASE("an aggregate is dropped after two weeks, even if few came since") {
  Series series = regular(10);
  REQUIRE(series.aggregates().size() == 1);
  for (const auto later : {14 * 24h, 14 * 24h + 1h, 14 * 24h + 2h})
    REQUIRE(series.add({kStart + later, 1}, kStart + later) == SampleFate::Added);
  CHECK(series.aggregates().front().start == kStart + 14 * 24h);
}

TEST_CASE("after months without samples a series goes on with what comes") {
  Series series = regular(30);
  for (const Duration later : {Duration{40 * 24h}, Duration{40 * 24h + 1min}, Duration{100 * 24h}})
    REQUIRE(series.add({kStart + later, 7}, kStart + later) == SampleFate::Added);
  CHECK(series.samples() == std::vector{Sample{kStart + 100 * 24h, 7}});
}

TEST_CASE("fewer days of aggregates can be kept, at once and from then on") {
  Series series = regular(60 * 24 * 3);
  const std::size_t before = series.bytes();
  series.keep_aggregates(24h);
  CHECK(series.aggregates().size() == 288);
  CHECK(series.bytes() < before);
}

TEST_CASE("a gap is a gap: no sample, no aggregate, and counted") {
  Series series = regular(3);
  CHECK(series.add({kStart + 20min, 50}, kStart + 20min) == SampleFate::Added);
  CHECK(series.samples().size() == 4);
  CHECK(series.counts().missing == 17);
  REQUIRE(series.aggregates().size() == 1);
  CHECK(series.aggregates()[0].samples == 3);
  CHECK(series.since(10min, kStart + 20min).size() == 1);
}

TEST_CASE("a sample that says nothing new or nothing at all is refused and counted") {
  Series series = regular(3);
  const TimePoint now = kStart + 3min;
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  CHECK(series.add({kStart + 2min, 5}, now) == SampleFate::Duplicate);
  CHECK(series.add({kStart + 1min, 5}, now) == SampleFate::OutOfOrder);
  CHECK(series.add({kStart + 3min, kNan}, now) == SampleFate::NotANumber);
  CHECK(series.add({kStart + 3min, kInfinite}, now) == SampleFate::NotANumber);
  CHECK(series.add({kStart + 3min, -kInfinite}, now) == SampleFate::NotANumber);
  CHECK(series.add({kStart + 3min, -1}, now) == SampleFate::Negative);
  CHECK(series.add({kStart + 5min, 5}, now) == SampleFate::FromTheFuture);
  CHECK(series.samples().size() == 3);
  const SampleCounts& counts = series.counts();
  CHECK(counts.added == 3);
  CHECK(counts.duplicates == 1);
  CHECK(counts.out_of_order == 1);
  CHECK(counts.not_numbers == 3);
  CHECK(counts.negative == 1);
  CHECK(counts.from_the_future == 1);
}

TEST_CASE("zero is a measurement") {
  Series series;
  CHECK(series.add({kStart, 0}, kStart) == SampleFate::Added);
  CHECK(series.latest() == Sample{kStart, 0});
}

TEST_CASE("a clock that is a little ahead is let in, one that is far ahead is not") {
  Series series;
  CHECK(series.add({kStart + 1min, 1}, kStart) == SampleFate::Added);
  CHECK(series.add({kStart + 1min + 1ms, 1}, kStart) == SampleFate::FromTheFuture);
}

TEST_CASE("a series is stale without a sample of the last three intervals") {
  Series series;
  CHECK(series.is_stale(kStart));
  REQUIRE(series.add({kStart, 1}, kStart) == SampleFate::Added);
  CHECK_FALSE(series.is_stale(kStart));
  CHECK_FALSE(series.is_stale(kStart + 3min));
  CHECK(series.is_stale(kStart + 3min + 1ms));
}

TEST_CASE("coverage is the share of intervals with a measurement") {
  Series series;
  CHECK(series.coverage(10min, kStart) == 0);
  for (int i = 0; i < 10; i += 2)
    REQUIRE(series.add({kStart + i * 1min, 1}, kStart + i * 1min) == SampleFate::Added);
  CHECK(series.coverage(10min, kStart + 9min) == Approx(0.5));
  CHECK(regular(60).coverage(1h, kStart + 59min) == 1);
}

TEST_CASE("samples that come a little early or late leave no holes in the coverage") {
  // Seed 11: up to 3 s off the minute.
  Rng rng(11);
  Series series;
  for (int i = 0; i < 60; ++i) {
    const auto jitter = std::chrono::milliseconds(static_cast<int>(6000 * rng.unit()) - 3000);
    REQUIRE(series.add({kStart + i * 1min + jitter, 1}, kStart + i * 1min + 3s) ==
            SampleFate::Added);
  }
  CHECK(series.coverage(50min, kStart + 59min) > 0.95);
  CHECK(series.coverage(10min, kStart + 59min) > 0.9);
}

TEST_CASE("samples that come too often do not make up for missing ones, and stay bounded") {
  Series series;
  for (int i = 0; i < 10'000; ++i)
    REQUIRE(series.add({kStart + i * 1ms, 1}, kStart + 10s) == SampleFate::Added);
  CHECK(series.samples().size() == 240);
  // Ten seconds, and the interval before the first of them.
  CHECK(series.coverage(10min, kStart + 10s) <= 70.0 / 600);
}

TEST_CASE("whatever is offered, samples stay in order, within the window and sane") {
  CHECK(rc::check([] {
    Series series;
    TimePoint now = kStart;
    const auto offers = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(-400, 400), rc::gen::inRange(-5, 100)));
    for (const auto& [seconds, value] : offers) {
      now += 30s;
      static_cast<void>(series.add({now + seconds * 1s, static_cast<double>(value)}, now));
    }
    const auto& counts = series.counts();
    RC_ASSERT(counts.added + counts.duplicates + counts.out_of_order + counts.from_the_future +
                  counts.not_numbers + counts.negative ==
              offers.size());
    const auto samples = series.samples();
    for (std::size_t i = 0; i < samples.size(); ++i) {
      RC_ASSERT(samples[i].value >= 0);
      RC_ASSERT(samples[i].at <= now + 60s);
      RC_ASSERT(samples.back().at - samples[i].at < 1h);
      if (i > 0)
        RC_ASSERT(samples[i - 1].at < samples[i].at);
    }
    for (const auto& step : series.aggregates()) {
      RC_ASSERT(step.samples > 0U);
      RC_ASSERT(step.min <= step.mean && step.mean <= step.max);
      RC_ASSERT(step.min <= step.p95 && step.p95 <= step.max);
    }
  }));
}

} // namespace berth::analyzer
