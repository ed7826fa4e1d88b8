#pragma once
// WorkloadUsage: what the pods of a workload use, from their newest samples: all together, and the
// busiest of them container by container, since a mean hides the one that is about to be killed.
// Running pods without a fresh sample are counted, never taken for idle; pods that do not work yet
// are neither: they are what is still to come. Pure.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/model/pool_usage.hpp"
#include "analyzer/sources/workloads.hpp"
#include "lib/cluster/metrics_api.hpp"

namespace berth::analyzer {

using WorkloadPodPtr = std::shared_ptr<const WorkloadPod>;
/// The newest sample of each pod.
using PodSamples = std::map<kube::ObjectKey, cluster::UsageSample>;

/// A container that was killed for its memory.
struct MemoryKill {
  TimePoint at{};
  resources::Amount limit{}; ///< in force now

  friend bool operator==(const MemoryKill&, const MemoryKill&) = default;
};

struct ContainerPeaks {
  /// Of the pods that are past their start-up; absent resources were not measured.
  resources::ResourceVector busiest{};
  resources::ResourceVector startup{}; ///< of those that are not
  std::vector<MemoryKill> kills{};     ///< the last of each pod that has a limit

  friend bool operator==(const ContainerPeaks&, const ContainerPeaks&) = default;
};

struct WorkloadUsage {
  /// The pods that work, in the place of nodes. `used` and `capacity` are of the containers that
  /// ask for a resource; of a resource that none asks for, of all, with a capacity of nothing.
  PoolUsage pods{};
  std::map<std::string, ContainerPeaks> containers{};
  std::int32_t sampled = 0;                 ///< working pods of which anything fresh is known
  std::optional<TimePoint> newest_sample{}; ///< of those
  std::int32_t present = 0;                 ///< pods that are not ending
  std::int32_t coming = 0;             ///< of those, how many wait, start, or were never ready yet
  std::int32_t ending = 0;             ///< pods that were deleted and are still there
  bool is_sized_by_autoscaler = false; ///< as a VerticalPodAutoscaler says on one of them
};

/// A pod's first minutes are no steady state.
inline constexpr Duration kStartup = std::chrono::minutes{5};
/// Until so long after its start nothing is expected to be measured of a pod.
inline constexpr Duration kUnmeasuredAtFirst = std::chrono::minutes{2};
/// A pod whose readiness changed no later than this after its start was never ready.
inline constexpr Duration kReadinessKnownAfter = std::chrono::seconds{30};

/// Whether it waits, or was not ready once since its node accepted it.
[[nodiscard]] bool never_worked(const WorkloadPod& pod);

[[nodiscard]] WorkloadUsage add_up(const std::vector<WorkloadPodPtr>& pods,
                                   const PodSamples& samples, TimePoint now, Duration stale_after);

} // namespace berth::analyzer
