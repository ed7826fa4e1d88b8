#pragma once
// decide(): what to write for one workload that a ScalingPolicy names: how many replicas it should
// have, and what each should ask for. Pure.

#include "analyzer/advise/decide.hpp"
#include "analyzer/advise/replica_room.hpp"
#include "analyzer/advise/resize.hpp"
#include "analyzer/advise/workload_usage.hpp"

namespace berth::analyzer {

/// Of all targets together, so that no cycle becomes long.
inline constexpr std::size_t kPodResizesPerCycleMax = 10;

/// How much of the last hour a container was held back by its cpu limit.
struct ContainerThrottling {
  std::size_t container = 0; ///< index in the workload
  double share = 0;          ///< 0..1
  std::size_t samples = 0;
  Foresight course{}; ///< of the share; made only where there is one
};

/// What was measured of a workload and is expected of it.
struct WorkloadFacts {
  WorkloadUsage usage{};
  /// Of cpu and memory, where its containers ask for it: what all its pods use, of what they ask.
  std::vector<Outlook> used{};
  /// Of the policy's metrics that are read: of the target of all replicas.
  std::vector<Outlook> metrics{};
  std::vector<ContainerDemand> demands{};
  std::vector<ContainerThrottling> throttlings{};
  resources::ResourceVector largest_node{};
  std::optional<ReplicaRoom> room{};                ///< where Berth admits its pods
  std::optional<GrowthRoom> growth_room{};          ///< the same, for pods that run
  std::size_t resizes_max = kPodResizesPerCycleMax; ///< what is left of them in this cycle
  std::vector<WorkloadPodPtr> pods{};               ///< all of its pods
  Learned learned{};
  Proofs proofs{};
};

/// What the number of replicas is judged by: what is measured of the resources and metrics that the
/// workload has, with the thresholds of its policy.
[[nodiscard]] std::vector<Judged> judged_for_replicas(const WorkloadView& view,
                                                      const WorkloadFacts& facts);
/// The replicas that there are, within the bounds of the policy.
[[nodiscard]] TargetSize replicas_of(const WorkloadView& view, const WorkloadFacts& facts);

[[nodiscard]] Decision decide(const WorkloadView& view, const WorkloadFacts& facts,
                              const DecideContext& context);

} // namespace berth::analyzer
