#include "lib/allocation/calendar.hpp"

#include <algorithm>
#include <map>

#include "lib/base/ensure.hpp"

namespace berth::allocation {
namespace {

bool has_room(const CalendarLoad& free, const CalendarLoad& load) {
  return (load.nodes <= 0 || load.nodes <= free.nodes) && load.amounts.fits_within(free.amounts);
}

void take(CalendarLoad& free, const CalendarLoad& load) {
  free.amounts -= load.amounts;
  free.nodes -= load.nodes;
}

/// Amounts that come and go, summed so that they can be taken apart again.
struct Held {
  resources::ResourceSum amounts{};
  std::int64_t nodes = 0;
};

TimeRange later(TimeRange window, TimePoint start) {
  const bool ends = window.end != TimePoint::max();
  return ends ? TimeRange{start, start + (window.end - window.start)}
              : TimeRange{start, TimePoint::max()};
}

/// From when on a window as long as `window` has room and a place.
std::optional<TimePoint> next_start(const Calendar& calendar, TimeRange window,
                                    const CalendarLoad& load, const HasPlace& has_place) {
  const bool ends = window.end != TimePoint::max();
  const Duration length = ends ? window.end - window.start : Duration::max();
  auto start = calendar.earliest_fit(window.start, length, load);
  for (int tried = 0; start && has_place && tried < kStartsTriedMax; ++tried) {
    if (has_place(later(window, *start)))
      return start;
    const auto step = calendar.next_step(*start);
    start = step ? calendar.earliest_fit(*step, length, load) : std::nullopt;
  }
  return has_place ? std::nullopt : start;
}

} // namespace

Calendar::Calendar(CalendarLoad capacity, const std::vector<CalendarHold>& holds) {
  std::map<TimePoint, std::vector<const CalendarHold*>> begins;
  std::map<TimePoint, std::vector<const CalendarHold*>> ends;
  std::map<TimePoint, bool> instants{{TimePoint::min(), true}};
  for (const CalendarHold& hold : holds) {
    if (hold.range.start >= hold.range.end)
      continue;
    begins[hold.range.start].push_back(&hold);
    ends[hold.range.end].push_back(&hold);
    instants[hold.range.start] = true;
    instants[hold.range.end] = true;
  }
  instants.erase(TimePoint::max()); // "for ever" has no step at its end
  Held held;
  for (const auto& [instant, is_step] : instants) {
    for (const CalendarHold* hold : begins[instant]) {
      held.amounts.add(hold->load.amounts);
      held.nodes += hold->load.nodes;
    }
    for (const CalendarHold* hold : ends[instant]) {
      held.amounts.subtract(hold->load.amounts);
      held.nodes -= hold->load.nodes;
    }
    steps_.push_back(Step{instant, capacity});
    take(steps_.back().free, CalendarLoad{held.amounts.total(), held.nodes});
  }
}

Calendar::Steps::const_iterator Calendar::step_at(TimePoint instant) const {
  const auto after =
      std::upper_bound(steps_.begin(), steps_.end(), instant,
                       [](TimePoint wanted, const Step& step) { return wanted < step.from; });
  return std::prev(after);
}

Calendar::Steps::iterator Calendar::split_at(TimePoint instant) {
  const auto at = steps_.begin() + (step_at(instant) - steps_.cbegin());
  if (at->from == instant)
    return at;
  return steps_.insert(std::next(at), Step{instant, at->free});
}

void Calendar::hold(const CalendarHold& hold) {
  if (hold.range.start >= hold.range.end)
    return;
  split_at(hold.range.start);
  if (hold.range.end != TimePoint::max())
    split_at(hold.range.end);
  const auto first = split_at(hold.range.start);
  for (auto step = first; step != steps_.end() && step->from < hold.range.end; ++step)
    take(step->free, hold.load);
}

bool Calendar::fits(TimeRange range, const CalendarLoad& load) const {
  for (auto step = step_at(range.start); step != steps_.end() && step->from < range.end; ++step)
    if (!has_room(step->free, load))
      return false;
  return true;
}

std::optional<TimePoint> Calendar::earliest_fit(TimePoint not_before, Duration duration,
                                                const CalendarLoad& load) const {
  TimePoint start = not_before;
  for (auto step = step_at(not_before); step != steps_.end(); ++step) {
    if (step->from >= TimeRange::lasting(start, duration).end)
      return start;
    if (!has_room(step->free, load)) {
      if (std::next(step) == steps_.end())
        return std::nullopt;
      start = std::next(step)->from;
    }
  }
  return start;
}

std::optional<TimePoint> Calendar::next_step(TimePoint instant) const {
  const auto next = std::next(step_at(instant));
  return next == steps_.end() ? std::nullopt : std::optional{next->from};
}

std::vector<TimeRange> windows_ahead(const ReservationSpec& spec, TimePoint now) {
  const TimeRange horizon{now, now + std::chrono::days{kHorizonDays}};
  auto ahead = windows(spec, horizon, kWindowsCheckedMax);
  if (ahead.empty()) // the next one where that is later
    ahead = windows(spec, TimeRange{now, TimePoint::max()}, 1);
  return ahead;
}

Acceptance accept(const Calendar& calendar, const ReservationSpec& spec, const CalendarLoad& load,
                  TimePoint now, const HasPlace& has_place) {
  const auto asked = windows_ahead(spec, now);
  for (TimeRange window : asked) {
    window.start = std::max(window.start, now);
    if (!calendar.fits(window, load) || (has_place && !has_place(window)))
      return Acceptance{false, window, next_start(calendar, window, load, has_place)};
  }
  return Acceptance{!asked.empty(), std::nullopt, std::nullopt};
}

void hold_windows(Calendar& calendar, const ReservationSpec& spec, const CalendarLoad& load,
                  TimePoint now) {
  for (const TimeRange& window : windows_ahead(spec, now))
    calendar.hold(CalendarHold{window, load});
}

} // namespace berth::allocation
