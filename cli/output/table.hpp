#pragma once
// Table: rows of text in aligned columns, as kubectl prints them. The last column is not padded, no
// line ends in blanks, and an empty cell in the first column means "as above".

#include <string>
#include <vector>

#include "cli/output/text.hpp"

namespace berth::cli {

struct Cell {
  std::string text{};
  Colour colour = Colour::None;

  Cell() = default;
  Cell(std::string content, Colour used = Colour::None) // NOLINT: a text is a plain cell
      : text(std::move(content)), colour(used) {}
  Cell(const char* content) : text(content) {} // NOLINT: as above
};

class Table {
public:
  explicit Table(std::vector<std::string> titles);

  /// As many cells as there are titles.
  void add(std::vector<Cell> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string str(const Paint& paint) const;

private:
  std::vector<std::string> titles_;
  std::vector<std::vector<Cell>> rows_;
};

} // namespace berth::cli
