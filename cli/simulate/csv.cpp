#include "cli/simulate/csv.hpp"

#include <algorithm>
#include <charconv>

namespace berth::cli {
namespace {

std::string at_line(std::size_t line) {
  return "line " + std::to_string(line) + ": ";
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (fields.size() <= CsvTable::kColumnsMax) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos)
      break;
    line.remove_prefix(comma + 1);
  }
  return fields;
}

} // namespace

Result<CsvTable> CsvTable::parse(std::string_view text) {
  CsvTable table;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.ends_with('\r'))
      content.remove_suffix(1);
    if (content.empty())
      continue;
    if (content.find('"') != std::string_view::npos)
      return fail(Code::Invalid, at_line(line) + "quoted fields are not supported");
    auto fields = split(content);
    if (fields.size() > kColumnsMax)
      return fail(Code::TooLarge, at_line(line) + "more than 64 columns");
    if (table.header_.empty()) {
      table.header_ = std::move(fields);
      continue;
    }
    if (fields.size() != table.header_.size())
      return fail(Code::Invalid, at_line(line) + std::to_string(fields.size()) +
                                     " fields, but the header has " +
                                     std::to_string(table.header_.size()));
    if (table.rows_.size() == kRowsMax)
      return fail(Code::TooLarge, at_line(line) + "more than 1000000 rows");
    table.rows_.push_back(Row{line, std::move(fields)});
  }
  if (table.header_.empty())
    return fail(Code::Invalid, "line 1: a header is missing");
  return table;
}

Result<std::size_t> CsvTable::column(std::string_view name) const {
  const auto at = std::find(header_.begin(), header_.end(), name);
  if (at == header_.end())
    return fail(Code::Invalid, "line 1: column " + std::string(name) + " is missing");
  return static_cast<std::size_t>(at - header_.begin());
}

Result<std::int64_t> CsvTable::integer(const Row& row, std::size_t column,
                                       std::int64_t most) const {
  const std::string_view text = row.fields[column];
  std::int64_t value = 0;
  if (text.empty())
    return value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
    return fail(Code::Invalid, at_line(row.line) + std::string(header_[column]) + ": \"" +
                                   std::string(text.substr(0, 32)) +
                                   "\" must be a whole number from 0 to " + std::to_string(most));
  return value;
}

} // namespace berth::cli
