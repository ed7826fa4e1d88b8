#include "lib/allocation/posix_tz.hpp"

#include <algorithm>
#include <array>

namespace berth::allocation {
namespace {

using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::year;

/// Reads the text from the front; every take_ drops what it read, or leaves nothing in its answer.
class Reader {
public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool take(char c) {
    if (!next_is(c))
      return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<int> take_number(int most) {
    if (rest_.empty() || !is_digit(rest_.front()))
      return std::nullopt;
    int value = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
      value = value * 10 + (rest_.front() - '0');
      if (value > most)
        return std::nullopt;
    }
    return value;
  }
  /// "CET", or in angle brackets with digits and signs: "<+0330>". At least three characters.
  bool take_name() {
    const bool quoted = take('<');
    std::size_t length = 0;
    while (length < rest_.size() && is_name(rest_[length], quoted))
      ++length;
    rest_.remove_prefix(length);
    return length >= 3 && (!quoted || take('>'));
  }
  /// "[+-]hh[:mm[:ss]]".
  std::optional<seconds> take_time(int hours_max) {
    const bool negative = take('-');
    if (!negative)
      take('+');
    const auto hours = take_number(hours_max);
    if (!hours)
      return std::nullopt;
    seconds time = std::chrono::hours{*hours};
    for (const int unit : {60, 1}) {
      if (!take(':'))
        break;
      const auto part = take_number(59);
      if (!part)
        return std::nullopt;
      time += seconds{*part * unit};
    }
    return negative ? -time : time;
  }

private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_name(char c, bool quoted) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (quoted && (is_digit(c) || c == '+' || c == '-'));
  }
  std::string_view rest_;
};

constexpr int kSwitchHoursMax = 167;
constexpr int kOffsetHoursMax = 24;

/// POSIX counts west of Greenwich as positive; we count ahead of UTC.
std::optional<seconds> take_offset(Reader& reader) {
  const auto west = reader.take_time(kOffsetHoursMax);
  return west ? std::optional{-*west} : std::nullopt;
}

/// "m.w.d" after the M.
std::optional<YearlySwitch> take_weekday_of(Reader& reader) {
  const auto month = reader.take_number(12);
  const bool dot_1 = reader.take('.');
  const auto week = reader.take_number(5);
  const bool dot_2 = reader.take('.');
  const auto weekday = reader.take_number(6);
  if (!month || *month < 1 || !dot_1 || !week || *week < 1 || !dot_2 || !weekday)
    return std::nullopt;
  YearlySwitch rule;
  rule.day = *weekday;
  rule.week = static_cast<std::uint8_t>(*week);
  rule.month = static_cast<std::uint8_t>(*month);
  return rule;
}

std::optional<YearlySwitch> take_switch(Reader& reader) {
  std::optional<YearlySwitch> rule;
  if (reader.take('M')) {
    rule = take_weekday_of(reader);
  } else {
    const bool no_leap = reader.take('J');
    const auto day = reader.take_number(365);
    if (day && (!no_leap || *day >= 1)) {
      rule.emplace();
      rule->kind = no_leap ? YearlySwitch::Kind::JulianNoLeap : YearlySwitch::Kind::DayOfYear;
      rule->day = *day;
    }
  }
  if (!rule || !reader.take('/'))
    return rule;
  const auto time = reader.take_time(kSwitchHoursMax);
  if (!time)
    return std::nullopt;
  rule->time = *time;
  return rule;
}

std::optional<PosixTz::Daylight> take_daylight(Reader& reader, seconds standard_offset) {
  PosixTz::Daylight daylight;
  daylight.offset = standard_offset + std::chrono::hours{1};
  if (!reader.take_name())
    return std::nullopt;
  if (!reader.next_is(',')) {
    const auto offset = take_offset(reader);
    if (!offset)
      return std::nullopt;
    daylight.offset = *offset;
  }
  for (YearlySwitch* rule : {&daylight.begins, &daylight.ends}) {
    if (!reader.take(','))
      return std::nullopt; // POSIX leaves the default rule open; TZif files always give one
    const auto read = take_switch(reader);
    if (!read)
      return std::nullopt;
    *rule = *read;
  }
  return daylight;
}

std::optional<PosixTz> take_rule(Reader& reader) {
  PosixTz rule;
  if (!reader.take_name())
    return std::nullopt;
  const auto offset = take_offset(reader);
  if (!offset)
    return std::nullopt;
  rule.standard_offset = *offset;
  if (reader.at_end())
    return rule;
  rule.daylight = take_daylight(reader, rule.standard_offset);
  return rule.daylight && reader.at_end() ? std::optional{rule} : std::nullopt;
}

struct Switch {
  sys_seconds at;
  seconds offset_after;
};

/// Both switches of the years around `instant`, in order of time.
std::array<Switch, 6> switches_around(const PosixTz& rule, sys_seconds instant) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(instant)};
  const PosixTz::Daylight& daylight = *rule.daylight;
  std::array<Switch, 6> switches{};
  std::size_t at = 0;
  for (const int shift : {-1, 0, 1}) {
    const year in = date.year() + std::chrono::years{shift};
    switches[at++] = {sys_seconds{daylight.begins.in(in).time_since_epoch()} - rule.standard_offset,
                      daylight.offset};
    switches[at++] = {sys_seconds{daylight.ends.in(in).time_since_epoch()} - daylight.offset,
                      rule.standard_offset};
  }
  std::stable_sort(switches.begin(), switches.end(),
                   [](const Switch& left, const Switch& right) { return left.at < right.at; });
  return switches;
}

} // namespace

local_seconds YearlySwitch::in(year of) const {
  using namespace std::chrono;
  const local_days new_year{of / January / 1};
  local_days date = new_year;
  if (kind == Kind::DayOfYear) {
    date += days{day};
  } else if (kind == Kind::JulianNoLeap) {
    const bool after_february = day > 31 + 28;
    date += days{day - 1 + (of.is_leap() && after_february ? 1 : 0)};
  } else {
    const std::chrono::month in_month{month};
    const std::chrono::weekday on{static_cast<unsigned>(day)};
    date = week == 5 ? local_days{of / in_month / on[last]} : local_days{of / in_month / on[week]};
  }
  return date + time;
}

Result<PosixTz> PosixTz::parse(std::string_view text) {
  Reader reader(text);
  const auto rule = take_rule(reader);
  if (!rule || !reader.at_end())
    return fail(Code::Invalid, "\"" + std::string(text.substr(0, 64)) +
                                   "\" is not a time zone rule such as CET-1CEST,M3.5.0,M10.5.0/3");
  return *rule;
}

seconds PosixTz::offset_at(sys_seconds instant) const {
  if (!daylight)
    return standard_offset;
  seconds offset = standard_offset;
  for (const Switch& change : switches_around(*this, instant))
    if (change.at <= instant)
      offset = change.offset_after;
  return offset;
}

std::optional<sys_seconds> PosixTz::next_change(sys_seconds instant) const {
  if (!daylight)
    return std::nullopt;
  for (const Switch& change : switches_around(*this, instant))
    if (change.at > instant && offset_at(change.at) != offset_at(change.at - seconds{1}))
      return change.at;
  return std::nullopt;
}

} // namespace berth::allocation
