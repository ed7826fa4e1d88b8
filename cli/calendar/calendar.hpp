#pragma once
// `kubectl berth calendar`: reservations and planned starts of each pool as a text Gantt chart.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/calendar/decide.hpp"
#include "cli/surroundings.hpp"

namespace berth::cli {

/// How many columns the time takes.
inline constexpr std::size_t kCalendarColumns = 48;

[[nodiscard]] async::Task<Answer> answer_calendar(kube::Client& client, CliOptions options,
                                                  Surroundings around);

/// `wide` adds what each reservation holds.
[[nodiscard]] std::string render_calendar(const CalendarView& view, bool wide, const Paint& paint);
[[nodiscard]] nlohmann::json calendar_json(const CalendarView& view);

/// What stands in the columns: one character each.
[[nodiscard]] std::string draw_spans(const std::vector<CalendarSpan>& spans,
                                     const allocation::TimeRange& shown);

} // namespace berth::cli
