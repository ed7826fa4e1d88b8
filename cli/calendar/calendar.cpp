#include "cli/calendar/calendar.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/duration.hpp"
#include "cli/output/table.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

using allocation::TimeRange;

/// A time is written above every so many columns.
constexpr std::size_t kTickColumns = 12;

char letter_of(CalendarMark mark) {
  switch (mark) {
  case CalendarMark::Promised: return '=';
  case CalendarMark::Open: return '#';
  case CalendarMark::Asked: return '?';
  case CalendarMark::Planned: return '>';
  }
  return ' ';
}

Duration width_of_column(const TimeRange& shown) {
  return (shown.end - shown.start) / static_cast<std::int64_t>(kCalendarColumns);
}

/// "09:00", or "03-02" where a column is longer than an hour.
std::string tick_text(TimePoint at, Duration column) {
  const std::string text = format_time(at);
  return column > std::chrono::hours{1} ? text.substr(5, 5) : text.substr(11, 5);
}

std::string ticks(const TimeRange& shown) {
  const Duration column = width_of_column(shown);
  std::string text;
  for (std::size_t at = 0; at < kCalendarColumns; at += kTickColumns) {
    text.resize(at, ' ');
    text += "|" + tick_text(shown.start + column * static_cast<std::int64_t>(at), column);
  }
  text.resize(kCalendarColumns, ' ');
  return text;
}

Colour colour_of(const CalendarRow& row) {
  const auto has = [&](CalendarMark mark) {
    return std::ranges::count(row.spans, mark, &CalendarSpan::mark) > 0;
  };
  if (has(CalendarMark::Asked))
    return Colour::Careful;
  return has(CalendarMark::Open) ? Colour::Good : Colour::None;
}

/// That windows are left out, and how far to look so that none is.
std::string cut_text_of(const CalendarRow& row, const TimeRange& shown) {
  return printable(row.name) + ": only its first " + std::to_string(kCalendarWindowsMax) +
         " windows are shown, until " + format_time(*row.shown_until) + "; --ahead " +
         format_duration(*row.shown_until - shown.start) + " looks no further";
}

std::string pool_text(const CalendarPool& pool, const CalendarView& view, bool wide,
                      const Paint& paint) {
  const std::string title = paint("Pool " + printable(pool.name), Colour::Strong) + "\n";
  if (pool.rows.empty())
    return title + "nothing is reserved or planned\n";
  std::vector<std::string> titles{"NAME", "QUOTA", ticks(view.shown), "NOTE"};
  if (wide)
    titles.insert(titles.begin() + 2, "HOLDS");
  Table table(std::move(titles));
  for (const CalendarRow& row : pool.rows) {
    std::vector<Cell> cells{row.name, row.quota.empty() ? "-" : row.quota,
                            Cell{draw_spans(row.spans, view.shown), colour_of(row)},
                            row.note.empty() ? "-" : row.note};
    if (wide)
      cells.insert(cells.begin() + 2, row.holds.empty() ? "-" : row.holds);
    table.add(std::move(cells));
  }
  std::string text = title + table.str(paint);
  for (const CalendarRow& row : pool.rows)
    if (row.shown_until)
      text += paint(cut_text_of(row, view.shown), Colour::Careful) + "\n";
  return text;
}

} // namespace

async::Task<Answer> answer_calendar(kube::Client& client, CliOptions options, Surroundings around) {
  const auto observed = co_await observe_calendar(client);
  if (!observed)
    co_return answer_failure(observed.error());
  const Duration ahead = parse_duration(options.calendar.ahead).value_or(Duration{0});
  const auto view = decide_calendar(*observed, options.calendar.pool, ahead, around.now);
  if (!view)
    co_return answer_failure(view.error());
  Answer answer;
  answer.out = present(
      options.output, [&](bool wide) { return render_calendar(*view, wide, around.paint); },
      [&] { return calendar_json(*view); });
  answer.err = warnings_of(observed->unreadable, around.paint);
  co_return answer;
}

std::string render_calendar(const CalendarView& view, bool wide, const Paint& paint) {
  std::string text = "From " + format_time(view.shown.start) + ", " +
                     format_duration(width_of_column(view.shown)) +
                     " a column: # open, = promised, > planned start, ? not accepted\n";
  for (const CalendarPool& pool : view.pools)
    text += "\n" + pool_text(pool, view, wide, paint);
  return view.pools.empty() ? text + "\nnothing is reserved or planned\n" : text;
}

nlohmann::json calendar_json(const CalendarView& view) {
  const auto time = [](TimePoint at) {
    return at == TimePoint::max() ? nlohmann::json() : to_json(std::optional(at));
  };
  nlohmann::json pools = nlohmann::json::array();
  for (const CalendarPool& pool : view.pools) {
    nlohmann::json rows = nlohmann::json::array();
    for (const CalendarRow& row : pool.rows) {
      nlohmann::json spans = nlohmann::json::array();
      for (const CalendarSpan& span : row.spans)
        spans.push_back({{"start", time(span.time.start)},
                         {"end", time(span.time.end)},
                         {"mark", std::string(to_string(span.mark))}});
      rows.push_back({{"name", row.name},
                      {"quota", row.quota},
                      {"holds", row.holds},
                      {"note", row.note},
                      {"shownUntil", to_json(row.shown_until)},
                      {"spans", std::move(spans)}});
    }
    pools.push_back({{"name", pool.name}, {"rows", std::move(rows)}});
  }
  return {{"start", time(view.shown.start)},
          {"end", time(view.shown.end)},
          {"pools", std::move(pools)}};
}

std::string draw_spans(const std::vector<CalendarSpan>& spans, const TimeRange& shown) {
  const Duration column = width_of_column(shown);
  std::string text(kCalendarColumns, '.');
  for (std::size_t at = 0; at < kCalendarColumns; ++at) {
    const TimePoint start = shown.start + column * static_cast<std::int64_t>(at);
    const TimeRange here{start, start + column};
    for (const CalendarSpan& span : spans)
      if (span.time.overlaps(here))
        text[at] = letter_of(span.mark);
  }
  return text;
}

} // namespace berth::cli
