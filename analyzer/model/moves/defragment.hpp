#pragma once
// defragment(): enough is free for what waits, but in pieces: which pods to move off one node onto
// others so that it fits there. Cheapest first. Decides nothing. For the advisor.

#include <optional>
#include <vector>

#include "analyzer/model/moves/placement.hpp"

namespace berth::analyzer {

struct DefragmentPlan {
  std::size_t node = 0; ///< on which the request fits once the moves are made
  std::vector<Move> moves{};
  std::int64_t cost = 0; ///< of all moves
};

/// The most of `wanted` that any one node has room for, in thousandths of it: 1000 if it fits. A
/// node that keeps pods off does not count: whether what waits tolerates that is not known.
[[nodiscard]] std::int64_t largest_block(const Placement& placement,
                                         const resources::ResourceVector& wanted);

/// Nothing where it fits already, where all that is free together is too little, or where no plan
/// of kMovesMax moves was found. No move overfills a node or goes to the node that is being
/// cleared, and none could be left out. Looks closer at the kTargetsMax nodes that lack least.
[[nodiscard]] std::optional<DefragmentPlan> defragment(const Placement& placement,
                                                       const resources::ResourceVector& wanted);

inline constexpr std::size_t kTargetsMax = 64;

} // namespace berth::analyzer
