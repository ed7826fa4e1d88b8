#include "cli/calendar/decide.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "cli/output/text.hpp"

namespace berth::cli {
namespace {

using allocation::TimeRange;
using Rows = std::map<std::string, std::vector<CalendarRow>>;

/// As the status tells them, where the spec cannot be read here.
std::vector<TimeRange> windows_of(const api::ReservationStatus& status) {
  std::vector<TimeRange> windows;
  if (status.current_window)
    windows.push_back(
        {status.current_window->start, status.current_window->end.value_or(TimePoint::max())});
  if (status.next_window)
    windows.push_back(
        {status.next_window->start, status.next_window->end.value_or(TimePoint::max())});
  return windows;
}

/// One more than are shown where there are more. One question may end in the middle of windows that
/// overlap all the time; so it is asked again from there.
std::vector<TimeRange> windows_within(const allocation::ReservationSpec& spec, TimeRange shown) {
  std::vector<TimeRange> windows;
  while (windows.size() <= kCalendarWindowsMax) {
    const TimePoint from = windows.empty() ? shown.start : windows.back().end;
    if (from >= shown.end)
      break;
    const auto more = allocation::windows(spec, {from, shown.end}, kCalendarWindowsMax + 1);
    if (more.empty() || more.back().end <= from)
      break;
    for (const TimeRange& window : more)
      if (!windows.empty() && window.start <= windows.back().end)
        windows.back().end = std::max(windows.back().end, window.end);
      else
        windows.push_back(window);
  }
  return windows;
}

CalendarRow row_of(const CalendarReservation& reservation, TimeRange shown) {
  const auto& [meta, spec, status] = *reservation.object;
  CalendarRow row;
  row.name = meta.name;
  row.quota = spec.quota_ref.name.str();
  row.holds = spec.node_count ? counted(*spec.node_count, "node") : to_string(spec.resources);
  const StateWord accepted = state_word(status.conditions, "Accepted", meta.generation);
  const StateWord active = state_word(status.conditions, "Active", meta.generation);
  if (!accepted.good)
    row.note = berth::cli::shown(accepted);
  else if (!reservation.spec || allocation::is_dormant(*reservation.spec))
    row.note = berth::cli::shown(active);
  auto windows = reservation.spec ? windows_within(*reservation.spec, shown) : windows_of(status);
  if (windows.size() > kCalendarWindowsMax) {
    windows.resize(kCalendarWindowsMax);
    row.shown_until = windows.back().end;
  }
  for (const TimeRange& window : windows) {
    if (!window.overlaps(shown))
      continue;
    const bool open = active.good && window.contains(shown.start);
    const CalendarMark mark = !accepted.good ? CalendarMark::Asked
                              : open         ? CalendarMark::Open
                                             : CalendarMark::Promised;
    row.spans.push_back({window, mark});
  }
  return row;
}

CalendarRow planned_row(std::string name, std::string quota, TimePoint from,
                        const std::optional<TimePoint>& latest) {
  CalendarRow row;
  row.name = std::move(name);
  row.quota = std::move(quota);
  // At least a millisecond, so that it is seen.
  const TimePoint until = std::max(latest.value_or(from), from + Duration{1});
  row.spans.push_back({{from, until}, CalendarMark::Planned});
  return row;
}

void add_planned(const ObservedCalendar& observed, Rows& rows) {
  for (const auto& quota : observed.quotas) {
    const auto& first = quota->status.first_pending;
    if (first && first->planned_start && !quota->spec.pools.empty())
      rows[quota->spec.pools.front().pool_ref.name.str()].push_back(
          planned_row(first->namespace_name + "/" + first->name, quota->meta.name,
                      *first->planned_start, first->planned_start_latest));
  }
  for (const auto& request : observed.requests) {
    const auto& start = request->status.planned_start;
    if (start && !request->spec.pool_refs.empty())
      rows[request->spec.pool_refs.front().name.str()].push_back(planned_row(
          to_string(request->meta.key()), "", *start, request->status.planned_start_latest));
  }
}

/// A request may be both: the first of its quota, and a request with a status of its own.
void drop_doubles(std::vector<CalendarRow>& rows) {
  const auto is_double = [](const CalendarRow& left, const CalendarRow& right) {
    return left.name == right.name && left.holds.empty() && right.holds.empty();
  };
  const auto rest = std::ranges::unique(rows, is_double);
  rows.erase(rest.begin(), rest.end());
}

} // namespace

std::string_view to_string(CalendarMark mark) {
  switch (mark) {
  case CalendarMark::Promised: return "Promised";
  case CalendarMark::Open: return "Open";
  case CalendarMark::Asked: return "Asked";
  case CalendarMark::Planned: return "Planned";
  }
  return "";
}

Result<CalendarView> decide_calendar(const ObservedCalendar& observed, const std::string& pool,
                                     Duration ahead, TimePoint now) {
  CalendarView view;
  view.shown = TimeRange::lasting(now, ahead);
  Rows rows;
  for (const CalendarReservation& reservation : observed.reservations)
    rows[reservation.object->spec.pool_ref.name.str()].push_back(row_of(reservation, view.shown));
  for (const auto& quota : observed.quotas)
    for (const auto& of : quota->spec.pools)
      rows[of.pool_ref.name.str()]; // a pool in which nothing is reserved is shown, too
  add_planned(observed, rows);
  if (!pool.empty() && !rows.contains(pool))
    return fail(Code::NotFound, "no Reservation and no Quota names a pool " + pool +
                                    "; \"kubectl berth status\" lists the pools");
  for (auto& [name, of] : rows) {
    if (!pool.empty() && name != pool)
      continue;
    std::ranges::sort(of, {}, [](const CalendarRow& row) {
      return std::tuple(row.spans.empty() ? TimePoint::max() : row.spans.front().time.start,
                        row.name, row.quota.empty(), row.quota);
    });
    drop_doubles(of);
    view.pools.push_back({name, std::move(of)});
  }
  return view;
}

} // namespace berth::cli
