#pragma once
// Placement (N1, N3): whether a node can take a pod, and which of many nodes are best. Called by
// the extender's filter with up to thousands of names, and to explain a waiting pod; the cycle
// places whole workloads with workload_placer.hpp, which shares the same checks.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// A pod that looks for a node.
struct PlacementQuery {
  ShapePtr shape{};
  /// Only nodes of this pool; empty: any node, in a pool or not (pods that Berth does not manage).
  PoolName pool{};
  /// Inside whose promise; empty: none.
  ReservationName reservation{};
  /// Where the pod's own charge lies already: there it does not stand in its own way.
  NodeName charged_node{};
  /// Taken first, in this order, where they still have room.
  std::span<const NodeName> planned_nodes{};
  Strategy strategy = Strategy::BestFit;
  /// See NodeOutlook; matters to PriorityBased and FairShare.
  bool is_favoured = false;
};

/// The query for a pod as the snapshot knows it: its record's pool, nodes and reservation, and its
/// pool's strategy. The pod must outlive the query.
[[nodiscard]] PlacementQuery query_for(const ClusterSnapshot& snapshot, const PodView& pod);

/// Nothing if the node can take the pod. Checked in this order: known, in the pool, ready and not
/// cordoned, selector and affinity, taints, capacity (L2), reserved capacity.
[[nodiscard]] std::optional<Rejection> check(const ClusterSnapshot& snapshot, const NodeName& node,
                                             const PlacementQuery& query);

/// The short form of a Rejection, for answers with thousands of them; check() gives the long form.
struct NodeVerdict {
  enum class Kind : std::uint8_t { Chosen, NotChosen, Rejected };
  Kind kind = Kind::Rejected;
  bool preemption_may_help = false;
  Reason reason = Reason::NodeUnknown; ///< Ready if chosen, PreferredElsewhere if it only was not
  /// The resource that falls short, a column of the snapshot's NodeTable; else kNoColumn.
  ColumnIndex column = kNoColumn;

  static constexpr ColumnIndex kNoColumn = static_cast<ColumnIndex>(-1);
};

/// Buffers that choose_nodes() uses again from call to call; one per thread. It remembers which
/// nodes satisfy a pod's constraints, for the last kConstraintsMax pools and constraints, and what
/// the last kKindsMax kinds of pods made of each node (node_opinions.hpp), and checks again only
/// nodes that changed since.
class PlacementScratch {
public:
  PlacementScratch();
  ~PlacementScratch();
  PlacementScratch(PlacementScratch&&) noexcept;
  PlacementScratch& operator=(PlacementScratch&&) noexcept;

  static constexpr std::size_t kConstraintsMax = 128;
  /// Each takes some 50 bytes a node.
  static constexpr std::size_t kKindsMax = 32;

  struct Buffers;
  [[nodiscard]] Buffers& buffers() { return *buffers_; }

private:
  std::unique_ptr<Buffers> buffers_;
};

/// Both spans point into the scratch and are valid until its next use.
struct NodeChoice {
  std::span<const std::uint32_t> chosen; ///< positions in the candidate list, best first
  std::span<const NodeVerdict> verdicts; ///< one per candidate, in their order
};

/// The best `nodes_max` of `candidates` (none twice; kNoNode for an unknown one) and a verdict on
/// each. Planned nodes come first, then the strategy's score, then the name.
[[nodiscard]] NodeChoice choose_nodes(const ClusterSnapshot& snapshot, const PlacementQuery& query,
                                      std::span<const NodeIndex> candidates, std::size_t nodes_max,
                                      PlacementScratch& scratch);

} // namespace berth::allocation
