#include "cli/output/bar.hpp"

#include <algorithm>

namespace berth::cli {
namespace {

using resources::Amount;

/// The cells that `amount` fills of the whole: rounded to the nearest, at least one of anything,
/// and all of them for the whole only.
std::size_t cells_of(Amount amount, Amount whole) {
  if (amount <= Amount{})
    return 0;
  if (amount >= whole)
    return kBarWidth;
  const auto twice = resources::scaled(amount, 2 * static_cast<std::int64_t>(kBarWidth),
                                       std::max<std::int64_t>(whole.value(), 1));
  const auto nearest = static_cast<std::size_t>((twice.value() + 1) / 2);
  return std::clamp<std::size_t>(nearest, 1, kBarWidth - 1);
}

} // namespace

std::string draw_bar(const BarParts& parts) {
  if (parts.whole <= Amount{})
    return "";
  const std::size_t allocated = cells_of(parts.allocated, parts.whole);
  // Both ends are rounded as sums, so that two parts together are not a cell too long.
  std::size_t promised_end =
      cells_of(std::max(parts.allocated, Amount{}) + parts.promised, parts.whole);
  if (parts.promised > Amount{} && promised_end == allocated && allocated < kBarWidth - 1)
    ++promised_end;
  std::string cells(kBarWidth, '.');
  std::fill_n(cells.begin(), allocated, '#');
  for (std::size_t at = allocated; at < promised_end; ++at)
    cells[at] = '=';
  if (parts.measured && *parts.measured > Amount{})
    cells[cells_of(*parts.measured, parts.whole) - 1] = '|';
  return "[" + cells + "]";
}

} // namespace berth::cli
