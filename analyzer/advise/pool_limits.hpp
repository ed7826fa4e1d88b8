#pragma once
// How the limits of a NodePool let it have another number of nodes. Karpenter adds nodes when pods
// need them and removes those that are not needed; its limits say how far. So they are raised to
// let nodes come, and lowered behind nodes that went, never below what is in use and one node more:
// Karpenter starts the node that replaces another before it ends that one. Pure.

#include <string>

#include "analyzer/advise/plan.hpp"
#include "analyzer/model/pool_usage.hpp"
#include "analyzer/sources/node_pool.hpp"

namespace berth::analyzer {

/// The limits that the step takes: those that must be raised for its nodes, or that leave room for
/// more than one node beyond what is in use. None: they are as they should be. `usage`: of the
/// pool, by which a node is sized where the NodePool has none.
[[nodiscard]] LimitsChange limits_for(const NodePool& pool, const api::PoolStep& step,
                                      const PoolUsage& usage);

/// A JSON patch that demands the old limits and that very object, and sets the new ones.
[[nodiscard]] std::string limits_patch(const LimitsChange& change);
/// One that sets the old ones again.
[[nodiscard]] std::string undo_limits_patch(const LimitsChange& change);

} // namespace berth::analyzer
