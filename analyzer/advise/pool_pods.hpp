#pragma once
// PoolPods: which pods run on the nodes of a pool, what those nodes have left, and which pods wait
// for a node with more. What moves are planned from. Pure.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/sources/workloads.hpp"
#include "lib/api/quota.hpp"
#include "lib/cluster/node.hpp"
#include "lib/kube/store.hpp"

namespace berth::analyzer {

struct PoolNode {
  NodeName name{};
  resources::ResourceVector allocatable{};
  resources::ResourceVector requested{}; ///< by the pods that run on it
  std::int32_t pods = 0;
  bool takes_pods = true; ///< ready and not cordoned
  /// Its taints that keep pods off, sorted, but for those that all nodes of the pool have.
  std::vector<std::string> keeps_off{};
};

struct RunningPod {
  std::shared_ptr<const WorkloadPod> pod{};
  std::size_t node = 0; ///< index into PoolPods::nodes
};

/// How many replicas a workload wants, and has.
struct ReplicaCounts {
  std::int32_t wanted = 0;
  std::int32_t ready = 0;
  bool is_choosy = false; ///< the next one may not be right for another node of the pool
};

struct PoolPods {
  std::vector<PoolNode> nodes{};  ///< by name
  std::vector<RunningPod> pods{}; ///< by namespace and name
  /// Those that wait for want of room and would take any node of the pool; by namespace and name.
  std::vector<std::shared_ptr<const WorkloadPod>> waiting{};
  /// Of the Deployments and StatefulSets that the pods are of, in all pools.
  std::map<WorkloadRef, ReplicaCounts> replicas{};
};

struct PoolPodsSources {
  const kube::Store<cluster::Node>& nodes;
  const kube::Store<api::Quota>& quotas;
  const kube::Store<Workload>& deployments;
  const kube::Store<Workload>& stateful_sets;
  const kube::Store<WorkloadPod>& pods;
};

/// What a pod takes of its node: what its containers and sidecars ask for, or still hold while they
/// are resized, and one of `pods`. What starts before them, and overhead, is not known here; what
/// is on no node is left out.
[[nodiscard]] resources::ResourceVector requests_of(const WorkloadPod& pod);

/// By pool. `pool_of`: which pool keeps a node.
[[nodiscard]] std::map<std::string, std::shared_ptr<const PoolPods>>
pool_pods(const PoolPodsSources& sources, const std::map<NodeName, std::string>& pool_of);

} // namespace berth::analyzer
