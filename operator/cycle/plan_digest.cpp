#include "operator/cycle/plan_digest.hpp"

namespace berth::op {

PlanDigest digest(const allocation::Plan& plan) {
  PlanDigest digest;
  digest.based_on = plan.based_on;
  digest.memories = plan.memory.quotas;
  digest.waiting_by_reason.resize(all_reasons().size());
  for (const auto& waiting : plan.waiting) {
    ++digest.waiting_by_reason[static_cast<std::size_t>(waiting.why->reason)];
    const QuotaName& quota = waiting.workload->quota.quota;
    if (quota.empty())
      continue;
    PendingWork& pending = digest.pending[quota];
    if (pending.workloads++ == 0)
      pending.first = waiting;
    for (const auto& pod : waiting.workload->waiting)
      pending.amounts.add(pod->requests());
  }
  for (const auto& decision : plan.reservations)
    digest.reservations.emplace(decision.reservation->name, decision);
  return digest;
}

} // namespace berth::op
