#pragma once
// The decide part of `kubectl berth calendar`: who has what of each pool when, for as long as one
// looks ahead. Pure.

#include <optional>
#include <string>
#include <vector>

#include "cli/calendar/observe.hpp"
#include "cli/state_word.hpp"
#include "lib/allocation/time_range.hpp"
#include "lib/base/clock.hpp"

namespace berth::cli {

enum class CalendarMark {
  Promised, ///< a window of an accepted reservation
  Open,     ///< one that is open now
  Asked,    ///< a window of a reservation that is not accepted
  Planned,  ///< work that waits is planned to start in it: from the earliest to the latest
};
[[nodiscard]] std::string_view to_string(CalendarMark mark);

struct CalendarSpan {
  allocation::TimeRange time{};
  CalendarMark mark = CalendarMark::Promised;
};

struct CalendarRow {
  std::string name{};
  std::string quota{};
  std::string holds{}; ///< "2 nodes" or amounts; empty for a planned start
  std::vector<CalendarSpan> spans{};
  std::string note{}; ///< why a reservation has no window, or is not accepted
  /// Where not all of its windows are shown: when the last of those ends that are.
  std::optional<TimePoint> shown_until{};
};

struct CalendarPool {
  std::string name{};
  std::vector<CalendarRow> rows{}; ///< by first start, then by name
};

struct CalendarView {
  allocation::TimeRange shown{};
  std::vector<CalendarPool> pools{}; ///< by name
};

/// Of one reservation; where there are more, its row says so.
inline constexpr std::size_t kCalendarWindowsMax = 500;

/// `pool`: only that; empty: all. A planned start stands under the pool that its quota prefers.
/// NotFound: nothing names the pool.
[[nodiscard]] Result<CalendarView> decide_calendar(const ObservedCalendar& observed,
                                                   const std::string& pool, Duration ahead,
                                                   TimePoint now);

} // namespace berth::cli
