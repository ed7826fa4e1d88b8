#include "analyzer/backtest/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace berth::analyzer {

bool next_line(std::string_view& text, std::string_view& line) {
  if (text.empty())
    return false;
  const std::size_t end = std::min(text.find('\n'), text.size());
  line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return true;
}

Result<std::vector<std::string_view>> csv_fields(std::string_view line) {
  std::vector<std::string_view> fields;
  for (bool more = true; more;) {
    const std::size_t comma = line.find(',');
    std::string_view field = line.substr(0, comma);
    more = comma != std::string_view::npos;
    line.remove_prefix(more ? comma + 1 : line.size());
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
      field = field.substr(1, field.size() - 2);
    if (field.find('"') != std::string_view::npos)
      return fail(Code::Invalid, "a quote must be around a whole field");
    if (fields.size() == kCsvFieldsMax)
      return fail(Code::TooLarge, "more than 20000 fields");
    fields.push_back(field);
  }
  return fields;
}

tl::unexpected<Error> fail_at(std::string_view place, const Error& error) {
  return fail(error.code, std::string(place) + ": " + error.message);
}

Result<double> csv_number(std::string_view field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc{} || end != field.data() + field.size() ||
      !(std::abs(value) <= kCsvNumberMax))
    return fail(Code::Invalid, "\"" + std::string(field.substr(0, 32)) + "\" is no number");
  return value;
}

} // namespace berth::analyzer
