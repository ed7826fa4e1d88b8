#pragma once
// When a pool or a workload should grow or shrink. Growth follows what is likely: a pool that is
// over its thresholds and falls below them by itself is left alone. Shrinking follows only what is
// nearly certain: the window, and the day as far as it is known; of a season that is known and may
// be followed, the next hour alone. Two things keep the advice from swinging: leaving an advice
// takes more than entering it (hysteresis), and a change of mind waits for the cooldown, unless the
// pool is about to be full.
//
//          shrink        target   warning     critical   emergency     use in % of capacity
//   ─────────┼─────────────┼─────────┼───────────┼───────────┼──────
//    shrinking begins       growing stays until    begins      ignores the cooldown
//    here, ends 10 above    below here              here

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/model/outlook.hpp"

namespace berth::analyzer {

enum class Advice { None, Grow, Shrink };

/// In percent of capacity, ascending.
struct Thresholds {
  double shrink_percent = 40;
  double target_percent = 65; ///< where the pool should be after a change of size
  double warning_percent = 70;
  double critical_percent = 85;
  double emergency_percent = 95;

  friend bool operator==(const Thresholds&, const Thresholds&) = default;
};

/// One resource of the target with the thresholds that hold for it.
struct Judged {
  Outlook outlook;
  Thresholds thresholds;
  /// Whether more units bring its use per unit down. Memory that each replica fills for itself does
  /// not ask for more replicas; it may still forbid fewer.
  bool asks_for_more = true;
  /// Units come and go within minutes, so that their number may follow a season down: what must be
  /// reckoned with is then the next hour alone, where the season is known.
  bool follows_season = false;
  /// The units that its capacity is of, where some of the target's do not work yet; absent: all.
  std::optional<std::int32_t> units{};
};

/// In units: nodes of a pool that take work, or replicas of a workload.
struct TargetSize {
  std::int32_t units = 0;
  std::int32_t units_min = 1; ///< it must not shrink below; at least 1
  std::int32_t units_max = kUnitsMax;
  /// Whether every unit that was asked for works. Until then the target does not shrink, and grows
  /// only beyond what is still to come.
  bool is_settled = true;

  static constexpr std::int32_t kUnitsMax = 100'000;
};

/// What was advised so far; kept by the caller, so that a restart forgets nothing.
struct AdviceState {
  Advice advice = Advice::None;
  std::optional<TimePoint> changed{}; ///< when it became that; absent: never anything else

  friend bool operator==(const AdviceState&, const AdviceState&) = default;
};

struct SizeAdvice {
  /// Whether anything could be decided; if not, the state stays and `reason` says why.
  bool known = false;
  AdviceState state{};
  /// HighUtilization, LowUtilization, MetricsAvailable (nothing to do), PodsPending (too early to
  /// shrink), MetricsStale, MetricsMissing or NoNodes.
  Reason reason = Reason::MetricsMissing;
  /// For an advice: the resource that it rests on (an index into what was judged), the number of
  /// units wanted, and the peak that it reckons with, in percent of the capacity now.
  std::size_t resource = 0;
  std::int32_t units = 0;
  double peak_percent = 0;
  std::int32_t confidence_percent = 0; ///< 5 to 95, less where measurements are missing
};

struct AdviceOptions {
  Duration cooldown = std::chrono::seconds{300};
  /// The part of a whole window that must have been measured before a pool may shrink.
  double shrink_coverage_min = 0.8;
  /// At most so much of the pool goes at once; what is left is measured again first.
  std::int32_t shrink_step_percent_max = 20;
  double shrink_hysteresis_percent = 10;
};

/// How many units of the target's mean size bring `peak` to where it should be, at least 1. For
/// what is known.
[[nodiscard]] std::int32_t units_for(double peak, const Judged& judged, TargetSize size);

/// What is known of any resource is enough to grow by; to shrink all must be known.
/// Pure: the same outlooks, size, state and time give the same advice.
[[nodiscard]] SizeAdvice advise(std::span<const Judged> judged, TargetSize size,
                                const AdviceState& state, const AdviceOptions& options,
                                TimePoint now);

} // namespace berth::analyzer
