#pragma once
// act_on_requests(): what is done about the requests of running pods where a policy says Auto: they
// are resized in place, a few at a time, and not replaced. It goes by what each pod says now: one
// that cannot or failed is left to its node and counts against nobody else; one that waits for room
// on its node counts for ten minutes, then what it was asked for is taken back. The pod template
// stays as it is, since changing it would replace every pod; new pods are resized once
// they run. Pure.

#include <functional>

#include "analyzer/advise/decide_workload.hpp"
#include "analyzer/advise/resize_progress.hpp"

namespace berth::analyzer {

/// So many of a target's pods at most are on the way at the same time; at least one.
inline constexpr std::int32_t kResizingPercentMax = 20;
/// The recommendation that what is measured now asks for, and what it changes.
struct WantedResize {
  api::ObjectKey key{};
  std::vector<RequestChange> changes{};
  /// Whether it takes back what the recommendation was carried out with: it may have ended.
  bool takes_back = false;
};

/// What pods that were resized in place are to ask for again, now that what they need is measured
/// and the template is right. Who has less than the template gets it back at once; more is only
/// taken away where `may_lower` says so of the demand. Nothing where no pod was resized.
[[nodiscard]] std::optional<WantedResize>
back_to_template(const WorkloadView& view, const std::vector<WorkloadPodPtr>& pods,
                 const std::vector<ContainerDemand>& demands,
                 const std::function<bool(const ContainerDemand&)>& may_lower);

void act_on_requests(Plan& plan, const WorkloadView& view, const WorkloadFacts& facts,
                     const WantedResize& wanted, TimePoint now);

} // namespace berth::analyzer
