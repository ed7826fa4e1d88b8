#pragma once
// What a series is expected to do next: the bank's answer with its interval, the models it rests on
// and how far to trust it. Always answers; says less the less it knows. For the advisor, the
// external metrics and the back-tests.

#include <span>
#include <string>
#include <vector>

#include "analyzer/model/forecast/bank.hpp"
#include "analyzer/model/forecast/conformal.hpp"

namespace berth::analyzer {

struct ForecastQuestion {
  std::size_t horizon = 1; ///< steps ahead: 1 to kHorizonStepsMax
  double coverage = 0.95;  ///< of the interval
};

struct CourseForecast {
  std::vector<double> points{};      ///< by step ahead, the next one first
  std::vector<Interval> intervals{}; ///< as many
  std::vector<Period> periods{};     ///< shortest first
  std::vector<ModelScore> models{};  ///< most weight first
  /// 0..1: how much smaller the errors of the trials were than the series' own spread, less where
  /// the newest trials went worse than those before. kConfidenceUntried without trials.
  double confidence = 0;
  std::string reason{}; ///< which models and why, a sentence
};

inline constexpr double kConfidenceUntried = 0.3;

/// `values` evenly spaced, finite and not empty. What was never negative is not foreseen to be.
[[nodiscard]] CourseForecast forecast_course(std::span<const double> values,
                                             const ForecastQuestion& question);

/// CourseForecast::confidence of `trials` of a series whose values are off their mean by `spread`
/// in the mean.
[[nodiscard]] double confidence_in(std::span<const Trial> trials, double spread);

} // namespace berth::analyzer
