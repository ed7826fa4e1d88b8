#pragma once
// Placement: which pods of a pool run on which nodes, as far as plans of moves need it. Only pods
// that may be moved are listed; what the others ask for is taken from their nodes' free room
// already. For defragment.hpp and rebalance.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/resources/resource_vector.hpp"

namespace berth::analyzer {

struct PlacedNode {
  resources::ResourceVector allocatable{};
  resources::ResourceVector free{}; ///< may be below zero
  bool takes_pods = true;           ///< ready and not cordoned; pods may leave it in any case
  /// What keeps pods off that do not tolerate it, sorted: the node's taints, but for those that all
  /// nodes of the pool have.
  std::vector<std::string> keeps_off{};
  resources::Amount used{}; ///< measured, of the resource in question; for rebalance() only
};

struct PlacedPod {
  std::size_t node = 0; ///< index into Placement::nodes
  resources::ResourceVector requests{};
  resources::Amount used{}; ///< as PlacedNode::used; 0: not measured, so it is not moved for that
  std::int64_t cost = 1;    ///< of moving it, in any unit, at least 1
  std::size_t group = 0;    ///< index into Placement::groups: pods of one workload
};

struct Placement {
  std::vector<PlacedNode> nodes{};
  std::vector<PlacedPod> pods{};
  std::vector<std::size_t> groups{}; ///< how many pods of each may be moved by one plan
};

struct Move {
  std::size_t pod = 0; ///< index into Placement::pods
  std::size_t to = 0;  ///< index into Placement::nodes

  friend bool operator==(const Move&, const Move&) = default;
};

/// A plan with more moves is none: it would be outdated before it is carried out.
inline constexpr std::size_t kMovesMax = 10;

/// The same cluster once the moves are made.
[[nodiscard]] Placement moved(Placement placement, std::span<const Move> moves);
/// Takes the pod from its node and gives it to another.
void move_pod(Placement& placement, const Move& move);

/// Whether the pod may run on the node by what is known: there is room, and nothing keeps it off
/// that does not keep pods off where it is now.
[[nodiscard]] bool may_move(const Placement& placement, const Move& move);

} // namespace berth::analyzer
