#pragma once
// What the advisor sees: the pools with their nodes and newest samples, who may advise on them, and
// what was recommended before. Built from the caches in each cycle; decide.hpp reads it.

#include <map>
#include <memory>
#include <vector>

#include "analyzer/model/pool_usage.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/api/scaling_policy.hpp"
#include "lib/api/scaling_recommendation.hpp"
#include "lib/cluster/node.hpp"
#include "lib/kube/store.hpp"

namespace berth::analyzer {

using RecommendationPtr = std::shared_ptr<const api::ScalingRecommendation>;

struct PoolView {
  std::shared_ptr<const api::ResourcePool> pool{};
  std::vector<MeasuredNode> nodes{};
  /// The oldest ScalingPolicy whose target is the pool; null: the defaults hold.
  std::shared_ptr<const api::ScalingPolicy> policy{};
  /// GrowPool and ShrinkPool for this pool, standing and ended, by key.
  std::vector<RecommendationPtr> recommendations{};
};

struct ClusterView {
  std::vector<PoolView> pools{}; ///< by name
  /// Recommendations for pools that do not exist.
  std::vector<RecommendationPtr> orphans{};
};

struct Caches {
  const kube::Store<cluster::Node>& nodes;
  const kube::Store<api::ResourcePool>& pools;
  const kube::Store<api::ScalingPolicy>& policies;
  const kube::Store<api::ScalingRecommendation>& recommendations;
};

/// The newest sample of each node.
using NodeSamples = std::map<NodeName, MeasuredNode::Usage>;

/// A node counts for the one pool that keeps it, as everywhere in Berth.
[[nodiscard]] ClusterView observe(const Caches& caches, const NodeSamples& samples);

} // namespace berth::analyzer
