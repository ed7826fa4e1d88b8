#include "analyzer/model/forecast/forecast.hpp"

#include <algorithm>
#include <cmath>

namespace berth::analyzer {
namespace {

/// Models with less weight than this are not worth a word.
constexpr double kWeightNamed = 0.1;
constexpr double kSpreadShareMin = 0.01;

double error_of(std::span<const Trial> trials) {
  double sum = 0;
  double count = 0;
  for (const Trial& trial : trials)
    for (std::size_t i = 0; i < trial.actual.size(); ++i) {
      sum += std::abs(trial.actual[i] - trial.foreseen[i]);
      count += 1;
    }
  return count > 0 ? sum / count : 0;
}

/// How far the values are off their mean in the mean, and at least a small part of their size: on a
/// flat line every error would be large.
double spread_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0;
  double size = 0;
  for (const double value : values) {
    mean += value / count;
    size += std::abs(value) / count;
  }
  double spread = 0;
  for (const double value : values)
    spread += std::abs(value - mean) / count;
  return std::max(spread, kSpreadShareMin * size);
}

std::string percent(double share) {
  return std::to_string(std::lround(100 * share)) + " %";
}

std::string reason_of(const BankForecast& answer) {
  if (answer.trials.empty())
    return "too few values to try models on: the last value is carried on";
  std::string reason;
  for (const ModelScore& model : answer.models)
    if (reason.empty() || model.weight >= kWeightNamed)
      reason +=
          (reason.empty() ? "" : ", ") + std::string(model.name) + " " + percent(model.weight);
  reason += " by their errors in " + std::to_string(answer.trials.size()) + " trials of " +
            std::to_string(answer.trials.front().actual.size()) + " steps";
  if (answer.periods.empty())
    return reason + "; no season";
  reason += "; repeats after ";
  for (std::size_t i = 0; i < answer.periods.size(); ++i)
    reason += (i > 0 ? " and " : "") + std::to_string(answer.periods[i].steps);
  return reason + " steps";
}

} // namespace

CourseForecast forecast_course(std::span<const double> values, const ForecastQuestion& question) {
  BankForecast answer = ask_bank(values, question.horizon);
  CourseForecast forecast;
  forecast.intervals = conformal_intervals(answer, values, question.coverage);
  forecast.confidence = confidence_in(answer.trials, spread_of(values));
  forecast.reason = reason_of(answer);
  forecast.points = std::move(answer.points);
  forecast.periods = std::move(answer.periods);
  forecast.models = std::move(answer.models);
  if (*std::ranges::min_element(values) < 0)
    return forecast;
  for (double& point : forecast.points)
    point = std::max(point, 0.0);
  for (Interval& interval : forecast.intervals) {
    interval.low = std::max(interval.low, 0.0);
    interval.high = std::max(interval.high, 0.0);
  }
  return forecast;
}

double confidence_in(std::span<const Trial> trials, double spread) {
  if (trials.empty())
    return kConfidenceUntried;
  const double error = error_of(trials);
  const double accuracy = error > 0 ? spread / (spread + error) : 1;
  const std::size_t newest = (trials.size() + 3) / 4;
  if (newest == trials.size())
    return accuracy;
  const double before = error_of(trials.first(trials.size() - newest));
  const double lately = error_of(trials.last(newest));
  return lately > before ? accuracy * (before + spread) / (lately + spread) : accuracy;
}

} // namespace berth::analyzer
