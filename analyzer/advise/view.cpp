#include "analyzer/advise/view.hpp"

#include <algorithm>
#include <string>

#include "lib/allocation/pool.hpp"
#include "lib/api/to_allocation.hpp"

namespace berth::analyzer {
namespace {

using PoolViews = std::map<std::string, PoolView>;

/// The specs in the order in which pools keep nodes.
std::vector<allocation::PoolSpec> keeping_order(const kube::Store<api::ResourcePool>& pools) {
  std::vector<allocation::PoolSpec> specs;
  for (const auto& [key, pool] : pools.items())
    specs.push_back(api::to_allocation(*pool));
  std::ranges::sort(specs, allocation::keeps_nodes_before);
  return specs;
}

MeasuredNode measured(const allocation::NodeView& node, const NodeSamples& samples) {
  MeasuredNode result;
  result.allocatable = node.allocatable;
  result.ready = node.ready;
  result.takes_work = node.ready && !node.unschedulable;
  if (const auto sample = samples.find(node.name); sample != samples.end())
    result.usage = sample->second;
  return result;
}

void add_nodes(PoolViews& views, const Caches& caches, const NodeSamples& samples) {
  const auto specs = keeping_order(caches.pools);
  std::vector<const allocation::PoolSpec*> pointers;
  for (const auto& spec : specs)
    pointers.push_back(&spec);
  for (const auto& [key, node] : caches.nodes.items())
    if (const auto* spec = allocation::pool_of(node->view, pointers))
      views[spec->name.str()].nodes.push_back(measured(node->view, samples));
}

bool is_older(const api::ScalingPolicy& left, const api::ScalingPolicy& right) {
  return std::pair(left.meta.created, left.meta.key()) <
         std::pair(right.meta.created, right.meta.key());
}

void add_policies(PoolViews& views, const kube::Store<api::ScalingPolicy>& policies) {
  for (const auto& [key, policy] : policies.items()) {
    const auto& target = policy->spec.target_ref;
    const auto view = views.find(target.name);
    if (target.kind != api::ScalingTargetKind::ResourcePool || view == views.end())
      continue;
    auto& chosen = view->second.policy;
    if (!chosen || is_older(*policy, *chosen))
      chosen = policy;
  }
}

bool is_about_pool_size(const api::ScalingRecommendation& recommendation) {
  return recommendation.spec.target_ref.kind == api::ScalingTargetKind::ResourcePool &&
         (recommendation.spec.kind == api::RecommendationKind::GrowPool ||
          recommendation.spec.kind == api::RecommendationKind::ShrinkPool);
}

} // namespace

ClusterView observe(const Caches& caches, const NodeSamples& samples) {
  PoolViews views;
  for (const auto& [key, pool] : caches.pools.items())
    views[key.name].pool = pool;
  add_nodes(views, caches, samples);
  add_policies(views, caches.policies);
  ClusterView cluster;
  for (const auto& [key, recommendation] : caches.recommendations.items()) {
    if (!is_about_pool_size(*recommendation))
      continue;
    const auto view = views.find(recommendation->spec.target_ref.name);
    (view == views.end() ? cluster.orphans : view->second.recommendations)
        .push_back(recommendation);
  }
  for (auto& [name, view] : views)
    cluster.pools.push_back(std::move(view));
  return cluster;
}

} // namespace berth::analyzer
