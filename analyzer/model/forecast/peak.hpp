#pragma once
// Peaks: what one pod of a workload must be able to have. The busiest pod is foreseen, not the mean
// of all, since a mean hides the one that is about to be killed; what pods need while they start,
// and what they were killed for, never decays away. For the sizing of requests.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "analyzer/model/forecast/forecast.hpp"

namespace berth::analyzer {

/// What one pod used, in evenly spaced steps that all pods of the workload share.
struct PodCourse {
  std::size_t first_step = 0; ///< when it was first measured
  bool started_there = true;  ///< false: it ran before, so its start-up was not seen
  std::vector<double> values{};
  /// The memory limit at which it was killed: it needed at least that (a censored sample).
  std::optional<double> killed_at{};
};

struct PeakQuestion {
  ForecastQuestion forecast{};
  std::size_t startup_steps = 5; ///< a pod's first steps are no steady state
};

struct PeakForecast {
  /// Of the busiest pod that runs, step by step; absent if no pod is past its start-up.
  std::optional<CourseForecast> busiest{};
  double startup_peak = 0; ///< the most that any pod used while it started
  double killed_floor = 0; ///< the most that any pod was killed at, and kKilledHeadroom more
  double wanted = 0;       ///< the most of all: of the forecast, the upper end of its interval
};

/// After a kill a fifth more is tried.
inline constexpr double kKilledHeadroom = 0.2;
inline constexpr std::size_t kPeakStepsMax = kPastStepsMax;

/// Steps without any pod keep the use of the last one that had some. Pods are looked at in their
/// last kPeakStepsMax steps; the two floors are of all their steps.
[[nodiscard]] PeakForecast foresee_peak(std::span<const PodCourse> pods,
                                        const PeakQuestion& question);

} // namespace berth::analyzer
