#include "analyzer/advise/pool_pods.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace berth::analyzer {
namespace {

using resources::ResourceVector;
using Pools = std::map<std::string, PoolPods>;

std::vector<std::string> keeps_off(const allocation::NodeView& node) {
  std::vector<std::string> found;
  for (const allocation::Taint& taint : node.taints)
    if (taint.effect != allocation::TaintEffect::PreferNoSchedule)
      found.push_back(
          taint.key + '=' + taint.value + ':' +
          (taint.effect == allocation::TaintEffect::NoExecute ? "NoExecute" : "NoSchedule"));
  std::ranges::sort(found);
  return found;
}

/// What all nodes of a pool have is no difference between them.
void drop_common_taints(PoolPods& pool) {
  if (pool.nodes.empty())
    return;
  std::vector<std::string> common = pool.nodes.front().keeps_off;
  for (const PoolNode& node : pool.nodes) {
    std::vector<std::string> both;
    std::ranges::set_intersection(common, node.keeps_off, std::back_inserter(both));
    common = std::move(both);
  }
  for (PoolNode& node : pool.nodes) {
    std::vector<std::string> left;
    std::ranges::set_difference(node.keeps_off, common, std::back_inserter(left));
    node.keeps_off = std::move(left);
  }
}

/// Where each node is among those of its pool.
using Places = std::map<std::string, std::pair<PoolPods*, std::size_t>, std::less<>>;

Places add_nodes(Pools& pools, const kube::Store<cluster::Node>& nodes,
                 const std::map<NodeName, std::string>& pool_of) {
  Places places;
  for (const auto& [key, node] : nodes.items()) {
    const auto kept = pool_of.find(node->view.name);
    if (kept == pool_of.end())
      continue;
    PoolPods& pool = pools[kept->second];
    places[key.name] = {&pool, pool.nodes.size()};
    PoolNode& place = pool.nodes.emplace_back();
    place.name = node->view.name;
    place.allocatable = node->view.allocatable;
    place.takes_pods = node->view.ready && !node->view.unschedulable;
    place.keeps_off = keeps_off(node->view);
  }
  for (auto& [name, pool] : pools)
    drop_common_taints(pool);
  return places;
}

std::shared_ptr<const Workload> find_workload(const PoolPodsSources& sources,
                                              const WorkloadRef& ref) {
  switch (ref.kind) {
  case api::ScalingTargetKind::Deployment: return sources.deployments.find(ref.key);
  case api::ScalingTargetKind::StatefulSet: return sources.stateful_sets.find(ref.key);
  default: return nullptr; // a Job's work would be lost with its pod
  }
}

std::map<WorkloadRef, ReplicaCounts> replica_counts(const PoolPodsSources& sources) {
  std::map<WorkloadRef, ReplicaCounts> counts;
  for (const auto& [key, pod] : sources.pods.items()) {
    if (!pod->workload || pod->stage != PodStage::Running || !pod->ready)
      continue;
    const auto [place, is_new] = counts.try_emplace(*pod->workload);
    if (is_new)
      if (const auto workload = find_workload(sources, *pod->workload))
        place->second = {workload->replicas, 0, workload->is_choosy};
    ++place->second.ready;
  }
  return counts;
}

/// Whether a pod may wait for the pool: its quota may use it. Which quota is charged is the
/// operator's to say: here it is the one that the pod names, or one that names its namespace.
bool may_wait_for(const WorkloadPod& pod, const std::string& pool,
                  const kube::Store<api::Quota>& quotas) {
  if (pod.admission)
    return pod.admission->pool.str() == pool;
  return std::ranges::any_of(quotas.items(), [&](const auto& entry) {
    const api::QuotaSpec& quota = entry.second->spec;
    const auto& namespaces = quota.subjects.namespaces;
    const bool is_its = pod.quota.empty()
                            ? std::ranges::find(namespaces, pod.meta.ns) != namespaces.end()
                            : entry.first.name == pod.quota;
    return is_its && quota.stop == api::Stop::None &&
           std::ranges::any_of(quota.pools, [&](const api::QuotaPool& one) {
             return one.pool_ref.name.str() == pool;
           });
  });
}

} // namespace

ResourceVector requests_of(const WorkloadPod& pod) {
  ResourceVector requests{{"pods", 1}};
  for (const PodContainer& container : pod.containers) {
    ResourceVector of = container.requests;
    if (container.requests_in_force)
      of.raise_to(*container.requests_in_force);
    for (const auto& [resource, amount] : of)
      if (!resource.is_virtual())
        requests.set(resource, requests.get(resource) + amount);
  }
  return requests;
}

std::map<std::string, std::shared_ptr<const PoolPods>>
pool_pods(const PoolPodsSources& sources, const std::map<NodeName, std::string>& pool_of) {
  Pools pools;
  const Places places = add_nodes(pools, sources.nodes, pool_of);
  const auto counts = replica_counts(sources);
  for (const auto& [key, pod] : sources.pods.items()) {
    if (pod->stage == PodStage::Ended)
      continue;
    const bool lacks_room = pod->lacks_room || pod->is_unbound;
    if (lacks_room && !pod->is_choosy)
      for (auto& [name, pool] : pools)
        if (may_wait_for(*pod, name, sources.quotas))
          pool.waiting.push_back(pod);
    const auto place = places.find(pod->node);
    if (place == places.end())
      continue;
    auto& [pool, at] = place->second;
    pool->pods.push_back({pod, at});
    pool->nodes[at].requested += requests_of(*pod);
    ++pool->nodes[at].pods;
    if (pod->workload)
      if (const auto count = counts.find(*pod->workload); count != counts.end())
        pool->replicas.insert(*count);
  }
  std::map<std::string, std::shared_ptr<const PoolPods>> found;
  for (auto& [name, pool] : pools)
    found[name] = std::make_shared<const PoolPods>(std::move(pool));
  return found;
}

} // namespace berth::analyzer
