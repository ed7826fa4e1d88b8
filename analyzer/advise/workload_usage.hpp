#pragma once
// WorkloadUsage: what the pods of a workload use, from their newest samples: all together, and the
// busiest of them container by container, since a mean hides the one that is about to be killed.
// Pods without a fresh sample are counted, never taken for idle. Pure.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/model/pool_usage.hpp"
#include "analyzer/sources/metrics_api.hpp"
#include "analyzer/sources/workloads.hpp"

namespace berth::analyzer {

using WorkloadPodPtr = std::shared_ptr<const WorkloadPod>;
/// The newest sample of each pod.
using PodSamples = std::map<kube::ObjectKey, UsageSample>;

struct ContainerPeaks {
  /// Of the pods that are past their start-up; absent resources were not measured.
  resources::ResourceVector busiest{};
  resources::ResourceVector startup{};          ///< of those that are not
  std::optional<resources::Amount> killed_at{}; ///< the highest memory limit one was killed at

  friend bool operator==(const ContainerPeaks&, const ContainerPeaks&) = default;
};

struct WorkloadUsage {
  /// Pods in the place of nodes; capacity is meaningless here.
  PoolUsage pods{};
  std::map<std::string, ContainerPeaks> containers{};
  std::int64_t restarts = 0;
  std::int32_t killed = 0;  ///< pods with a container that was killed for its memory
  std::int32_t waiting = 0; ///< pods without a node
};

/// A pod's first minutes are no steady state.
inline constexpr Duration kStartup = std::chrono::minutes{5};
/// Until so long after its start nothing is expected to be measured of a pod.
inline constexpr Duration kUnmeasuredAtFirst = std::chrono::minutes{2};

[[nodiscard]] WorkloadUsage add_up(const std::vector<WorkloadPodPtr>& pods,
                                   const PodSamples& samples, TimePoint now, Duration stale_after);

} // namespace berth::analyzer
