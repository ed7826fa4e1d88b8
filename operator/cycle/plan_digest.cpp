#include "operator/cycle/plan_digest.hpp"

#include <algorithm>
#include <optional>

#include "lib/cluster/request_units.hpp"

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

/// Pod by pod, as holders of reservations are named; of a request the request.
std::vector<api::WorkloadRef> victims_of(const allocation::PodView& nominated,
                                         const allocation::ClusterSnapshot& snapshot) {
  std::vector<api::WorkloadRef> victims;
  if (!nominated.nomination)
    return victims;
  for (const PodUid& uid : nominated.nomination->victims)
    if (const auto* pod = snapshot.find_pod(uid)) {
      const auto request = cluster::request_uid_of(uid);
      api::WorkloadRef victim{request.value_or(uid.str()),
                              request ? api::WorkloadKind::AllocationRequest
                                      : api::WorkloadKind::Pod,
                              pod->namespace_name, pod->name};
      if (std::ranges::find(victims, victim) == victims.end())
        victims.push_back(std::move(victim));
    }
  return victims;
}

int rank_of(Reason reason) {
  return reason == Reason::CircuitOpen ? 2 : reason == Reason::Throttled ? 1 : 0;
}

} // namespace

PlanDigest digest(const allocation::Plan& plan, const DigestSources& known, TimePoint now) {
  PlanDigest digest;
  digest.based_on = plan.based_on;
  digest.memories = plan.memory.quotas;
  digest.evictions = known.evictions.by_quota(now);
  digest.waiting_by_reason.resize(all_reasons().size());
  for (const auto& waiting : plan.waiting) {
    ++digest.waiting_by_reason[static_cast<std::size_t>(waiting.why->reason)];
    if (waiting.workload->waiting.front()->is_request) {
      PendingRequest& request = digest.requests[waiting.workload->id];
      request.waiting = waiting;
      if (const auto* told = known.starts.told(waiting.workload->id))
        request.start = *told;
      request.victims = victims_of(*waiting.workload->waiting.front(), known.snapshot);
      request.suggestions = known.suggestions.of(waiting.workload->id);
    }
    const QuotaName& quota = waiting.workload->quota.quota;
    if (quota.empty())
      continue;
    if (auto brake = brake_of(waiting)) {
      const auto [other, is_new] = digest.brakes.try_emplace(quota, *brake);
      if (!is_new && rank_of(other->second.reason) < rank_of(brake->reason))
        other->second = *std::move(brake);
    }
    PendingWork& pending = digest.pending[quota];
    if (pending.workloads++ == 0) {
      pending.first = waiting;
      if (const auto* told = known.starts.told(waiting.workload->id))
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
