#include "analyzer/model/pattern/pattern.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

const Pattern* find(const std::vector<Pattern>& patterns, PatternKind kind) {
  const auto found = std::ranges::find(patterns, kind, &Pattern::kind);
  return found == patterns.end() ? nullptr : &*found;
}

/// `base(i)` and uniform noise of width 1 around 0.
template <class Base>
std::vector<double> series(std::size_t count, Base base, std::uint64_t seed = 1) {
  Rng rng{seed};
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(base(static_cast<double>(i)) + rng.unit() - 0.5);
  return values;
}

} // namespace

TEST_CASE("a day that repeats itself is periodic, and nothing else") {
  const auto patterns = find_patterns(
      series(480, [](double i) { return 100 + 20 * std::sin(i / 48 * 6.283185307179586); }));
  REQUIRE(patterns.size() == 1);
  CHECK(patterns[0].kind == PatternKind::Periodic);
  CHECK(patterns[0].size == 48);
  CHECK(patterns[0].confidence > 0.9);
  CHECK(patterns[0].message == "repeats after 48 steps, seen 10.0 times");
}

TEST_CASE("rare high values are spikes, frequent ones are not") {
  auto values = series(400, [](double) { return 50; });
  values[100] = values[250] = values[310] = 90;
  const auto patterns = find_patterns(values);
  const auto* spike = find(patterns, PatternKind::Spike);
  REQUIRE(spike != nullptr);
  CHECK(spike->confidence > 0.95);
  CHECK(patterns.size() == 1);
  for (std::size_t i = 0; i < values.size(); i += 7) // with a period, and not rare
    values[i] = 90;
  CHECK(find(find_patterns(values), PatternKind::Spike) == nullptr);
}

TEST_CASE("the confidence in a spike is one less the share that Chebyshev allows") {
  // Half of the values 1 below and half 1 above 10: the spread is 1 / 0.6745.
  std::vector<double> values;
  for (int i = 0; i < 99; ++i)
    values.push_back(i % 2 == 0 ? 9 : 11);
  values.push_back(10 + 6 / 0.6745);
  const auto patterns = find_patterns(values);
  const auto* spike = find(patterns, PatternKind::Spike);
  REQUIRE(spike != nullptr);
  CHECK(spike->size == Approx(6).epsilon(0.2)); // the middle value is 9, 10 or 11
  CHECK(spike->confidence == Approx(1 - 9 / (spike->size * spike->size)));
}

TEST_CASE("what rises steadily grows, and says by how much") {
  const auto patterns = find_patterns(series(600, [](double i) { return 20 + 0.1 * i; }));
  const auto* growth = find(patterns, PatternKind::Growth);
  REQUIRE(growth != nullptr);
  CHECK(growth->size == Approx(0.1).epsilon(0.05));
  CHECK(growth->confidence > 0.9);
  CHECK(find(find_patterns(series(600, [](double i) { return 90 - 0.1 * i; })),
             PatternKind::Growth) == nullptr);
  // A tenth of the level is the least: 60 of 1000 is less.
  CHECK(find(find_patterns(series(600, [](double i) { return 1000 + 0.1 * i; })),
             PatternKind::Growth) == nullptr);
}

TEST_CASE("growth shows through a season, and a season alone is no growth") {
  const auto wave = [](double i) { return 30 * std::sin(i / 24 * 6.283185307179586); };
  const auto both = find_patterns(series(480, [&](double i) { return 100 + 0.2 * i + wave(i); }));
  CHECK(find(both, PatternKind::Periodic) != nullptr);
  REQUIRE(find(both, PatternKind::Growth) != nullptr);
  CHECK(find(both, PatternKind::Growth)->size == Approx(0.2).epsilon(0.1));
  // Three and a half waves end higher than they began.
  CHECK(find(find_patterns(series(84, [&](double i) { return 100 + wave(i); })),
             PatternKind::Growth) == nullptr);
}

TEST_CASE("noise has no pattern, and neither have a few values or a constant") {
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    found += find_patterns(series(300, [](double) { return 5; }, seed)).size();
  CHECK(found == 0);
  CHECK(find_patterns(std::vector<double>(23, 1)).empty());
  CHECK(find_patterns(std::vector<double>(300, 1)).empty());
}

TEST_CASE("a trend has its slope and leads where the line leads") {
  std::vector<double> values;
  for (int i = 0; i < 96; ++i)
    values.push_back(10 + 0.5 * i);
  const auto trend = view_trend(values, 12);
  CHECK(trend.slope == Approx(0.5));
  CHECK(trend.level == Approx(10 + 0.5 * 95).epsilon(0.01));
  CHECK(trend.ahead - trend.level == Approx(6));
  CHECK(trend.tau == Approx(1));
  std::ranges::reverse(values);
  CHECK(view_trend(values, 12).tau == Approx(-1));
  CHECK(view_trend(values, 1000).ahead == 0); // use is never negative
}

TEST_CASE("one pod that does most of the work is an imbalance, with its share of the time") {
  const std::vector<double> idle(100, 10);
  std::vector<double> busy(100, 40);
  const std::vector<std::vector<double>> even{idle, idle, idle};
  CHECK(find_imbalance(even).empty());
  const auto found = find_imbalance(std::vector{idle, busy, idle});
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == PatternKind::Imbalance);
  CHECK(found[0].member == 1);
  CHECK(found[0].size == Approx(2)); // 40 of a mean of 20
  CHECK(found[0].confidence == 1);
  for (std::size_t step = 0; step < 20; ++step)
    busy[step] = 10;
  CHECK(find_imbalance(std::vector{idle, busy, idle})[0].confidence == Approx(0.8));
  for (std::size_t step = 0; step < 35; ++step)
    busy[step] = 10;
  CHECK(find_imbalance(std::vector{idle, busy, idle}).empty()); // 65 % is not sure enough
  CHECK(find_imbalance(std::vector<std::vector<double>>{busy}).empty());
}

} // namespace berth::analyzer
