#include "analyzer/model/outlook.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using resources::ResourceName;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// Samples at minutes 0 to `minutes` - 1; now is the last one's time.
template <class Value>
Series minutes_of(int minutes, Value value) {
  Series series;
  for (int i = 0; i < minutes; ++i)
    REQUIRE(series.add({kStart + i * 1min, value(i)}, kStart + i * 1min) == SampleFate::Added);
  return series;
}

Outlook look(const Series& series, TimePoint now, double capacity = 1000) {
  return look_out({ResourceName::cpu(), capacity}, series, foresee_by_trend(series, now), now);
}

} // namespace

TEST_CASE("nothing measured, too little measured and stale measurements are told apart") {
  CHECK(look(Series{}, kStart).metrics == Reason::MetricsMissing);
  const Series short_past = minutes_of(4, [](int) { return 5.0; });
  CHECK(look(short_past, kStart + 3min).metrics == Reason::MetricsMissing);
  const Series enough = minutes_of(5, [](int) { return 5.0; });
  CHECK(look(enough, kStart + 4min).metrics == Reason::MetricsAvailable);
  CHECK(look(enough, kStart + 8min).metrics == Reason::MetricsStale);
  CHECK(look(enough, kStart + 4min, 0).metrics == Reason::MetricsMissing);
}

TEST_CASE("one spike moves the peak of the window and not the use of now") {
  const Series series = minutes_of(60, [](int i) { return i == 57 ? 900.0 : 300.0; });
  const Outlook outlook = look(series, kStart + 59min);
  CHECK(outlook.use_now == 300);
  CHECK(outlook.expected_peak() == Approx(300));
  const Series spikes = minutes_of(60, [](int i) { return i % 10 == 7 ? 900.0 : 300.0; });
  CHECK(look(spikes, kStart + 59min).cautious_peak() == Approx(900));
}

TEST_CASE("a rising series is expected to go on rising") {
  const Series series = minutes_of(60, [](int i) { return 200.0 + 5 * i; });
  const Outlook outlook = look(series, kStart + 59min);
  CHECK(outlook.peak_p95 == Approx(200 + 5 * 56.05));
  REQUIRE(outlook.foresight.soon.size() == 3); // an hour ahead needs an hour of past
  CHECK(outlook.foresight.soon.back().at == kStart + 89min);
  CHECK(outlook.expected_peak() == Approx(200 + 5 * 89));
}

TEST_CASE("it looks no further ahead than it has looked back") {
  const auto horizons = [](int minutes) {
    const Series series = minutes_of(minutes, [](int) { return 100.0; });
    return look(series, kStart + (minutes - 1) * 1min).foresight.soon.size();
  };
  CHECK(horizons(7) == 0);  // too few samples for a trend
  CHECK(horizons(10) == 1); // 5 minutes
  CHECK(horizons(16) == 2);
  CHECK(horizons(31) == 3);
}

TEST_CASE("short intervals foresee a minute before there are five to look back at") {
  SeriesOptions options;
  options.interval = 10s;
  Series series(options);
  const auto forecast_after = [&](int samples) {
    for (int i = static_cast<int>(series.samples().size()); i < samples; ++i)
      REQUIRE(series.add({kStart + i * 10s, 100.0 + 10 * i}, kStart + i * 10s) ==
              SampleFate::Added);
    return look(series, kStart + (samples - 1) * 10s).foresight.soon;
  };
  CHECK(forecast_after(7).empty());
  const auto early = forecast_after(8);
  REQUIRE(early.size() == 1);
  CHECK(early[0].at == kStart + 130s);
  CHECK(early[0].p50 == Approx(230));
  const auto later = forecast_after(31);
  REQUIRE(later.size() == 1);
  CHECK(later[0].at == kStart + 600s);
}

TEST_CASE("coverage is of the window, completeness of the time since the first sample") {
  const Series series = minutes_of(30, [](int) { return 100.0; });
  const Outlook outlook = look(series, kStart + 29min);
  CHECK(outlook.coverage == Approx(0.5));
  CHECK(outlook.completeness == Approx(1));
  const Outlook later = look(series, kStart + 32min); // three missed
  CHECK(later.completeness == Approx(30.0 / 33));
}

TEST_CASE("a falling series is not taken to have fallen yet") {
  const Series series = minutes_of(60, [](int i) { return 900.0 - 10 * i; });
  const Outlook outlook = look(series, kStart + 59min);
  CHECK(outlook.expected_peak() == outlook.use_now);
  CHECK(outlook.cautious_peak() >= outlook.peak_p95);
  CHECK(outlook.chance_below(outlook.use_now) == 0.95);
}

TEST_CASE("after a step up the forecast goes on from the new level") {
  const Series series = minutes_of(60, [](int i) { return i < 48 ? 500.0 : 900.0; });
  const Outlook outlook = look(series, kStart + 59min);
  CHECK(outlook.use_now == 900);
  REQUIRE_FALSE(outlook.foresight.soon.empty());
  CHECK(outlook.foresight.soon.front().p50 == Approx(900).margin(20));
  CHECK(outlook.foresight.soon.front().p90 >= outlook.foresight.soon.front().p50);
  CHECK(outlook.chance_below(700) < 0.5);
}

TEST_CASE("the busiest five minutes of the day must be reckoned with, and none older") {
  // A busy half hour at noon, looked back at from the evening and from the next afternoon.
  const auto noon = [](int i) { return 720 <= i && i < 750 ? 800.0 : 100.0; };
  CHECK(look(minutes_of(20 * 60, noon), kStart + 20h - 1min).cautious_peak() ==
        Approx(800).epsilon(PackedAggregates::kMeanErrorMax));
  CHECK(look(minutes_of(37 * 60, noon), kStart + 37h - 1min).cautious_peak() == Approx(100));
}

TEST_CASE("the chance of staying below an amount rises with the amount") {
  const Series series = minutes_of(60, [](int i) { return 300.0 + (i % 7) * 10; });
  const Outlook outlook = look(series, kStart + 59min);
  double last = 0;
  for (double amount = 200; amount <= 500; amount += 10) {
    const double chance = outlook.chance_below(amount);
    CHECK(chance >= last);
    CHECK(chance >= 0.05);
    CHECK(chance <= 0.95);
    last = chance;
  }
  CHECK(outlook.chance_below(100) == 0.05);
  CHECK(outlook.chance_below(900) == 0.95);
}

TEST_CASE("the last ten intervals are what is recent, however long") {
  SeriesOptions options;
  options.interval = 1h;
  options.window = 20h;
  Series series(options);
  for (int i = 0; i < 20; ++i)
    REQUIRE(series.add({kStart + i * 1h, i < 10 ? 100.0 : 500.0}, kStart + i * 1h) ==
            SampleFate::Added);
  const Outlook outlook = look(series, kStart + 19h);
  CHECK(outlook.metrics == Reason::MetricsAvailable);
  CHECK(outlook.use_now == 500);
}

} // namespace berth::analyzer
