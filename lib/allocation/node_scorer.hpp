#pragma once
// NodeScorer: asks one strategy about nodes for one kind of pod: it puts together what the strategy
// wants to know (N2) and picks the devices. Made once for a pod shape and a pool, then asked for
// many nodes. Whether the pod fits at all is node_fit.hpp's.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/allocation/device.hpp"
#include "lib/allocation/fragmentation.hpp"
#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/strategy_params.hpp"

namespace berth::allocation {

/// What all scorers of one snapshot and pool share; all pointers outlive them and are never null.
struct ScoringGround {
  const NodeTable* table = nullptr;
  const FragmentationModel* fragmentation = nullptr;
  PoolName pool{}; ///< empty: nodes of any pool
  const StrategyParams* params = nullptr;
  Strategy strategy = Strategy::BestFit;
  /// What rules prefer; null: nothing.
  const PoolRules* rules = nullptr;
  /// Constraints::preferred_nodes; null: none.
  const std::vector<NodeName>* preferred_nodes = nullptr;
};

/// A node that the work itself prefers, beside kStrategyWeight: it comes first wherever it has
/// room.
inline constexpr std::int64_t kPreferredNodeWeight = 100 * kStrategyWeight;

class NodeScorer {
public:
  /// `is_favoured`: see NodeOutlook.
  NodeScorer(ScoringGround ground, bool is_favoured);

  /// The opinion on a node that has room for the request, 0 to kPointsMax.
  [[nodiscard]] Points score(const ColumnRequest& request, NodeIndex node, const NodeRoom& room);
  /// The devices that the pod is to get there; empty if it asks for none or none are told apart.
  [[nodiscard]] DeviceList devices(const ColumnRequest& request, const NodeRoom& room);

private:
  /// A choice of devices and what fragmentation would be with it.
  struct DeviceChoice {
    DeviceList devices{};
    std::int64_t fragments = 0;
  };
  void read_free(const NodeRoom& room);
  void collect_rooms(const ColumnRequest& request, NodeIndex node, const NodeRoom& room);
  [[nodiscard]] const NodeUse* measured_on(NodeIndex node) const;
  void add_devices(const ColumnRequest& request, NodeIndex node, const NodeRoom& room);
  [[nodiscard]] Points strategy_points(const ColumnRequest& request, NodeIndex node,
                                       const NodeRoom& room);
  [[nodiscard]] DeviceChoice choose(const ColumnRequest& request);
  [[nodiscard]] std::int64_t fragments_with(const DeviceAsk& ask, const DeviceList& devices);

  /// Resources that a score looks at; of a pod that asks for more, the first of them.
  static constexpr std::size_t kScoredMax = 8;

  ScoringGround ground_;
  bool is_favoured_;
  bool counts_fragments_;
  const PoolMerits* merits_;
  std::vector<std::int64_t> weights_; ///< by column
  std::int64_t device_weight_;
  std::array<ResourceRoom, kScoredMax + 1> rooms_; ///< the devices after the resources
  std::size_t rooms_count_ = 0;
  std::vector<std::int64_t> free_columns_;
  std::vector<std::int64_t> free_devices_;
};

/// Whether a pod deserves room to itself by the pool's strategy.
struct Standing {
  std::int64_t priority = 0; ///< effective_priority(); above 0: more than ordinary
  bool is_over_nominal = false;
};
/// Whether there is anybody who does.
[[nodiscard]] bool favours_some(Strategy strategy);
[[nodiscard]] bool is_favoured(Strategy strategy, const Standing& standing);

} // namespace berth::allocation
