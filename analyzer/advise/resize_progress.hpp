#pragma once
// ResizeProgress: where the running pods of a target are with a change of their requests, each by
// what it says itself, and what of a change a pod can be asked for. Pure.

#include <string>
#include <vector>

#include "analyzer/advise/resize.hpp"
#include "analyzer/advise/workload_usage.hpp"

namespace berth::analyzer {

/// A pod that is on the way for longer is stuck, and others need not wait for it. One that waits
/// for room on its node for longer is given up: what it asks for is charged and helps nobody.
inline constexpr Duration kResizeStuckAfter = std::chrono::minutes{10};

struct ResizeProgress {
  std::int32_t running = 0;
  std::int32_t done = 0;
  std::int32_t in_progress = 0; ///< stuck ones are not among them
  std::int32_t holding = 0;     ///< how many of all others wait for
  std::int32_t stuck = 0;
  std::int32_t deferred = 0; ///< those that are given up too
  std::int32_t infeasible = 0;
  std::int32_t failed = 0;            ///< the kubelet failed, and tries again
  std::int32_t barred = 0;            ///< it would change their class of service
  bool restarts = false;              ///< what is changed is not changed while a container runs on
  std::vector<WorkloadPodPtr> open{}; ///< those that were not asked yet
  std::vector<WorkloadPodPtr> given_up{}; ///< of which it is known what is in force
};

[[nodiscard]] ResizeProgress progress_of(const std::vector<WorkloadPodPtr>& pods,
                                         const Workload& workload,
                                         const std::vector<RequestChange>& changes, TimePoint now);
/// "3 of 10 running pods have it; 1 waiting for room on the node".
[[nodiscard]] std::string describe(const ResizeProgress& progress);

/// What the pod would ask for more than it does; what it would ask for less is left out.
[[nodiscard]] resources::ResourceVector growth_of(const WorkloadPod& pod, const Workload& workload,
                                                  const std::vector<RequestChange>& changes);

/// A strategic merge patch, which finds containers by their names; of another pod it is refused.
[[nodiscard]] std::string pod_patch(const WorkloadPod& pod, const Workload& workload,
                                    const std::vector<RequestChange>& changes);
/// The same, back to what is in force of what `changes` asked a given-up pod for.
[[nodiscard]] std::string take_back_patch(const WorkloadPod& pod, const Workload& workload,
                                          std::vector<RequestChange> changes);

} // namespace berth::analyzer
