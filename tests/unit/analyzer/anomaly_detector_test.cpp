#include "analyzer/model/anomaly/detector.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

struct Rung {
  std::size_t at = 0;
  AnomalyKind kind = AnomalyKind::Spike;
};

std::vector<Rung> alarms(AnomalyDetector& detector, const std::vector<double>& values) {
  std::vector<Rung> rung;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (const auto verdict = detector.add(values[i]); verdict.alarm)
      rung.push_back({i, *verdict.alarm});
  return rung;
}

/// Days of 96 steps: low at night, high from step 32 to 72, with a little noise.
std::vector<double> days(std::size_t count, std::uint64_t seed = 1) {
  Rng rng{seed};
  std::vector<double> values;
  for (std::size_t i = 0; i < 96 * count; ++i)
    values.push_back((i % 96 >= 32 && i % 96 < 72 ? 80 : 20) + 2 * rng.unit());
  return values;
}

std::vector<Rung> after_learning(std::vector<Rung> rung) {
  std::erase_if(rung, [](const Rung& one) { return one.at < 4 * std::size_t{96}; });
  return rung;
}

} // namespace

TEST_CASE("moments are mean and standard deviation until they forget") {
  Moments moments(1000);
  CHECK(moments.deviation(5) == 0);
  for (const double value : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0})
    moments.add(value); // mean 5, standard deviation 2
  CHECK(moments.deviation(9) == Approx(2));
  CHECK(moments.deviation(1) == Approx(-2));
  Moments forgetful(10);
  for (int i = 0; i < 200; ++i)
    forgetful.add(0);
  for (int i = 0; i < 200; ++i)
    forgetful.add(i % 2 == 0 ? 9 : 11);
  CHECK(forgetful.deviation(10) == Approx(0).margin(0.2));
}

TEST_CASE("one event rings once, unless it gets far worse") {
  AlarmGate gate(2);
  CHECK(gate.pass(1.9) == 0);
  CHECK(gate.pass(3) == 3);
  CHECK(gate.pass(4) == 0);
  CHECK(gate.pass(4.6) == 4.6); // more than half again as much
  for (std::size_t i = 0; i < AlarmGate::kQuietSteps; ++i)
    CHECK(gate.pass(3) == 0);
  CHECK(gate.pass(3) == 3);
}

TEST_CASE("a spike and a drop ring as what they are, in the step in which they come") {
  for (const double value : {300.0, -200.0}) {
    auto values = days(10);
    values[700] = value;
    NoveltyDetector detector;
    const auto rung = after_learning(alarms(detector, values));
    REQUIRE(rung.size() == 1);
    CHECK(rung[0].at == 700);
    CHECK(rung[0].kind == (value > 0 ? AnomalyKind::Spike : AnomalyKind::Drop));
  }
}

TEST_CASE("a usual value at an unusual time is out of pattern") {
  auto values = days(10);
  for (std::size_t i = 96 * 8 + 44; i < 96 * 8 + 56; ++i)
    values[i] = values[i] - 60; // a night's value at noon
  NoveltyDetector detector;
  const auto rung = after_learning(alarms(detector, values));
  REQUIRE_FALSE(rung.empty());
  CHECK(rung[0].at >= 96 * 8 + 44);
  CHECK(rung[0].at < 96 * 8 + 60);
  CHECK(rung[0].kind == AnomalyKind::PatternDeviation);
  ZScoreDetector simple;
  CHECK(after_learning(alarms(simple, values)).empty()); // the simple mode cannot see it
}

TEST_CASE("days like all others and a flat line ring nothing") {
  NoveltyDetector daily;
  CHECK(after_learning(alarms(daily, std::vector<double>(2000, 3))).empty());
  std::size_t rung = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    NoveltyDetector detector;
    auto values = days(20, seed);
    rung += after_learning(alarms(detector, values)).size();
  }
  CAPTURE(rung);
  CHECK(rung <= 20); // of 19200 steps of uniform noise
}

TEST_CASE("a verdict does not change with what comes later") {
  const auto values = days(8);
  NoveltyDetector whole;
  NoveltyDetector part;
  std::vector<double> scores;
  for (const double value : values)
    scores.push_back(whole.add(value).score);
  for (std::size_t i = 0; i < 500; ++i)
    CHECK(part.add(values[i]).score == scores[i]);
}

TEST_CASE("the simple mode rings above 2.5 standard deviations") {
  ZScoreDetector detector;
  for (int i = 0; i < 200; ++i)
    CHECK_FALSE(detector.add(i % 2 == 0 ? 9 : 11).alarm); // mean 10, deviation 1
  CHECK_FALSE(detector.add(12.4).alarm);
  const auto verdict = detector.add(13);
  CHECK(verdict.alarm == AnomalyKind::Spike);
  ZScoreDetector low;
  for (int i = 0; i < 200; ++i)
    static_cast<void>(low.add(i % 2 == 0 ? 9 : 11));
  CHECK(low.add(5).alarm == AnomalyKind::Drop);
}

TEST_CASE("kinds of anomalies are called by their names") {
  CHECK(to_string(AnomalyKind::Spike) == "Spike");
  CHECK(to_string(AnomalyKind::Drop) == "Drop");
  CHECK(to_string(AnomalyKind::PatternDeviation) == "PatternDeviation");
}

} // namespace berth::analyzer
