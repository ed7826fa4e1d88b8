#pragma once
// A table of comma-separated values with a header line, read column by column by name. Fields are
// plain: a quote is refused, not guessed at. A fault names the line and the column.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace berth::cli {

class CsvTable {
public:
  /// `text` must outlive the table. Invalid for a missing header, a row with another number of
  /// fields, or a quote; TooLarge for more than kRowsMax rows.
  [[nodiscard]] static Result<CsvTable> parse(std::string_view text);

  static constexpr std::size_t kRowsMax = 1'000'000;
  static constexpr std::size_t kColumnsMax = 64;

  struct Row {
    std::size_t line = 0; ///< from 1
    std::vector<std::string_view> fields{};
  };
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  /// Position of a column; Invalid if the header does not have it.
  [[nodiscard]] Result<std::size_t> column(std::string_view name) const;
  /// The whole number in a field; Invalid with line and column if it is none or out of range. An
  /// empty field is 0.
  [[nodiscard]] Result<std::int64_t> integer(const Row& row, std::size_t column,
                                             std::int64_t most) const;

private:
  std::vector<std::string_view> header_;
  std::vector<Row> rows_;
};

} // namespace berth::cli
