#include "operator/cycle/plan_digest.hpp"

#include <optional>

namespace berth::op {
namespace {

/// Without times: a status with them would be written again and again.
std::optional<Brake> brake_of(const allocation::Waiting& waiting) {
  const Reason reason = waiting.why->reason;
  const auto& workload = *waiting.workload;
  if (reason == Reason::CircuitOpen)
    return Brake{reason, "work of " + workload.namespace_name + "/" + workload.service_account +
                             " failed again and again; one probe at a time is let through"};
  if (reason == Reason::Throttled)
    return Brake{reason, "work waits until the API server, or its pool, has less to do"};
  if (reason == Reason::RateLimited)
    return Brake{reason, "work waits for the rate of admissions"};
  return std::nullopt;
}

int rank_of(Reason reason) {
  return reason == Reason::CircuitOpen ? 2 : reason == Reason::Throttled ? 1 : 0;
}

} // namespace

PlanDigest digest(const allocation::Plan& plan, const StartTeller& starts) {
  PlanDigest digest;
  digest.based_on = plan.based_on;
  digest.memories = plan.memory.quotas;
  digest.waiting_by_reason.resize(all_reasons().size());
  for (const auto& waiting : plan.waiting) {
    ++digest.waiting_by_reason[static_cast<std::size_t>(waiting.why->reason)];
    if (waiting.workload->waiting.front()->is_request) {
      PendingRequest& request = digest.requests[waiting.workload->id];
      request.waiting = waiting;
      if (const auto* told = starts.told(waiting.workload->id))
        request.start = *told;
    }
    const QuotaName& quota = waiting.workload->quota.quota;
    if (quota.empty())
      continue;
    if (auto brake = brake_of(waiting)) {
      const auto [known, is_new] = digest.brakes.try_emplace(quota, *brake);
      if (!is_new && rank_of(known->second.reason) < rank_of(brake->reason))
        known->second = *std::move(brake);
    }
    PendingWork& pending = digest.pending[quota];
    if (pending.workloads++ == 0) {
      pending.first = waiting;
      if (const auto* told = starts.told(waiting.workload->id))
        pending.first_start = *told;
    }
    for (const auto& pod : waiting.workload->waiting)
      pending.amounts.add(pod->requests());
  }
  for (const auto& decision : plan.reservations)
    digest.reservations.emplace(decision.reservation->name, decision);
  for (const auto& window : plan.windows)
    digest.windows.emplace(window.reservation->name, window);
  return digest;
}

} // namespace berth::op
