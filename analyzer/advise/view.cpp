#include "analyzer/advise/view.hpp"

#include <algorithm>
#include <optional>
#include <set>
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

/// cpu and memory are for the metrics API to say.
std::optional<MeasuredNode::Usage> pushed_of(const cluster::Node& node) {
  if (!node.pushed.usage)
    return std::nullopt;
  MeasuredNode::Usage usage{node.pushed.usage->measured_at, {}};
  for (const auto& [name, quantity] : node.pushed.usage->used) {
    const resources::ResourceName resource(name);
    if (resource != resources::ResourceName::cpu() && resource != resources::ResourceName::memory())
      usage.used.set(resource, resources::amount_of(resource, quantity));
  }
  return usage;
}

MeasuredNode measured(const cluster::Node& kept, const NodeSamples& samples) {
  const allocation::NodeView& node = kept.view;
  MeasuredNode result;
  result.name = node.name;
  result.allocatable = node.allocatable;
  result.ready = node.ready;
  result.takes_work = node.ready && !node.unschedulable;
  if (const auto sample = samples.find(node.name); sample != samples.end())
    result.usage = sample->second;
  result.pushed = pushed_of(kept);
  return result;
}

void add_nodes(PoolViews& views, const Caches& caches, const NodeSamples& samples) {
  const auto specs = keeping_order(caches.pools);
  std::vector<const allocation::PoolSpec*> pointers;
  for (const auto& spec : specs)
    pointers.push_back(&spec);
  std::map<NodeName, std::string> kept_by;
  for (const auto& [key, node] : caches.nodes.items())
    if (const auto* spec = allocation::pool_of(node->view, pointers)) {
      views[spec->name.str()].nodes.push_back(measured(*node, samples));
      kept_by.emplace(node->view.name, spec->name.str());
    }
  const PoolPodsSources sources{caches.nodes, caches.quotas, caches.deployments,
                                caches.stateful_sets, caches.pods};
  for (auto& [name, pods] : pool_pods(sources, kept_by))
    views[name].pods = std::move(pods);
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

using WorkloadViews = std::map<WorkloadRef, WorkloadView>;

WorkloadPtr find_workload(const Caches& caches, const WorkloadRef& ref) {
  switch (ref.kind) {
  case api::ScalingTargetKind::StatefulSet: return caches.stateful_sets.find(ref.key);
  case api::ScalingTargetKind::Job: return caches.jobs.find(ref.key);
  default: return caches.deployments.find(ref.key);
  }
}

bool is_workload(api::ScalingTargetKind kind) {
  return kind == api::ScalingTargetKind::Deployment ||
         kind == api::ScalingTargetKind::StatefulSet || kind == api::ScalingTargetKind::Job;
}

WorkloadViews workloads_of(const Caches& caches) {
  WorkloadViews views;
  for (const auto& [key, policy] : caches.policies.items()) {
    const auto& target = policy->spec.target_ref;
    if (!is_workload(target.kind))
      continue;
    const WorkloadRef ref{target.kind, {key.ns, target.name}};
    WorkloadView& view = views[ref];
    view.ref = ref;
    view.workload = find_workload(caches, ref);
    if (!view.policy || is_older(*policy, *view.policy))
      view.policy = policy;
  }
  return views;
}

void add_autoscalers(WorkloadViews& views, const kube::Store<Autoscaler>& autoscalers) {
  for (const auto& [key, autoscaler] : autoscalers.items()) {
    const auto view = autoscaler->target ? views.find(*autoscaler->target) : views.end();
    if (view == views.end())
      continue;
    auto& chosen = view->second.autoscaler;
    if (!chosen || key < chosen->meta.key())
      chosen = autoscaler;
  }
}

void add_admissions(WorkloadViews& views, const kube::Store<WorkloadPod>& pods) {
  std::map<WorkloadRef, std::pair<TimePoint, api::ObjectKey>> newest;
  for (const auto& [key, pod] : pods.items()) {
    const bool is_berths = pod->admission || pod->is_gated;
    if (!pod->workload || !is_berths || pod->stage == PodStage::Ended)
      continue;
    const auto view = views.find(*pod->workload);
    if (view == views.end())
      continue;
    view->second.waits_at_gate = view->second.waits_at_gate || pod->is_gated;
    if (!pod->admission)
      continue;
    auto& admission = view->second.admission;
    auto& last = newest[*pod->workload];
    const std::pair made(pod->meta.created, key);
    if (!admission || last < made) {
      last = made;
      admission = WorkloadAdmission{*pod->admission, admission ? admission->pods : 0};
    }
    ++admission->pods;
  }
}

/// Why the policy has no effect; nothing where it holds.
std::optional<IdlePolicy> idle(const std::shared_ptr<const api::ScalingPolicy>& policy,
                               const PoolViews& pools, const WorkloadViews& workloads) {
  const auto& target = policy->spec.target_ref;
  std::shared_ptr<const api::ScalingPolicy> holder;
  if (target.kind == api::ScalingTargetKind::ResourcePool) {
    const auto view = pools.find(target.name);
    holder = view == pools.end() ? nullptr : view->second.policy;
  } else {
    const auto view = workloads.find({target.kind, {policy->meta.ns, target.name}});
    const bool is_there = view != workloads.end() && view->second.workload != nullptr;
    holder = is_there ? view->second.policy : nullptr;
  }
  if (!holder)
    return IdlePolicy{policy, Reason::TargetNotFound, nullptr};
  return holder == policy ? std::nullopt
                          : std::optional(IdlePolicy{policy, Reason::TargetTaken, holder});
}

using QuotaViews = std::map<std::string, QuotaView>;

QuotaViews quotas_of(const Caches& caches) {
  QuotaViews views;
  for (const auto& [key, quota] : caches.quotas.items())
    views[key.name].quota = quota;
  return views;
}

/// The list of the recommendations of its target; null where there is none.
std::vector<RecommendationPtr>* place_of(const api::ScalingRecommendation& recommendation,
                                         PoolViews& pools, WorkloadViews& workloads,
                                         QuotaViews& quotas) {
  const auto& target = recommendation.spec.target_ref;
  if (target.kind == api::ScalingTargetKind::Quota) {
    const auto view = quotas.find(target.name);
    return view == quotas.end() ? nullptr : &view->second.recommendations;
  }
  if (target.kind == api::ScalingTargetKind::ResourcePool) {
    const auto view = pools.find(target.name);
    return view == pools.end() ? nullptr : &view->second.recommendations;
  }
  const auto view = workloads.find({target.kind, {recommendation.meta.ns, target.name}});
  const bool is_there = view != workloads.end() && view->second.workload != nullptr;
  return is_there ? &view->second.recommendations : nullptr;
}

} // namespace

const PoolView* find_pool(const std::vector<PoolView>& pools, const PoolName& name) {
  const auto found =
      std::ranges::find(pools, name.str(), [](const PoolView& one) { return one.pool->meta.name; });
  return found == pools.end() ? nullptr : &*found;
}

ClusterView observe(const Caches& caches, const NodeSamples& samples) {
  PoolViews pools;
  for (const auto& [key, pool] : caches.pools.items())
    pools[key.name].pool = pool;
  for (auto& [name, work] : waiting_work(caches.pools, caches.quotas, caches.pods))
    pools[name].waiting = std::move(work);
  add_nodes(pools, caches, samples);
  add_policies(pools, caches.policies);
  WorkloadViews workloads = workloads_of(caches);
  add_autoscalers(workloads, caches.autoscalers);
  add_admissions(workloads, caches.pods);
  QuotaViews quotas = quotas_of(caches);
  ClusterView cluster;
  for (const auto& [key, recommendation] : caches.recommendations.items()) {
    auto* place = place_of(*recommendation, pools, workloads, quotas);
    (place == nullptr ? cluster.orphans : *place).push_back(recommendation);
  }
  for (const auto& [key, policy] : caches.policies.items())
    if (auto one = idle(policy, pools, workloads))
      cluster.idle_policies.push_back(std::move(*one));
  for (auto& [name, view] : pools)
    cluster.pools.push_back(std::move(view));
  for (auto& [name, view] : quotas)
    cluster.quotas.push_back(std::move(view));
  for (auto& [ref, view] : workloads)
    if (view.workload)
      cluster.workloads.push_back(std::move(view));
  return cluster;
}

WorkloadPods pods_by_workload(const Caches& caches) {
  std::set<WorkloadRef> jobs;
  for (const auto& [key, policy] : caches.policies.items())
    if (policy->spec.target_ref.kind == api::ScalingTargetKind::Job)
      jobs.insert({api::ScalingTargetKind::Job, {key.ns, policy->spec.target_ref.name}});
  WorkloadPods pods;
  for (const auto& [key, pod] : caches.pods.items())
    if (pod->workload &&
        (pod->workload->kind != api::ScalingTargetKind::Job || jobs.contains(*pod->workload)))
      pods[*pod->workload].push_back(pod);
  return pods;
}

} // namespace berth::analyzer
