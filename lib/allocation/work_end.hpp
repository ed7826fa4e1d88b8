#pragma once
// When work is gone (B2). Two answers, for two uses: planning goes by what is expected, promises by
// what can be relied on, because a window must find its capacity (R3). Pure functions of a pod and
// of the time; the calendar and the cycle ask them, nobody else reads durations.

#include <optional>
#include <span>

#include "lib/allocation/pod.hpp"
#include "lib/base/clock.hpp"

namespace berth::allocation {

/// What is evicted is counted on to be gone so long after: pods take their time to end.
inline constexpr Duration kEvictionDrain = std::chrono::seconds{60};

/// Since a start, or for a pod that has not started since now; TimePoint::max() for ever. Work that
/// is still there after its end counts as running for ever: nobody knows how long it stays.
struct WorkEnd {
  /// By its limit, else by what its user expects, else by what was learned (B2).
  TimePoint expected = TimePoint::max();
  /// By its limit or, for work that may be evicted if it is wrong, by what its user expects, never
  /// by what was learned: that binds nobody. Work that was told to be revocable (P6) is gone by
  /// then, or as soon as that time has passed.
  TimePoint relied_on = TimePoint::max();

  friend bool operator==(const WorkEnd&, const WorkEnd&) = default;
  friend auto operator<=>(const WorkEnd&, const WorkEnd&) = default;
};

/// When what it is charged comes free for plans: as expected, or by the time at which it was told
/// to go, if that is still to come. Work that may be asked to go at any time stays as expected.
[[nodiscard]] TimePoint planned_end(const WorkEnd& end, TimePoint now);

[[nodiscard]] WorkEnd end_of(const PodView& pod, TimePoint now);
/// The later end of all of them, if they started now.
[[nodiscard]] WorkEnd end_if_started(std::span<const std::shared_ptr<const PodView>> pods,
                                     TimePoint now);

} // namespace berth::allocation
