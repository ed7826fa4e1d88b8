#include "lib/base/timestamp.hpp"

#include <array>
#include <cstdio>

namespace berth {
namespace {

constexpr TimePoint kFirst{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};
constexpr TimePoint kAfterLast{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}};

/// Reads exactly `digits` decimal digits from the front of `text` and drops them; -1 if it can't.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits)
    return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected)
    return false;
  text.remove_prefix(1);
  return true;
}

/// The date at the front as a day, or nothing.
std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const int year = take_number(text, 4);
  const bool dash_1 = take(text, '-');
  const int month = take_number(text, 2);
  const bool dash_2 = take(text, '-');
  const int day = take_number(text, 2);
  if (year < 1 || month < 1 || day < 1 || !dash_1 || !dash_2)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok())
    return std::nullopt;
  return std::chrono::sys_days{date};
}

/// Hours, minutes, seconds and an optional fraction (any digits, cut to milliseconds).
std::optional<Duration> take_time_of_day(std::string_view& text) {
  const int hour = take_number(text, 2);
  const bool colon_1 = take(text, ':');
  const int minute = take_number(text, 2);
  const bool colon_2 = take(text, ':');
  const int second = take_number(text, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 || !colon_1 ||
      !colon_2)
    return std::nullopt;
  Duration of_day =
      std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
  if (!take(text, '.'))
    return of_day;
  if (text.empty() || text.front() < '0' || text.front() > '9')
    return std::nullopt;
  int weight_ms = 100;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    of_day += Duration{(text.front() - '0') * weight_ms};
    weight_ms /= 10;
    text.remove_prefix(1);
  }
  return of_day;
}

/// "Z" or "+hh:mm" or "-hh:mm": how far local time is ahead of UTC.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z'))
    return std::chrono::minutes{0};
  const bool ahead = take(text, '+');
  if (!ahead && !take(text, '-'))
    return std::nullopt;
  const int hours = take_number(text, 2);
  const bool colon = take(text, ':');
  const int minutes = take_number(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !colon)
    return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return ahead ? offset : -offset;
}

std::string format(TimePoint time, bool with_micros) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss of_day{time - day};
  std::array<char, 48> buffer{};
  int length = std::snprintf(
      buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(of_day.hours().count()), static_cast<int>(of_day.minutes().count()),
      static_cast<int>(of_day.seconds().count()));
  std::string text(buffer.data(), static_cast<std::size_t>(length));
  if (with_micros) {
    length = std::snprintf(buffer.data(), buffer.size(), ".%03d000",
                           static_cast<int>(of_day.subseconds().count()));
    text.append(buffer.data(), static_cast<std::size_t>(length));
  }
  return text + 'Z';
}

} // namespace

std::string format_time(TimePoint time) {
  return format(time, false);
}

std::string format_micro_time(TimePoint time) {
  return format(time, true);
}

Result<TimePoint> parse_time(std::string_view text) {
  std::string_view rest = text;
  const auto invalid = [&] {
    return fail(Code::Invalid, "\"" + std::string(text.substr(0, 64)) +
                                   "\" is not an RFC 3339 time such as 2026-11-21T08:00:00Z");
  };
  const auto day = take_date(rest);
  if (!day || !(take(rest, 'T') || take(rest, 't')))
    return invalid();
  const auto of_day = take_time_of_day(rest);
  if (!of_day)
    return invalid();
  const auto offset = take_offset(rest);
  if (!offset || !rest.empty())
    return invalid();
  // An offset can lead out of the years that can be written again.
  const TimePoint time = TimePoint{*day} + *of_day - *offset;
  if (time < kFirst || time >= kAfterLast)
    return invalid();
  return time;
}

} // namespace berth
