#pragma once
// Back-test of the forecast on the hourly series of M4: every series is foreseen from its past
// alone and judged by what came. For backtest.cpp.

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/backtest/m4.hpp"

namespace berth::analyzer {

/// Processor time of this process so far.
using Stopwatch = std::function<std::chrono::microseconds()>;

/// Means over series.
struct ForecastScores {
  std::size_t series = 0;
  double smape = 0;
  double mase = 0;
  double msis = 0;
  double coverage = 0; ///< 0..1, of the 95 % interval
};

struct ModelRow {
  std::string name{};
  std::size_t series = 0; ///< on which it could be asked
  double smape = 0;
  double mase = 0;
  double weight = 0; ///< the mean it got
};

struct ForecastReport {
  ForecastScores all{};
  /// Every other series, from the first on: those on which the constants were fixed.
  ForecastScores tuned_on{};
  ForecastScores held_out{}; ///< the others
  std::vector<ModelRow> models{};
  double series_per_second = 0; ///< of processor time, on one core
};

inline constexpr double kM4Coverage = 0.95;
inline constexpr std::size_t kM4Season = 24; ///< that MASE and MSIS measure hourly series in

[[nodiscard]] ForecastReport backtest_forecast(std::span<const M4Series> series,
                                               const Stopwatch& stopwatch);

[[nodiscard]] std::string render_text(const ForecastReport& report);
[[nodiscard]] std::string render_json(const ForecastReport& report);

} // namespace berth::analyzer
