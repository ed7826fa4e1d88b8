#pragma once
// TimeRange: an interval of wall time, open at its end; what windows, holds and plans last.

#include "lib/base/clock.hpp"

namespace berth::allocation {

/// [start, end); `end` is TimePoint::max() for ever.
struct TimeRange {
  TimePoint start{};
  TimePoint end = TimePoint::max();

  /// From `start` for `duration`; for ever where that is beyond the end of time.
  [[nodiscard]] static TimeRange lasting(TimePoint start, Duration duration) {
    const bool ends = start < TimePoint{} || duration <= TimePoint::max() - start;
    return TimeRange{start, ends ? start + duration : TimePoint::max()};
  }
  [[nodiscard]] bool contains(TimePoint instant) const { return start <= instant && instant < end; }
  [[nodiscard]] bool is_empty() const { return start >= end; }
  [[nodiscard]] bool overlaps(const TimeRange& other) const {
    return start < other.end && other.start < end;
  }
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
  friend auto operator<=>(const TimeRange&, const TimeRange&) = default;
};

} // namespace berth::allocation
