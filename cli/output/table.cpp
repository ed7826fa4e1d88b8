#include "cli/output/table.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ensure.hpp"

namespace berth::cli {
namespace {

constexpr std::size_t kGap = 2;

using Widths = std::vector<std::size_t>;

std::string line_of(const std::vector<Cell>& cells, const Widths& widths, const Paint& paint) {
  std::string line;
  std::size_t owed = 0; // blanks before the next text
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const Cell& cell = cells[column];
    if (!cell.text.empty()) {
      line.append(owed, ' ');
      line += paint(cell.text, cell.colour);
      owed = 0;
    }
    owed += widths[column] - width_of(cell.text) + kGap;
  }
  return line + "\n";
}

} // namespace

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

void Table::add(std::vector<Cell> cells) {
  ensure(cells.size() == titles_.size(), "a row has as many cells as the table has titles");
  for (Cell& cell : cells)
    cell.text = printable(cell.text);
  rows_.push_back(std::move(cells));
}

std::string Table::str(const Paint& paint) const {
  Widths widths;
  for (const auto& title : titles_)
    widths.push_back(width_of(title));
  for (const auto& row : rows_)
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], width_of(row[column].text));
  std::vector<Cell> head;
  for (const auto& title : titles_)
    head.emplace_back(title, Colour::Strong);
  std::string text = line_of(head, widths, paint);
  for (const auto& row : rows_)
    text += line_of(row, widths, paint);
  return text;
}

} // namespace berth::cli
