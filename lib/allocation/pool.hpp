#pragma once
// PoolSpec: which nodes and which off-node resources belong together. A node is in one pool: where
// selectors overlap the older pool keeps it and the younger one is told (NodesOverlap).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/allocation/node.hpp"
#include "lib/allocation/selector.hpp"
#include "lib/allocation/stop.hpp"
#include "lib/allocation/strategy_params.hpp"
#include "lib/allocation/time_range.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

/// For a while more may be promised on the pool's nodes than otherwise. It ends by itself: what was
/// promised stays charged, and nothing is added until that fits again.
struct PoolBurst {
  TimeRange period{};
  std::int32_t factor_percent = 100; ///< of what may be promised otherwise; 100 and more
  std::vector<ResourceName> resources{};
  std::optional<TimePoint> suspended_until{}; ///< by the pool's degradation (T3)

  friend bool operator==(const PoolBurst&, const PoolBurst&) = default;
};

/// spec.tenants[]: a quota that the pool belongs to, with those below it.
struct PoolTenant {
  QuotaName quota{};
  std::int32_t share_percent = 100; ///< of the pool: the most that it may hold

  friend bool operator==(const PoolTenant&, const PoolTenant&) = default;
};

struct PoolSpec {
  PoolName name{};
  TimePoint created{};
  /// An empty selector takes every node that no older pool has.
  Selector node_selector{};
  /// "pool.berth.dev/<name>" -> capacity.
  ResourceVector virtual_capacity{};
  /// Per resource the percentage of a node's allocatable that may be promised; 100 where absent.
  std::vector<std::pair<ResourceName, std::int32_t>> oversubscription_percent{};
  Strategy strategy = Strategy::BestFit;
  StrategyParams strategy_params{};
  /// Its nodes are for its tenant alone: pods that Berth does not manage keep off.
  bool is_dedicated = false;
  std::vector<PoolTenant> tenants{}; ///< N1; empty: every quota that lists the pool
  Stop drain = Stop::None;
  std::optional<PoolBurst> burst{};

  /// What may be promised on `node` but for a burst: allocatable x oversubscription (L2).
  [[nodiscard]] ResourceVector promisable(const NodeView& node) const;
  [[nodiscard]] bool is_in_burst(TimePoint now) const;
  /// What a burst that is on at `now` adds to promisable(); empty where it adds nothing.
  [[nodiscard]] ResourceVector added_by_burst(const NodeView& node, TimePoint now) const;
  /// When the burst begins or ends next; TimePoint::max() for never.
  [[nodiscard]] TimePoint burst_changes_after(TimePoint now) const;

  friend bool operator==(const PoolSpec&, const PoolSpec&) = default;
};

/// Whether `left` keeps a node that both select: the older, then the first by name.
[[nodiscard]] bool keeps_nodes_before(const PoolSpec& left, const PoolSpec& right);

/// The pool of each node, in the order of `nodes`; empty for a node in none.
/// `pools` must be sorted by keeps_nodes_before().
[[nodiscard]] const PoolSpec* pool_of(const NodeView& node, std::span<const PoolSpec* const> pools);

/// A pool that would have had nodes which an older one keeps.
struct PoolOverlap {
  PoolName pool{};
  PoolName keeper{};
  std::vector<NodeName> nodes{}; ///< at most kOverlapNodesMax, by name
  std::size_t nodes_total = 0;
};
inline constexpr std::size_t kOverlapNodesMax = 10;

/// Every overlap, by pool and keeper; for condition NodesDisjoint.
[[nodiscard]] std::vector<PoolOverlap> find_overlaps(std::span<const NodeView* const> nodes,
                                                     std::span<const PoolSpec* const> pools);

} // namespace berth::allocation
