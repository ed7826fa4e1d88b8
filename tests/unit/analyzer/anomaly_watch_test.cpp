#include "analyzer/model/anomaly/anomaly_watch.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <vector>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
constexpr Duration kStep = 5min;
constexpr int kDay = 288;
constexpr double kCapacity = 1000;

/// A series with one sample a step, and what the watch says of it.
struct Stretch {
  explicit Stretch(AnomalyOptions options = {}) : watch(options) {}

  std::optional<Anomaly> look() {
    watch.begin_cycle();
    auto one = watch.look("series", series, kCapacity);
    watch.end_cycle();
    return one;
  }
  void measure(double value) {
    const TimePoint at = kStart + steps * kStep;
    REQUIRE(series.add({at, value}, at) == SampleFate::Added);
    ++steps;
  }
  /// So many steps on, looking at each.
  void pass(int count, const std::function<double(int)>& value_at) {
    for (int i = 0; i < count; ++i) {
      measure(value_at(steps));
      if (auto one = look())
        found.push_back(*one);
    }
  }
  void pass(int count, double value) {
    pass(count, [value](int) { return value; });
  }

  Series series;
  AnomalyWatch watch;
  int steps = 0;
  std::vector<Anomaly> found;
};

/// Low at night and high at noon, with noise of some 5 %.
struct Wave {
  double operator()(int step) {
    const double day = 300 + 200 * std::sin(2 * 3.14159265 * step / kDay);
    return day * (0.9 + 0.2 * (rng.unit() + rng.unit()) / 2);
  }
  Rng rng{1};
};

} // namespace

TEST_CASE("a spike of many samples is one anomaly") {
  Stretch stretch;
  stretch.pass(2 * kDay, Wave{});
  CHECK(stretch.found.empty());
  stretch.pass(20, 2000);
  REQUIRE(stretch.found.size() == 1);
  const Anomaly& one = stretch.found.front();
  CHECK(one.kind == AnomalyKind::Spike);
  CHECK(one.at == kStart + 2 * kDay * kStep); // the first step of it
  CHECK(one.value == Approx(2000).epsilon(0.02));
  CHECK(one.usual == Approx(300).epsilon(0.1));
  stretch.pass(kDay, Wave{});
  CHECK(stretch.found.size() == 1);
}

TEST_CASE("a drop in the middle of the day is told as one") {
  Stretch stretch;
  stretch.pass(3 * kDay, 500);
  stretch.pass(6, 0);
  REQUIRE(stretch.found.size() == 1);
  CHECK(stretch.found.front().kind == AnomalyKind::Drop);
}

TEST_CASE("a wave of days rings nothing once a day of it is known") {
  Stretch stretch;
  stretch.pass(14 * kDay, Wave{});
  CHECK(stretch.found.empty());
}

TEST_CASE("within the first day nothing is told, since every hour is new") {
  Stretch stretch;
  stretch.pass(200, 100);
  stretch.pass(20, 900);
  CHECK(stretch.found.empty());
}

TEST_CASE("what is small against the usual or the capacity is not told") {
  Stretch busy;
  busy.pass(2 * kDay, 500);
  busy.pass(3, 560); // a tenth of the usual, of which half is new to the last steps
  CHECK(busy.found.empty());
  Stretch idle;
  idle.pass(2 * kDay, 1);
  idle.pass(3, 20); // twenty times the usual, and nothing of the capacity
  CHECK(idle.found.empty());
}

TEST_CASE("what was before the watch began is learned and not told again") {
  Stretch stretch;
  stretch.pass(2 * kDay, Wave{});
  stretch.pass(12, 2000);
  REQUIRE(stretch.found.size() == 1);
  stretch.found.clear();
  stretch.watch = AnomalyWatch{}; // started anew on what the history file has
  stretch.pass(kDay, Wave{});
  CHECK(stretch.found.empty());
  stretch.pass(3, 6000); // and it knows the past
  CHECK(stretch.found.size() == 1);
}

TEST_CASE("a gap leaves the days where they are") {
  Stretch stretch;
  stretch.pass(4 * kDay, Wave{});
  stretch.steps += 36; // three hours without a sample
  stretch.pass(3 * kDay, Wave{});
  CHECK(stretch.found.empty());
  stretch.steps += 10 * kDay; // longer than it remembers: it begins again
  stretch.pass(kDay, [](int) { return 900.0; });
  CHECK(stretch.found.empty());
}

TEST_CASE("the simple mode tells what is beyond its threshold, of the difference that matters") {
  const auto ripple = [](int step) { return step % 2 == 0 ? 400.0 : 500.0; };
  Stretch usual({AnomalyDetectorKind::ZScore, 2.5});
  usual.pass(2 * kDay, ripple); // mean 450, deviation 50
  usual.pass(1, 650);
  usual.pass(1, 450); // which finishes the step before
  REQUIRE(usual.found.size() == 1);
  CHECK(usual.found.front().kind == AnomalyKind::Spike);
  Stretch patient({AnomalyDetectorKind::ZScore, 6});
  patient.pass(2 * kDay, ripple);
  patient.pass(1, 650);
  patient.pass(1, 450);
  CHECK(patient.found.empty());
}

TEST_CASE("no more series are watched than there is room for, and room comes back") {
  AnomalyLimits limits;
  limits.series_max = 2;
  AnomalyWatch watch({}, limits);
  const Series series;
  const auto cycle = [&](const std::vector<std::string>& names) {
    watch.begin_cycle();
    for (const std::string& name : names)
      CHECK_FALSE(watch.look(name, series, kCapacity));
    watch.end_cycle();
  };
  cycle({"a", "b", "c"});
  CHECK(watch.watched() == 2);
  CHECK(watch.without_room() == 1);
  cycle({"b", "c"}); // who has a place keeps it until it is gone
  CHECK(watch.watched() == 1);
  cycle({"b", "c"});
  CHECK(watch.watched() == 2);
  CHECK(watch.without_room() == 0);
}

TEST_CASE("in one cycle the past of a few series is learned, and of the others in the next") {
  Stretch stretch;
  for (int i = 0; i < 100; ++i)
    stretch.measure(5);
  AnomalyLimits limits;
  limits.steps_learned_max = 150;
  AnomalyWatch watch({}, limits);
  for (const std::size_t watched : {2U, 3U}) {
    watch.begin_cycle();
    for (const char* name : {"a", "b", "c"})
      CHECK_FALSE(watch.look(name, stretch.series, kCapacity));
    watch.end_cycle();
    CHECK(watch.watched() == watched);
    CHECK(watch.without_room() == 0);
  }
}

} // namespace berth::analyzer
