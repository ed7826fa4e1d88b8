#pragma once
// How empty a node is: the order in which nodes are promised.

#include <algorithm>
#include <cstdint>
#include <span>

#include "lib/resources/int128.hpp"

namespace berth::allocation {

/// An empty node.
inline constexpr std::int64_t kEmptinessScale = 1 << 20;

/// The smallest free share of whatever the node has: 0 to kEmptinessScale, less than 0 if it is
/// overcommitted. Rows by column; `free` may be shorter, which leaves the rest out.
[[nodiscard]] inline std::int64_t emptiness(std::span<const std::int64_t> capacity,
                                            std::span<const std::int64_t> free) {
  std::int64_t least = kEmptinessScale;
  for (std::size_t column = 0; column < free.size(); ++column)
    if (capacity[column] > 0)
      least = std::min(least, static_cast<std::int64_t>(resources::Int128{free[column]} *
                                                        kEmptinessScale / capacity[column]));
  return least;
}

} // namespace berth::allocation
