#pragma once
// Outlook: what the series of one resource of a pool says about now and the next hour, in the terms
// that thresholds are set in. Made once per cycle; thresholds.hpp decides on it.

#include <cstdint>
#include <vector>

#include "analyzer/model/series.hpp"
#include "analyzer/model/trend.hpp"
#include "lib/base/reason.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::analyzer {

struct Outlook {
  resources::ResourceName resource{""};
  /// MetricsAvailable, or why nothing is known: MetricsMissing, MetricsStale. What follows counts
  /// only if it is available.
  Reason metrics = Reason::MetricsMissing;
  double capacity = 0; ///< of the nodes that take work, in base units; > 0

  double use_now = 0;  ///< median of the recent samples: one spike does not move it
  double peak_p95 = 0; ///< p95 of the whole window
  double day_peak = 0; ///< the busiest 5 minutes of the last day, by their mean
  /// 5 minutes to an hour ahead, but never further than was looked back; one minute while that is
  /// less than five.
  std::vector<Forecast> forecast{};
  double coverage = 0;     ///< share of the window in which something was measured
  double completeness = 0; ///< the same share of the time since the first sample
  std::size_t samples = 0;

  /// The most that is likely: now, or the middle of the forecast.
  [[nodiscard]] double expected_peak() const;
  /// The most that must be reckoned with: the window's p95, the day's peak, or nine in ten of the
  /// forecast.
  [[nodiscard]] double cautious_peak() const;
  /// How likely use is below `amount` at the foreseen time when that is least likely, 0.05 to 0.95;
  /// without a forecast, how likely the next sample is, the less sure the fewer there are.
  [[nodiscard]] double chance_below(double amount) const;

  /// Recent are the last 10 intervals (10 minutes by default); at least half of them must have
  /// been measured.
  static constexpr int kRecentIntervals = 10;
  static constexpr double kRecentCoverageMin = 0.5;
};

/// `capacity` as in Outlook; without any, nothing is known.
[[nodiscard]] Outlook look_out(const resources::ResourceName& resource, const Series& series,
                               double capacity, TimePoint now);

} // namespace berth::analyzer
