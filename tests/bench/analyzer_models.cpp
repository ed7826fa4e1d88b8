// What the analyzer's models cost: a forecast of so many values, and one value of a detector. A
// pool has two series, measured once a minute.

#include <benchmark/benchmark.h>

#include <cmath>

#include "analyzer/model/anomaly/detector.hpp"
#include "analyzer/model/forecast/forecast.hpp"
#include "analyzer/model/pattern/pattern.hpp"
#include "lib/base/rng.hpp"

namespace {

using namespace berth;

/// Weeks of hours with a day and a week in them.
std::vector<double> hours(std::size_t count) {
  Rng rng{1};
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(100 + 30 * std::sin(static_cast<double>(i) / 24 * 6.283185307179586) -
                     (i / 24 % 7 >= 5 ? 25 : 0) + 5 * rng.unit());
  return values;
}

void forecast(benchmark::State& state) {
  const auto values = hours(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(analyzer::forecast_course(values, {48, 0.95}));
}
BENCHMARK(forecast)->Arg(60)->Arg(288)->Arg(960)->Arg(2016)->Unit(benchmark::kMicrosecond);

void patterns(benchmark::State& state) {
  const auto values = hours(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(analyzer::find_patterns(values));
}
BENCHMARK(patterns)->Arg(288)->Arg(2016)->Unit(benchmark::kMicrosecond);

void novelty_per_value(benchmark::State& state) {
  const auto values = hours(10'000);
  analyzer::NoveltyDetector detector;
  std::size_t i = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(detector.add(values[i++ % values.size()]));
}
BENCHMARK(novelty_per_value);

} // namespace

BENCHMARK_MAIN();
