#pragma once
// What the analyzer sees in one series: patterns, trend, forecast and anomalies, as text, JSON or a
// picture. For people who wonder why it advised something. For backtest.cpp.

#include <string>
#include <vector>

#include "analyzer/backtest/nab.hpp"
#include "analyzer/model/anomaly/detector.hpp"
#include "analyzer/model/forecast/forecast.hpp"
#include "analyzer/model/pattern/pattern.hpp"
#include "analyzer/model/replay.hpp"

namespace berth::analyzer {

struct SeriesAlarm {
  std::size_t row = 0;
  AnomalyKind kind = AnomalyKind::Spike;
  double score = 0;
};

struct SeriesView {
  NabFile series{}; ///< times and values as they were read
  std::vector<Pattern> patterns{};
  TrendView trend{}; ///< all zero for fewer than kPatternValuesMin values
  CourseForecast forecast{};
  std::vector<SeriesAlarm> alarms{};
  /// What the strategy Adaptive would do, the longest season taken for a day; nothing without one.
  std::optional<ReplayReport> replay{};
};

/// What is not said otherwise is foreseen for two of the longest seasons, without any for this many
/// steps, and never for more than a quarter of what is known.
inline constexpr std::size_t kHorizonUnknownSteps = 48;
inline constexpr double kViewCoverage = 0.95;

/// `series` must hold a value; `horizon` 0 chooses.
[[nodiscard]] SeriesView view_series(NabFile series, std::size_t horizon);

[[nodiscard]] std::string render_text(const SeriesView& view);
[[nodiscard]] std::string render_json(const SeriesView& view);
/// An SVG document.
[[nodiscard]] std::string draw_series(const SeriesView& view);

} // namespace berth::analyzer
