#pragma once
// What the advisor sees: the pools with their nodes and newest samples, the workloads that a policy
// names with their pods, who may advise on them, and what was recommended before. Built from the
// caches in each cycle; decide.hpp reads it.

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "analyzer/advise/pool_pods.hpp"
#include "analyzer/advise/waiting_work.hpp"
#include "analyzer/model/pool_usage.hpp"
#include "analyzer/sources/autoscalers.hpp"
#include "analyzer/sources/workloads.hpp"
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
  WaitingWork waiting{};
  std::shared_ptr<const PoolPods> pods{}; ///< null: it has no nodes
  /// For this pool, standing and ended, by key.
  std::vector<RecommendationPtr> recommendations{};
};

using WorkloadPtr = std::shared_ptr<const Workload>;
using WorkloadPods = std::map<WorkloadRef, std::vector<std::shared_ptr<const WorkloadPod>>>;

/// How far the operator let a workload's pods in.
struct WorkloadAdmission {
  PodAdmission to{};     ///< of the pod that was made last
  std::int32_t pods = 0; ///< that are admitted, and have not ended
};

/// A Deployment, StatefulSet or Job that a ScalingPolicy names.
struct WorkloadView {
  WorkloadRef ref{};
  WorkloadPtr workload{}; ///< in a ClusterView never null
  /// The oldest of those whose target it is; never null.
  std::shared_ptr<const api::ScalingPolicy> policy{};
  /// The first by name that scales it; null: nobody else does.
  std::shared_ptr<const Autoscaler> autoscaler{};
  /// Nothing where none of its pods was admitted by Berth.
  std::optional<WorkloadAdmission> admission{};
  /// Pods of it wait for Berth to admit them.
  bool waits_at_gate = false;
  std::vector<RecommendationPtr> recommendations{};
};

struct QuotaView {
  std::shared_ptr<const api::Quota> quota{}; ///< in a ClusterView never null
  std::vector<RecommendationPtr> recommendations{};
};

/// A ScalingPolicy without effect.
struct IdlePolicy {
  std::shared_ptr<const api::ScalingPolicy> policy{};
  /// TargetNotFound or TargetTaken.
  Reason reason = Reason::TargetNotFound;
  std::shared_ptr<const api::ScalingPolicy> older{}; ///< that holds; where it is taken, else null
};

struct ClusterView {
  std::vector<PoolView> pools{};           ///< by name
  std::vector<WorkloadView> workloads{};   ///< by kind, namespace and name
  std::vector<QuotaView> quotas{};         ///< by name
  std::vector<IdlePolicy> idle_policies{}; ///< by namespace and name
  /// Recommendations for targets that do not exist, or that no policy names any more.
  std::vector<RecommendationPtr> orphans{};
};

struct Caches {
  const kube::Store<cluster::Node>& nodes;
  const kube::Store<api::ResourcePool>& pools;
  const kube::Store<api::Quota>& quotas;
  const kube::Store<api::ScalingPolicy>& policies;
  const kube::Store<api::ScalingRecommendation>& recommendations;
  const kube::Store<Workload>& deployments;
  const kube::Store<Workload>& stateful_sets;
  const kube::Store<Workload>& jobs;
  const kube::Store<WorkloadPod>& pods;
  const kube::Store<Autoscaler>& autoscalers;
};

/// The newest sample of each node.
using NodeSamples = std::map<NodeName, MeasuredNode::Usage>;

/// Null if there is no pool of that name.
[[nodiscard]] const PoolView* find_pool(const std::vector<PoolView>& pools, const PoolName& name);

/// A node counts for the one pool that keeps it, as everywhere in Berth.
[[nodiscard]] ClusterView observe(const Caches& caches, const NodeSamples& samples);
/// The pods of every workload, whether or not a policy names it: what is measured today is the past
/// of a policy that is made tomorrow. Of Jobs only those that one names: they come and go.
[[nodiscard]] WorkloadPods pods_by_workload(const Caches& caches);

} // namespace berth::analyzer
