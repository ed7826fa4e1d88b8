#pragma once
// Outlook: what the series of one resource of a pool or a workload says about now and what comes,
// in the terms that thresholds are set in. Made once per cycle; thresholds.hpp decides on it.

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/model/foresight.hpp"
#include "analyzer/model/series.hpp"
#include "lib/base/reason.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::analyzer {

struct Outlook {
  resources::ResourceName resource{""};
  /// What people call it: the resource's name, or that of a policy's metric.
  std::string name{};
  /// MetricsAvailable, or why nothing is known: MetricsMissing, MetricsStale. What follows counts
  /// only if it is available.
  Reason metrics = Reason::MetricsMissing;
  double capacity = 0; ///< what there is, in base units: of the nodes that take work, or requested

  double use_now = 0;  ///< median of the recent samples: one spike does not move it
  double peak_p95 = 0; ///< p95 of the whole window
  double day_peak = 0; ///< the busiest 5 minutes of the last day, by their mean
  Foresight foresight{};
  /// What the strategy Adaptive expects of the next hour by the rule that replays chose; 0: no
  /// rule.
  double replayed_peak = 0;
  double coverage = 0;     ///< share of the window in which something was measured
  double completeness = 0; ///< the same share of the time since the first sample
  std::size_t samples = 0;

  /// How far its forecasts can be trusted, by how often they held lately: 0..1.
  double trust = 1;

  /// The most that is likely soon: now, or the middle of the forecast of the next hour.
  [[nodiscard]] double expected_peak() const;
  /// The most that must be reckoned with: the window's p95, the day's peak, or nine in ten of the
  /// forecast, tomorrow included.
  [[nodiscard]] double cautious_peak() const;
  /// The same for the next hour alone, where it is known: the window's p95, and nine in ten of a
  /// forecast that repeats what was and held lately. Else as cautious_peak().
  [[nodiscard]] double seasonal_peak() const;
  /// How likely use is below `amount` at the time of the next hour when that is least likely, 0.05
  /// to 0.95; without a forecast, how likely the next sample is, the less sure the fewer there are.
  [[nodiscard]] double chance_below(double amount) const;

  /// How far a season is trusted to be followed down.
  static constexpr double kSeasonTrustMin = 0.75;
  /// Recent are the last 10 intervals (10 minutes by default); at least half of them must have
  /// been measured.
  static constexpr int kRecentIntervals = 10;
  static constexpr double kRecentCoverageMin = 0.5;
};

/// What is asked about a series.
struct OutlookQuestion {
  resources::ResourceName resource{""};
  double capacity = 0; ///< as in Outlook; without any, nothing is known
  std::string name{};  ///< empty: the resource's
};

/// `foresight` is of the same series and not from after `now`.
[[nodiscard]] Outlook look_out(const OutlookQuestion& question, const Series& series,
                               Foresight foresight, TimePoint now);

} // namespace berth::analyzer
