#include "analyzer/backtest/nab.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "analyzer/backtest/csv.hpp"
#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

/// "YYYY-MM-DD HH:MM:SS": such texts compare as their times do; what follows are fractions.
constexpr std::size_t kTimeBytes = 19;

Result<std::string> time_of(const api::Json& json) {
  if (!json.is_string() || json.get_ref<const std::string&>().size() < kTimeBytes)
    return fail(Code::Invalid, "a window must begin and end with a time");
  return json.get_ref<const std::string&>().substr(0, kTimeBytes);
}

Result<NabWindows> windows_of(const api::Json& json) {
  NabWindows windows;
  if (!json.is_array())
    return fail(Code::Invalid, "windows must be a list");
  for (const auto& window : json) {
    if (!window.is_array() || window.size() != 2)
      return fail(Code::Invalid, "a window must be two times");
    BERTH_TRY(auto begin, time_of(window[0]));
    BERTH_TRY(auto end, time_of(window[1]));
    windows.emplace_back(std::move(begin), std::move(end));
  }
  return windows;
}

/// A path below the benchmark's folder: scores are written under the same name.
bool stays_below(std::string_view name) {
  return !name.empty() && name.front() != '/' && name.find("..") == std::string_view::npos;
}

Result<RowRange> rows_of(const std::vector<std::string>& times,
                         const std::pair<std::string, std::string>& window) {
  const auto first = std::ranges::lower_bound(times, window.first);
  const auto after = std::ranges::upper_bound(times, window.second);
  if (first >= after)
    return fail(Code::Invalid, "no row from " + window.first + " to " + window.second);
  return RowRange{static_cast<std::size_t>(first - times.begin()),
                  static_cast<std::size_t>(after - times.begin() - 1)};
}

} // namespace

Result<std::map<std::string, NabWindows>> decode_nab_windows(std::string_view text) {
  BERTH_TRY(const auto json, api::parse_json(text));
  if (!json.is_object())
    return fail(Code::Invalid, "must be an object of file names");
  std::map<std::string, NabWindows> all;
  for (const auto& [name, windows] : json.items()) {
    if (!stays_below(name))
      return fail(Code::Invalid, "\"" + name + "\" must be a path below the folder");
    auto decoded = windows_of(windows);
    if (!decoded)
      return fail_at(name, decoded.error());
    all.emplace(name, std::move(*decoded));
  }
  return all;
}

Result<NabFile> decode_nab_file(std::string name, std::string_view text,
                                const NabWindows& windows) {
  NabFile file;
  file.name = std::move(name);
  std::string_view line;
  for (std::size_t number = 1; next_line(text, line); ++number) {
    if (number == 1 || line.empty())
      continue;
    const std::string where = "line " + std::to_string(number);
    const auto fields = csv_fields(line);
    if (!fields)
      return fail_at(where, fields.error());
    if (fields->size() != 2)
      return fail(Code::Invalid, where + ": must be timestamp,value");
    const auto value = csv_number((*fields)[1]);
    if (!value)
      return fail_at(where, value.error());
    if (file.values.size() == kNabRowsMax)
      return fail(Code::TooLarge, "more than 1000000 rows");
    file.times.emplace_back((*fields)[0].substr(0, kTimeBytes));
    file.values.push_back(*value);
  }
  if (!std::ranges::is_sorted(file.times))
    return fail(Code::Invalid, "rows must be in the order of time");
  for (const auto& window : windows) {
    BERTH_TRY(const RowRange rows, rows_of(file.times, window));
    file.windows.push_back(rows);
  }
  return file;
}

} // namespace berth::analyzer
