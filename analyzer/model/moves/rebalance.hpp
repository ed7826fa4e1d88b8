#pragma once
// rebalance(): the nodes of a pool are unequally used: the few moves that lessen what the busiest
// of them bears, each from the node that is busiest then. Decides nothing. For the advisor.

#include <optional>
#include <vector>

#include "analyzer/model/moves/placement.hpp"

namespace berth::analyzer {

struct RebalanceOptions {
  /// A node that is used less than this, in thousandths of what it has, is left alone.
  std::int64_t busy_from = 500;
  /// Nor is one that is used no more than this, in thousandths of the mean of all.
  std::int64_t even_below = 1200;
  std::int64_t gain_min = 100; ///< of a plan: how much less the busiest must bear, in thousandths
};

struct RebalancePlan {
  std::vector<Move> moves{};
  std::int64_t before = 0; ///< the use of the busiest node, in thousandths of what it has
  std::int64_t after = 0;
};

/// What of the resource is used on a node, in thousandths of what it has; 0 where it has none.
[[nodiscard]] std::int64_t use_of(const PlacedNode& node, const resources::ResourceName& resource);
/// That of the busiest node.
[[nodiscard]] std::int64_t busiest_use(const Placement& placement,
                                       const resources::ResourceName& resource);

/// Nothing where no plan of at most kMovesMax moves is worth it. No pod is moved twice, no node is
/// asked for more than it has, and after each move neither of its two nodes is used as much as the
/// one was that the pod left.
[[nodiscard]] std::optional<RebalancePlan> rebalance(const Placement& placement,
                                                     const resources::ResourceName& resource,
                                                     const RebalanceOptions& options = {});

} // namespace berth::analyzer
