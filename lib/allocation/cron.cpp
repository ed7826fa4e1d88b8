#include "lib/allocation/cron.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace berth::allocation {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;

struct Field {
  std::string_view name;
  int least;
  int most;
  std::span<const std::string_view> words; ///< words[i] means least + i
};

constexpr std::array<std::string_view, 12> kMonthWords{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                       "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kDayWords{"SUN", "MON", "TUE", "WED",
                                                    "THU", "FRI", "SAT"};
constexpr Field kMinute{"minute", 0, 59, {}};
constexpr Field kHour{"hour", 0, 23, {}};
constexpr Field kDayOfMonth{"day of month", 1, 31, {}};
constexpr Field kMonth{"month", 1, 12, kMonthWords};
/// 7 is Sunday too, so that "5-7" can be written.
constexpr Field kDayOfWeek{"day of week", 0, 7, kDayWords};

/// The values of one field; bit n stands for value n.
struct Values {
  std::bitset<64> bits;
  bool any = false;         ///< "*" or "?" stands alone in it
  bool stepped_any = false; ///< "*/n"
};

struct Macro {
  std::string_view name;
  std::string_view meaning;
};
constexpr std::array<Macro, 7> kMacros{{{"@yearly", "0 0 1 1 *"},
                                        {"@annually", "0 0 1 1 *"},
                                        {"@monthly", "0 0 1 * *"},
                                        {"@weekly", "0 0 * * 0"},
                                        {"@daily", "0 0 * * *"},
                                        {"@midnight", "0 0 * * *"},
                                        {"@hourly", "0 * * * *"}}};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

/// Words separated by any number of blanks.
std::vector<std::string_view> split_fields(std::string_view text) {
  std::vector<std::string_view> fields;
  for (const std::string_view part : split(text, ' '))
    if (!part.empty())
      fields.push_back(part);
  return fields;
}

std::optional<int> count_from(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.front() == '-' || error != std::errc{} ||
      end != text.data() + text.size())
    return std::nullopt;
  return value;
}

bool equals_ignoring_case(std::string_view text, std::string_view upper) {
  const auto to_upper = [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  };
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(),
                    [&](char left, char right) { return to_upper(left) == right; });
}

std::optional<int> value_from(std::string_view text, const Field& field) {
  for (std::size_t i = 0; i < field.words.size(); ++i)
    if (equals_ignoring_case(text, field.words[i]))
      return field.least + static_cast<int>(i);
  const auto value = count_from(text);
  return value && *value >= field.least && *value <= field.most ? value : std::nullopt;
}

/// One item of a list: "*", "?", "5", "1-5", each with "/step" or without.
bool add_item(std::string_view item, const Field& field, Values& values) {
  const auto slash = item.find('/');
  const std::string_view range = item.substr(0, slash);
  std::optional<int> step = 1;
  if (slash != std::string_view::npos)
    step = count_from(item.substr(slash + 1));
  std::optional<int> first = field.least;
  std::optional<int> last = field.most;
  if (range == "*" || range == "?") {
    (step == 1 ? values.any : values.stepped_any) = true;
  } else {
    const auto dash = range.find('-');
    first = value_from(range.substr(0, dash), field);
    if (dash != std::string_view::npos)
      last = value_from(range.substr(dash + 1), field);
    else if (slash == std::string_view::npos)
      last = first;
  }
  if (!step || *step < 1 || !first || !last || *first > *last)
    return false;
  for (int value = *first; value <= *last; value += *step)
    values.bits.set(static_cast<std::size_t>(value));
  return true;
}

Result<Values> parse_field(std::string_view text, const Field& field) {
  Values values;
  for (const std::string_view item : split(text, ','))
    if (!add_item(item, field, values))
      return fail(Code::Invalid, "schedule: \"" + std::string(text.substr(0, 64)) + "\" is not a " +
                                     std::string(field.name));
  return values;
}

template <std::size_t Size>
std::bitset<Size> low_bits(const Values& values) {
  std::bitset<Size> bits;
  for (std::size_t i = 0; i < Size; ++i)
    bits[i] = values.bits[i];
  return bits;
}

} // namespace

Result<CronSchedule> CronSchedule::parse(std::string_view text) {
  const auto macro = std::find_if(kMacros.begin(), kMacros.end(),
                                  [&](const Macro& known) { return known.name == text; });
  const auto fields = split_fields(macro == kMacros.end() ? text : macro->meaning);
  if (text.size() > kTextBytesMax || fields.size() != 5)
    return fail(Code::Invalid, "schedule: \"" + std::string(text.substr(0, 64)) +
                                   "\" does not have five fields such as \"30 8 * * 1-5\"");
  BERTH_TRY(const Values minute, parse_field(fields[0], kMinute));
  BERTH_TRY(const Values hour, parse_field(fields[1], kHour));
  BERTH_TRY(const Values day_of_month, parse_field(fields[2], kDayOfMonth));
  BERTH_TRY(const Values month, parse_field(fields[3], kMonth));
  BERTH_TRY(const Values day_of_week, parse_field(fields[4], kDayOfWeek));

  CronSchedule schedule;
  schedule.text_ = text;
  schedule.minutes_ = low_bits<60>(minute);
  schedule.hours_ = low_bits<24>(hour);
  schedule.days_of_month_ = low_bits<32>(day_of_month);
  schedule.months_ = low_bits<13>(month);
  schedule.days_of_week_ = low_bits<7>(day_of_week);
  if (day_of_week.bits[7])
    schedule.days_of_week_.set(0);
  schedule.any_hour_ = hour.any || hour.stepped_any;
  schedule.any_day_of_month_ = day_of_month.any;
  schedule.any_day_of_week_ = day_of_week.any;
  return schedule;
}

std::optional<UtcSeconds> CronSchedule::next(UtcSeconds instant, const TimeZone& zone) const {
  return any_hour_ ? next_by_hour(instant, zone) : next_by_day(instant, zone);
}

bool CronSchedule::on_day(local_days day) const {
  const std::chrono::year_month_day date{day};
  if (!months_[static_cast<unsigned>(date.month())])
    return false;
  const bool by_month = days_of_month_[static_cast<unsigned>(date.day())];
  const bool by_week = days_of_week_[std::chrono::weekday{day}.c_encoding()];
  if (any_day_of_month_ || any_day_of_week_)
    return by_month && by_week;
  return by_month || by_week;
}

/// Fixed hours: every named local time happens exactly once a day, see TimeZone::to_utc().
std::optional<UtcSeconds> CronSchedule::next_by_day(UtcSeconds instant,
                                                    const TimeZone& zone) const {
  const auto today = std::chrono::floor<days>(zone.to_local(instant));
  const auto end = today + days{366 * kSearchYearsMax};
  for (local_days day = today - days{1}; day < end; day += days{1}) {
    if (!on_day(day) || zone.to_utc(day + hours{24} - minutes{1}) <= instant)
      continue;
    for (unsigned hour = 0; hour < 24; ++hour)
      for (unsigned minute = 0; hours_[hour] && minute < 60; ++minute) {
        if (!minutes_[minute])
          continue;
        const UtcSeconds at = zone.to_utc(day + hours{hour} + minutes{minute});
        if (at > instant)
          return at;
      }
  }
  return std::nullopt;
}

/// Every hour: by real time, one stretch of constant offset after the other.
std::optional<UtcSeconds> CronSchedule::next_by_hour(UtcSeconds instant,
                                                     const TimeZone& zone) const {
  const UtcSeconds end = instant + days{366 * kSearchYearsMax};
  LocalSeconds from = std::chrono::floor<minutes>(zone.to_local(instant)) + minutes{1};
  for (UtcSeconds at = instant; at < end;) {
    const seconds offset = zone.offset_at(at);
    const UtcSeconds until = std::min(zone.next_change(at).value_or(end), end);
    const auto found = next_local(from, LocalSeconds{(until + offset).time_since_epoch()});
    if (found)
      return UtcSeconds{found->time_since_epoch()} - offset;
    at = until;
    from = std::chrono::ceil<minutes>(zone.to_local(at));
  }
  return std::nullopt;
}

/// The first matching minute in [from, until); `from` is a whole minute.
std::optional<LocalSeconds> CronSchedule::next_local(LocalSeconds from, LocalSeconds until) const {
  for (auto day = std::chrono::floor<days>(from); day < until; day += days{1}) {
    if (!on_day(day))
      continue;
    for (unsigned hour = 0; hour < 24; ++hour)
      for (unsigned minute = 0; hours_[hour] && minute < 60; ++minute) {
        const LocalSeconds at = day + hours{hour} + minutes{minute};
        if (minutes_[minute] && at >= from)
          return at < until ? std::optional{at} : std::nullopt;
      }
  }
  return std::nullopt;
}

} // namespace berth::allocation
