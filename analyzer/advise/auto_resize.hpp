#pragma once
// act_on_requests(): what is done about the requests of running pods where a policy says Auto: they
// are resized in place, a few at a time, and not replaced. It goes by what each pod says now: one
// that waits, cannot, or failed is left to its node and counts against nobody else. The pod
// template stays as it is, since changing it would replace every pod; new pods are resized once
// they run. Pure.

#include "analyzer/advise/decide_workload.hpp"

namespace berth::analyzer {

/// So many of a target's pods at most are on the way at the same time; at least one.
inline constexpr std::int32_t kResizingPercentMax = 20;
inline constexpr std::size_t kPodResizesPerCycleMax = 10;
/// A pod that is on the way for longer is stuck, and others need not wait for it.
inline constexpr Duration kResizeStuckAfter = std::chrono::minutes{10};

/// The recommendation that what is measured now asks for, and what it changes.
struct WantedResize {
  api::ObjectKey key{};
  std::vector<RequestChange> changes{};
};

/// Where the pods of a target are with a change of requests.
struct ResizeProgress {
  std::int32_t running = 0;
  std::int32_t done = 0;
  std::int32_t in_progress = 0; ///< stuck ones are not among them
  std::int32_t holding = 0;     ///< of those, how many others wait for
  std::int32_t stuck = 0;
  std::int32_t deferred = 0;
  std::int32_t infeasible = 0;
  std::int32_t failed = 0;            ///< the kubelet failed, and tries again
  std::int32_t barred = 0;            ///< it would change their class of service
  std::vector<WorkloadPodPtr> open{}; ///< those that were not asked yet, by key
};

[[nodiscard]] ResizeProgress progress_of(const std::vector<WorkloadPodPtr>& pods,
                                         const Workload& workload,
                                         const std::vector<RequestChange>& changes, TimePoint now);
/// "3 of 10 pods have it; 1 waits for room on its node".
[[nodiscard]] std::string describe(const ResizeProgress& progress);

void act_on_requests(Plan& plan, const WorkloadView& view, const WorkloadFacts& facts,
                     const WantedResize& wanted, TimePoint now);

} // namespace berth::analyzer
