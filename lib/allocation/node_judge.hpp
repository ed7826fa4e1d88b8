#pragma once
// NodeJudge: what one query makes of the nodes of one snapshot: whether there is room, and how good
// a node would be. Prepared once, asked about many nodes.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/node_scorer.hpp"
#include "lib/allocation/placement.hpp"

namespace berth::allocation {

/// On one node. The points are the strategy's, and more than it can give where the query's
/// reservation holds something; 0 where the pod may not go.
struct NodeOpinion {
  NodeVerdict verdict{}; ///< NotChosen where it may go
  std::uint32_t points = 0;

  static constexpr Points kPointsWithBonusMax = 2 * kPointsMax + 1;
  static_assert(kPointsWithBonusMax <= UINT32_MAX);
};

class NodeJudge {
public:
  /// Both must outlive it.
  NodeJudge(const ClusterSnapshot& snapshot, const PlacementQuery& query);

  [[nodiscard]] RoomVerdict room_on(NodeIndex node) { return verdict(node, room(node)); }
  [[nodiscard]] NodeOpinion judge(NodeIndex node, Eligibility eligibility);

private:
  /// Valid until the next call.
  [[nodiscard]] NodeRoom room(NodeIndex node);
  [[nodiscard]] RoomVerdict verdict(NodeIndex node, const NodeRoom& room) const;
  [[nodiscard]] bool is_held_for_us(NodeIndex node) const;
  [[nodiscard]] std::span<const std::int64_t> held_for_others(NodeIndex node);
  [[nodiscard]] std::span<const std::int64_t> charged_by_others(NodeIndex node);

  const ClusterSnapshot& snapshot_;
  const PlacementQuery& query_;
  ColumnRequest request_;
  NodeScorer scorer_;
  std::optional<NodeIndex> charged_node_;
  std::vector<std::int64_t> held_;
  std::vector<std::int64_t> charged_;
};

/// Why a node without that room is refused.
[[nodiscard]] NodeVerdict verdict_of(const RoomVerdict& room);

} // namespace berth::allocation
