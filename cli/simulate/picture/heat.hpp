#pragma once
// Rows of cells: how much of something was in use over time, and who held most of it. For
// places.cpp only.

#include <string>
#include <vector>

#include "cli/simulate/picture/canvas.hpp"
#include "cli/simulate/picture/time_bins.hpp"
#include "lib/simulator/scenario.hpp"

namespace berth::cli {

struct HeatShape {
  Duration end{};
  std::size_t entries = 0; ///< of the legend
};

struct HeatRow {
  explicit HeatRow(const HeatShape& shape);

  std::string label{};
  double capacity = 0;
  std::vector<TimeBins> use; ///< by entry of the legend
};

/// `use_text`: what the percentage of a cell says, as "of its cpu in use".
void draw_heat(Canvas& canvas, const std::vector<HeatRow>& rows, const std::string& use_text);

inline constexpr std::size_t kHeatCellsPerRow = 208;

} // namespace berth::cli
