#pragma once
// The pods of a pool in the terms that moves are planned in: which of them may be moved, and what
// moving each one costs; and the plans back in words and evictions. Pure.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "analyzer/advise/pool_pods.hpp"
#include "analyzer/model/moves/placement.hpp"
#include "lib/api/evictions.hpp"
#include "lib/base/clock.hpp"

namespace berth::analyzer {

/// The priority of system-cluster-critical: what has it is not moved.
inline constexpr std::int64_t kSystemPriority = 2'000'000'000;
/// A pod that was made less than this ago is moved only if nothing else will do.
inline constexpr Duration kMadeLately = std::chrono::hours{1};

struct PlacedPool {
  Placement placement{};
  std::vector<std::size_t> pods{}; ///< of placement.pods: the index into PoolPods::pods
};

/// May be moved: a pod that works, of a Deployment or StatefulSet that has all its replicas, two or
/// more, and by one plan no more than a fifth of those; that asks nothing of its place but room and
/// has nothing there to lose. Costs: 10 for the restart, up to 31 more with its priority, 20 more
/// if it was made lately. Whether a disruption budget allows it is found out when it is evicted.
[[nodiscard]] PlacedPool place(const PoolPods& pool, TimePoint now);
/// The nodes alone, with what they have left.
[[nodiscard]] Placement placed_nodes(const PoolPods& pool);
/// `placed` with only these pods, by their index into PoolPods::pods.
[[nodiscard]] PlacedPool only(PlacedPool placed, std::span<const std::size_t> pods);

/// What pods and nodes use of the one resource that is to be spread.
struct MeasuredUse {
  resources::ResourceName resource{""};
  std::map<NodeName, resources::Amount> nodes{};
  std::map<api::ObjectKey, resources::Amount> pods{};
};
/// Nodes that are not in `use` are left out of the plan: nothing goes there, nothing leaves.
void add_use(PlacedPool& placed, const PoolPods& pool, const MeasuredUse& use);

[[nodiscard]] std::vector<api::Eviction>
evictions_of(const PoolPods& pool, const PlacedPool& placed, std::span<const Move> moves);
/// "shop/web-1 from n-2 to n-4, ops/x-0 from n-2 to n-5".
[[nodiscard]] std::string describe(const PoolPods& pool, const PlacedPool& placed,
                                   std::span<const Move> moves);

/// Of the pods that a recommendation evicts those that still run, as indices into PoolPods::pods.
/// Nothing for an action that evicts nobody, or cannot be read.
[[nodiscard]] std::optional<std::vector<std::size_t>>
pods_left(const PoolPods* pool, const api::ScalingRecommendation& recommendation);

} // namespace berth::analyzer
