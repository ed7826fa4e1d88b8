#pragma once
// Bar: how much of something is taken, promised and really used, as twenty characters:
//
//   [#####|##===.........]   # allocated   = promised to reservations   . free   | measured use
//
// A part that is not zero is seen, and the bar is full only when everything is taken.

#include <optional>
#include <string>

#include "lib/resources/amount.hpp"

namespace berth::cli {

struct BarParts {
  resources::Amount whole{}; ///< allocatable; nothing is drawn unless it is above zero
  resources::Amount allocated{};
  resources::Amount promised{};
  std::optional<resources::Amount> measured{}; ///< absent: not known
};

inline constexpr std::size_t kBarWidth = 20;

/// With its brackets; empty when there is no whole.
[[nodiscard]] std::string draw_bar(const BarParts& parts);

} // namespace berth::cli
