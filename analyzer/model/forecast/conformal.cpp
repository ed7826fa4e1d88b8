#include "analyzer/model/forecast/conformal.hpp"

#include <algorithm>
#include <cmath>

#include "analyzer/model/quantile.hpp"
#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

/// The errors of one trial are alike, and the weights were chosen on the same trials: what they say
/// is stretched by this share, and by more the fewer trials there were.
constexpr double kStretch = 0.25;
/// The mean error of a step is taken over so much of the horizon on each side of it.
constexpr double kSmoothShare = 1.0 / 16;

/// Errors by step ahead, and how many of them the wanted share of outcomes stays within.
struct Reach {
  std::vector<double> scale{}; ///< never empty
  double width = 0;

  [[nodiscard]] double at(std::size_t step) const {
    if (step < scale.size())
      return width * scale[step];
    return width * scale.back() *
           std::sqrt(static_cast<double>(step + 1) / static_cast<double>(scale.size()));
  }
};

/// The mean absolute error by step ahead, smoothed, so that one lucky step is not trusted.
std::vector<double> error_scale(std::span<const Trial> trials) {
  const std::size_t steps = trials.front().foreseen.size();
  std::vector<double> sums(steps + 1);
  for (std::size_t i = 0; i < steps; ++i) {
    sums[i + 1] = sums[i];
    for (const Trial& trial : trials)
      sums[i + 1] += std::abs(trial.actual[i] - trial.foreseen[i]);
  }
  const auto smooth =
      static_cast<std::size_t>(std::ceil(kSmoothShare * static_cast<double>(steps)));
  std::vector<double> scale(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t begin = i > smooth ? i - smooth : 0;
    const std::size_t end = std::min(i + smooth + 1, steps);
    scale[i] = (sums[end] - sums[begin]) / static_cast<double>((end - begin) * trials.size());
  }
  return scale;
}

/// The conformal quantile: one more error than was seen could be larger than all of them.
double quantile_of_next(std::vector<double> scores, double coverage) {
  if (scores.empty())
    return 0;
  std::ranges::sort(scores);
  const auto count = static_cast<double>(scores.size());
  return quantile(scores, std::min(1.0, coverage * (count + 1) / count));
}

Reach reach_of_trials(std::span<const Trial> trials, double coverage) {
  Reach reach{error_scale(trials), 0};
  std::vector<double> scores;
  for (const Trial& trial : trials)
    for (std::size_t i = 0; i < reach.scale.size(); ++i)
      if (reach.scale[i] > 0)
        scores.push_back(std::abs(trial.actual[i] - trial.foreseen[i]) / reach.scale[i]);
  const double missing = static_cast<double>(kTrialsMax) / static_cast<double>(trials.size());
  reach.width = quantile_of_next(std::move(scores), coverage) * (1 + kStretch * missing);
  return reach;
}

/// As if the last value were the forecast; of a single value nothing is known but its size.
Reach reach_of_changes(std::span<const double> past, double coverage) {
  if (past.size() < 2)
    return {{1}, std::abs(past.back())};
  std::vector<double> changes;
  for (std::size_t i = 1; i < past.size(); ++i)
    changes.push_back(std::abs(past[i] - past[i - 1]));
  return {{1}, quantile_of_next(std::move(changes), coverage)};
}

} // namespace

std::vector<Interval> conformal_intervals(const BankForecast& forecast,
                                          std::span<const double> past, double coverage) {
  ensure(coverage > 0 && coverage < 1 && !past.empty(), "an interval needs a past and a share");
  const Reach reach = forecast.trials.empty() ? reach_of_changes(past, coverage)
                                              : reach_of_trials(forecast.trials, coverage);
  std::vector<Interval> intervals;
  intervals.reserve(forecast.points.size());
  for (std::size_t i = 0; i < forecast.points.size(); ++i)
    intervals.push_back({forecast.points[i] - reach.at(i), forecast.points[i] + reach.at(i)});
  return intervals;
}

} // namespace berth::analyzer
