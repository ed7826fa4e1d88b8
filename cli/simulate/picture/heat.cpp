#include "cli/simulate/picture/heat.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace berth::cli {
namespace {

/// How dark a cell is, by how much is in use.
constexpr std::array<double, 5> kShades{0, 0.3, 0.55, 0.8, 1};

/// What a cell says: who held most, and a shade; and how full it was.
struct Cell {
  std::size_t entry = 0;
  std::size_t shade = 0;
  double use = 0; ///< part of the capacity

  [[nodiscard]] bool looks_like(const Cell& other) const {
    return shade == other.shade && (shade == 0 || entry == other.entry);
  }
};

std::vector<Cell> cells_of(const HeatRow& row) {
  constexpr double kNothing = 1e-6; // what is left where sums cancel out
  std::vector<Cell> cells(kHeatCellsPerRow);
  std::vector<double> most(kHeatCellsPerRow);
  for (std::size_t entry = 0; entry < row.use.size(); ++entry) {
    const std::vector<double> means = row.use[entry].means();
    for (std::size_t at = 0; at < cells.size(); ++at) {
      const double without_capacity = means[at] > kNothing ? 1 : 0;
      cells[at].use += row.capacity > 0 ? means[at] / row.capacity : without_capacity;
      if (means[at] > most[at] + kNothing) {
        most[at] = means[at];
        cells[at].entry = entry;
      }
    }
  }
  for (Cell& cell : cells)
    if (cell.use > kNothing)
      cell.shade = static_cast<std::size_t>(std::ceil(std::min(cell.use, 1.0) * 4 - kNothing));
  return cells;
}

/// Equal neighbours are drawn as one.
void draw_row(Canvas& canvas, const HeatRow& row, double height, const std::string& use_text) {
  constexpr double kCellWidth = kPlotWidth / kHeatCellsPerRow;
  const std::vector<Cell> cells = cells_of(row);
  for (std::size_t from = 0; from < cells.size();) {
    std::size_t until = from + 1;
    double use = cells[from].use;
    for (; until < cells.size() && cells[until].looks_like(cells[from]); ++until)
      use += cells[until].use;
    const Cell& cell = cells[from];
    const auto count = static_cast<double>(until - from);
    if (cell.shade > 0)
      canvas.svg().rect({kPlotLeft + kCellWidth * static_cast<double>(from), canvas.y(),
                         kCellWidth * count, height},
                        fmt::format(R"( fill="{}" fill-opacity="{}")",
                                    canvas.legend().colour(cell.entry), kShades[cell.shade]),
                        fmt::format("{}: {:.0f} % {}, most by {}", row.label, 100 * use / count,
                                    use_text, canvas.legend().names[cell.entry]));
    from = until;
  }
}

} // namespace

HeatRow::HeatRow(const HeatShape& shape)
    : use(shape.entries, TimeBins(shape.end, kHeatCellsPerRow)) {}

void draw_heat(Canvas& canvas, const std::vector<HeatRow>& rows, const std::string& use_text) {
  constexpr double kPanelHeight = 480;
  constexpr double kLabelHeight = 13;
  const double height = std::clamp(
      kPanelHeight / static_cast<double>(std::max<std::size_t>(rows.size(), 1)), 5.0, 24.0);
  const double gap = height > 8 ? 1.5 : 0;
  const double top = canvas.y();
  double labelled_until = top;
  canvas.svg().rect({kPlotLeft, top, kPlotWidth, height * static_cast<double>(rows.size())},
                    R"( class="empty")");
  canvas.time_grid(height * static_cast<double>(rows.size()), true);
  for (const HeatRow& row : rows) {
    draw_row(canvas, row, height - gap, use_text);
    if (canvas.y() >= labelled_until) {
      canvas.svg().text(kPlotLeft - 8, canvas.y() + height / 2 + 4, R"( class="tick end")",
                        short_label(row.label));
      labelled_until = canvas.y() + kLabelHeight;
    }
    canvas.skip(height);
  }
  canvas.skip(40);
}

} // namespace berth::cli
