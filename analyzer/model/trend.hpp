#pragma once
// A robust linear trend and how sure it is. Slope: the median of the slopes of all pairs (Theil
// 1950, Sen 1968), which a quarter of wild samples cannot move; its interval: Sen's, from the
// distribution of Kendall's tau; the level: the median of what is left among the newest samples, so
// that a step is not averaged away with what was before it. No seasons: it must not be asked for
// further ahead than it has looked back.

#include <optional>
#include <span>

#include "analyzer/model/series.hpp"

namespace berth::analyzer {

/// What is expected at a time: one in ten outcomes stays below p10, nine in ten below p90.
struct Forecast {
  TimePoint at{};
  double p10 = 0;
  double p50 = 0;
  double p90 = 0;

  friend bool operator==(const Forecast&, const Forecast&) = default;
};

struct Trend {
  TimePoint origin{}; ///< the middle of the samples, where the level is known best
  double level = 0;   ///< the line's value at the origin, as the newest samples have it
  double slope_per_second = 0;
  double slope_low_per_second = 0; ///< ends of the slope's 80 % interval
  double slope_high_per_second = 0;
  double residual_p10 = 0; ///< what the samples differ from the line by, <= 0
  double residual_p90 = 0; ///< >= 0

  /// Never below zero, since nothing that is measured is.
  [[nodiscard]] Forecast at(TimePoint time) const;
};

/// Fewer samples than this make no trend; more are thinned out evenly, since every pair counts.
inline constexpr std::size_t kTrendSamplesMin = 8;
inline constexpr std::size_t kTrendSamplesMax = 120;
/// The newest samples that say where the level is: one in six, and never fewer than this.
inline constexpr std::size_t kTrendLevelSamplesMin = 5;

/// `all` oldest first, each time once. Nothing if there are too few.
[[nodiscard]] std::optional<Trend> fit_trend(std::span<const Sample> all);

} // namespace berth::analyzer
