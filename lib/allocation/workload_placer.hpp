#pragma once
// WorkloadPlacer: finds nodes for whole workloads while a cycle fills the cluster: all members or
// none (G1). It keeps the overlay of nodes and one ranking per shape, so that the thousandth equal
// pod costs next to nothing. The cycle owns one and calls it for one workload after the other.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/node_overlay.hpp"
#include "lib/allocation/node_ranking.hpp"
#include "lib/allocation/pool.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// Where a workload may go: a pool, and inside an open reservation or not.
struct Site {
  const PoolSpec* pool = nullptr; ///< of the snapshot; never null
  ReservationIndex reservation = kNoReservation;
  /// See NodeOutlook; matters to PriorityBased and FairShare.
  bool is_favoured = false;
  /// How long the work would stay there.
  Horizon horizon{};

  [[nodiscard]] Viewer viewer() const { return {reservation, horizon}; }
};

/// Places for all members, as a what-if.
struct PlacedPods {
  /// For each pod in the order asked: the nodes it may be bound to, best first; none only if it
  /// needs none.
  std::vector<std::vector<NodeIndex>> nodes{};
  /// For each pod the devices of its first node that it gets; empty for none.
  std::vector<DeviceList> devices{};
  NodeChanges changes;
};

/// Why they do not all have a place.
struct NoPlace {
  std::size_t placed = 0; ///< how many had one before the first that had none
  const PodView* pod = nullptr;
  std::vector<RejectionCount> rejections{}; ///< of the pool's nodes, by reason and detail
};

class WorkloadPlacer {
public:
  /// All must outlive the placer.
  WorkloadPlacer(const ClusterSnapshot& snapshot, const Holds& holds,
                 NodeCalendar* calendar = nullptr);
  /// One that goes on from another's overlay, with rankings of its own.
  WorkloadPlacer(const ClusterSnapshot& snapshot, NodeOverlay overlay)
      : snapshot_(&snapshot), overlay_(std::move(overlay)) {}

  /// `nodes_max`: how many nodes to name for each pod. `own`: for each of the first pods the node
  /// that is its own before it is anybody's, or kNoNode. The overlay does not change.
  [[nodiscard]] std::optional<PlacedPods> place(Pods pods, const Site& site, std::size_t nodes_max,
                                                std::span<const NodeIndex> own = {});
  /// One node for each pod on a what-if, which the answer's changes go on from.
  [[nodiscard]] std::optional<PlacedPods> place_on(NodeChanges what_if, Pods pods,
                                                   const Site& site);
  [[nodiscard]] NodeOverlay& overlay() { return overlay_; }
  /// Makes the what-if the state that the next workload finds.
  void take(PlacedPods placed) { std::move(placed.changes).apply_to(overlay_); }
  /// Puts pods where another placer put them.
  void take_again(Pods pods, const Site& site, const PlacedPods& placed);
  /// For pods that place() found no room for: places them again as far as it goes, and counts what
  /// is wrong with each node for the first that fails.
  [[nodiscard]] NoPlace explain(Pods pods, const Site& site);

  /// Whether the pool's nodes could take the pods if nothing else ran there: each of them has a
  /// node that is large enough and suits it, and there is enough for all together.
  [[nodiscard]] bool could_ever_fit(Pods pods, const PoolSpec& pool);

  /// The pool's nodes that suit the pod but for room, ascending; valid until the next call.
  [[nodiscard]] std::span<const NodeIndex> allowed_nodes(const Constraints& constraints,
                                                         const PoolSpec& pool);
  [[nodiscard]] const NodeOverlay& overlay() const { return overlay_; }

  /// Rankings kept at once; with more shapes than that they are built again.
  static constexpr std::size_t kRankingsMax = 512;
  /// Lists of allowed nodes kept at once.
  static constexpr std::size_t kAllowedListsMax = 512;

private:
  using RankingKey = std::tuple<const PodShape*, const PoolSpec*, Viewer, bool>;
  /// The what-if of one workload: its changes and rankings that follow them.
  struct Trial {
    explicit Trial(const NodeOverlay& overlay) : changes(overlay) {}
    explicit Trial(NodeChanges what_if) : changes(std::move(what_if)) {}
    NodeChanges changes;
    std::map<const PodShape*, NodeRanking> rankings;
  };

  /// Valid until the next call.
  [[nodiscard]] NodeRanking& ranking_of(const ShapePtr& shape, const Site& site);
  /// Nodes for one pod, best first, and its devices on the first of them; no nodes: no place.
  struct Place {
    std::vector<NodeIndex> nodes{};
    DeviceList devices{};
  };
  /// Places one pod of a workload with others.
  [[nodiscard]] Place place_next(Trial& trial, const PodView& pod, const Site& site,
                                 std::size_t nodes_max, NodeIndex own = kNoNode);
  [[nodiscard]] std::optional<PlacedPods> place_all(Trial trial, Pods pods, const Site& site,
                                                    std::size_t nodes_max,
                                                    std::span<const NodeIndex> own = {});
  [[nodiscard]] std::optional<PlacedPods> place_one(const PodView& pod, const Site& site,
                                                    std::size_t nodes_max, NodeIndex own);
  [[nodiscard]] std::vector<std::size_t> placing_order(Pods pods, const Site& site) const;

  const ClusterSnapshot* snapshot_;
  NodeOverlay overlay_;
  std::map<RankingKey, NodeRanking> rankings_; ///< looked up, never walked
  std::map<std::pair<PoolName, Constraints>, std::vector<NodeIndex>> allowed_;
};

} // namespace berth::allocation
