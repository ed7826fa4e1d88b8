#pragma once
// Calendar: the sums of one pool as a step function over time (R1): capacity, less accepted
// reservations in their windows, less running work until its end (for ever where none is known). It
// knows what no node has (pool-level resources) and finds the first time at which something might
// fit; whether it has a place on nodes then is window_layout.hpp's to say. A reservation is
// accepted only if it fits both in every one of its windows.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lib/allocation/reservation.hpp"
#include "lib/base/clock.hpp"
#include "lib/resources/resource_sum.hpp"

namespace berth::allocation {

/// How much is asked for or held: amounts, and whole nodes beside them.
struct CalendarLoad {
  ResourceVector amounts{};
  std::int64_t nodes = 0;
};

/// Something that holds part of a pool for some time.
struct CalendarHold {
  TimeRange range{};
  CalendarLoad load{};
};

class Calendar {
public:
  /// `capacity.nodes`: how many nodes can be promised whole. The holds may overbook it: what runs,
  /// runs. Cost: n log n in the number of holds.
  Calendar(CalendarLoad capacity, const std::vector<CalendarHold>& holds);

  /// Adds one hold; cost: the number of steps.
  void hold(const CalendarHold& hold);

  /// Whether `load` is free during all of `range`.
  [[nodiscard]] bool fits(TimeRange range, const CalendarLoad& load) const;
  /// The first start >= `not_before` from which `load` is free for `duration`
  /// (Duration::max(): for ever); nothing if there never is one.
  [[nodiscard]] std::optional<TimePoint> earliest_fit(TimePoint not_before, Duration duration,
                                                      const CalendarLoad& load) const;
  /// The first instant after `instant` at which something changes.
  [[nodiscard]] std::optional<TimePoint> next_step(TimePoint instant) const;

private:
  /// What is free from `from` until the next step.
  struct Step {
    TimePoint from;
    CalendarLoad free;
  };
  using Steps = std::vector<Step>;

  [[nodiscard]] Steps::const_iterator step_at(TimePoint instant) const;
  Steps::iterator split_at(TimePoint instant);

  Steps steps_; ///< sorted; the first is from TimePoint::min()
};

/// The calendar's answer to a reservation.
struct Acceptance {
  bool accepted = false;
  /// The first window that does not fit; absent if accepted or if the reservation has no window.
  std::optional<TimeRange> conflict{};
  /// From when on, not before it, a window of that length would fit; absent if never.
  std::optional<TimePoint> next_start{};

  friend bool operator==(const Acceptance&, const Acceptance&) = default;
};

/// Whether a window that the sums have room for also has a place on nodes.
using HasPlace = std::function<bool(TimeRange)>;

/// R1 over the windows of the next `kHorizonDays` days, at most `kWindowsCheckedMax` of them (the
/// capacity and the work of a later time are not known), or over the next one if that is later. A
/// TimeWindow whose only window is over is not accepted. `load`: what the reservation holds while a
/// window is open.
[[nodiscard]] Acceptance accept(const Calendar& calendar, const ReservationSpec& spec,
                                const CalendarLoad& load, TimePoint now,
                                const HasPlace& has_place = {});
/// The windows that acceptance looks at.
[[nodiscard]] std::vector<TimeRange> windows_ahead(const ReservationSpec& spec, TimePoint now);
/// What an accepted reservation holds in the same horizon.
void hold_windows(Calendar& calendar, const ReservationSpec& spec, const CalendarLoad& load,
                  TimePoint now);

inline constexpr int kHorizonDays = 90;
inline constexpr std::size_t kWindowsCheckedMax = 400;
/// How many starts are tried to say from when on a refused window would fit.
inline constexpr int kStartsTriedMax = 64;

} // namespace berth::allocation
