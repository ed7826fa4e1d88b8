#include "analyzer/backtest/forecast_measures.hpp"

#include <cmath>

#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

/// The mean of what `of` says of each step.
template <class Of>
double mean_over(std::size_t steps, Of of) {
  ensure(steps > 0, "a forecast is judged by at least one outcome");
  double sum = 0;
  for (std::size_t i = 0; i < steps; ++i)
    sum += of(i);
  return sum / static_cast<double>(steps);
}

} // namespace

double smape(std::span<const double> actual, std::span<const double> foreseen) {
  ensure(actual.size() == foreseen.size(), "each outcome has its forecast");
  return mean_over(actual.size(), [&](std::size_t i) {
    const double size = std::abs(actual[i]) + std::abs(foreseen[i]);
    return size > 0 ? 200 * std::abs(foreseen[i] - actual[i]) / size : 0;
  });
}

double seasonal_scale(std::span<const double> past, std::size_t season) {
  if (past.size() <= season)
    return 0;
  return mean_over(past.size() - season,
                   [&](std::size_t i) { return std::abs(past[i + season] - past[i]); });
}

double mase(std::span<const double> actual, std::span<const double> foreseen, double scale) {
  ensure(actual.size() == foreseen.size() && scale > 0, "each outcome has its forecast");
  return mean_over(actual.size(),
                   [&](std::size_t i) { return std::abs(foreseen[i] - actual[i]) / scale; });
}

double msis(std::span<const double> actual, std::span<const Interval> intervals, double coverage,
            double scale) {
  ensure(actual.size() == intervals.size() && scale > 0, "each outcome has its interval");
  const double penalty = 2 / (1 - coverage);
  return mean_over(actual.size(), [&](std::size_t i) {
    const Interval& interval = intervals[i];
    double score = interval.high - interval.low;
    if (actual[i] < interval.low)
      score += penalty * (interval.low - actual[i]);
    if (actual[i] > interval.high)
      score += penalty * (actual[i] - interval.high);
    return score / scale;
  });
}

double covered_share(std::span<const double> actual, std::span<const Interval> intervals) {
  ensure(actual.size() == intervals.size(), "each outcome has its interval");
  return mean_over(actual.size(), [&](std::size_t i) {
    return intervals[i].low <= actual[i] && actual[i] <= intervals[i].high ? 1.0 : 0.0;
  });
}

} // namespace berth::analyzer
