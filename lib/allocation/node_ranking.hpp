#pragma once
// NodeRanking: the nodes that have room for one pod shape, best first, kept up to date while a
// cycle fills them. Finding the best node for the next of many equal pods then costs the logarithm
// of the number of nodes, not the number: only nodes that changed since the last question are
// looked at.

#include <cstdint>
#include <span>
#include <vector>

#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/node_overlay.hpp"
#include "lib/allocation/node_scorer.hpp"

namespace berth::allocation {

/// What a ranking is for.
struct RankingInput {
  ColumnRequest request{};
  NodeScorer scorer;
  Viewer viewer{};
};

class NodeRanking {
public:
  /// `nodes`: those that the pod's constraints allow.
  NodeRanking(RankingInput input, std::span<const NodeIndex> nodes, const NodeRooms& rooms);

  [[nodiscard]] const ColumnRequest& request() const { return input_.request; }
  /// The devices of the node that the pod would get.
  [[nodiscard]] DeviceList devices(NodeIndex node, const NodeRooms& rooms);

  /// Looks at what changed in `rooms`, which must be those of the last question, or a NodeChanges
  /// on top of them (then only through continue_on()).
  void catch_up(const NodeRooms& rooms);
  /// A copy that goes on with a what-if: its changes are counted from its own beginning.
  [[nodiscard]] NodeRanking continue_on(const NodeRooms& what_if) const;

  /// At most `count` nodes, best first: `own`, if it has room; nodes on which the reservation holds
  /// something, then the strategy's points, then the name.
  [[nodiscard]] std::vector<NodeIndex> best(std::size_t count, const NodeRooms& rooms,
                                            NodeIndex own = kNoNode);

private:
  struct Entry {
    Points points;
    NodeIndex node;
    std::uint32_t version; ///< of the node when it was looked at

    /// As std::push_heap wants it: the greatest is the best.
    friend bool operator<(const Entry& left, const Entry& right) {
      return left.points != right.points ? left.points < right.points : left.node > right.node;
    }
  };
  void look_at(NodeIndex node, const NodeRooms& rooms);

  RankingInput input_;
  std::vector<bool> is_allowed_;
  std::vector<Entry> heap_;
  std::size_t changes_seen_ = 0;
  std::vector<std::int64_t> held_;
};

} // namespace berth::allocation
