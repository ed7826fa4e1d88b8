#include "operator/quota/decide.hpp"

#include <algorithm>
#include <string>

#include "lib/allocation/remembering.hpp"
#include "lib/api/to_allocation.hpp"
#include "operator/quota/fair_share.hpp"

namespace berth::op {
namespace {

using allocation::QuotaIndex;
using resources::Amount;

api::FirstPending first_pending(const PendingWork& pending) {
  const allocation::Waiting& waiting = pending.first;
  api::FirstPending first;
  const auto& workload = *waiting.workload;
  const auto& pod = *workload.waiting.front();
  first.kind = pod.is_request       ? api::WorkloadKind::AllocationRequest
               : workload.is_gang() ? api::WorkloadKind::Gang
                                    : api::WorkloadKind::Pod;
  first.namespace_name = workload.namespace_name;
  first.name = allocation::workload_name(pod);
  first.reason = waiting.why->reason;
  first.message = waiting.why->message;
  if (pending.first_start) {
    first.planned_start = std::chrono::ceil<std::chrono::seconds>(pending.first_start->planned);
    first.planned_start_latest =
        std::chrono::ceil<std::chrono::seconds>(pending.first_start->interval.latest);
  }
  return first;
}

api::Condition ready_condition(const ObservedQuota& observed, QuotaIndex index) {
  api::Condition condition;
  condition.type = "Ready";
  condition.status = api::ConditionStatus::False;
  const auto& snapshot = *observed.accounts->snapshot;
  const auto& forest = *snapshot.quotas;
  if (const auto& finding = forest.finding(index)) {
    condition.reason = finding->reason;
    condition.message = finding->message;
    return condition;
  }
  if (const auto stopped = forest.stopped_by(index)) {
    condition.reason = Reason::QuotaStopped;
    const allocation::QuotaSpec& spec = forest.spec(*stopped);
    condition.message = "quota " + spec.name.str() +
                        (spec.stop == allocation::Stop::HoldAndDrain
                             ? " is drained: its work is asked to go (spec.stop)"
                             : " is on hold (spec.stop)");
    return condition;
  }
  const QuotaName name{observed.quota->meta.name};
  for (const auto& overlap : observed.accounts->subject_overlaps) {
    if (overlap.quota != name && overlap.other != name)
      continue;
    condition.reason = Reason::SubjectsOverlap;
    condition.message = overlap.subject + " is named by " + overlap.quota.str() + " and " +
                        overlap.other.str() + " equally closely";
    return condition;
  }
  for (const auto& pool : observed.quota->spec.pools) {
    if (snapshot.find_pool(pool.pool_ref.name) != nullptr)
      continue;
    condition.reason = Reason::PoolNotFound;
    condition.message = "pool " + pool.pool_ref.name.str() + " does not exist";
    return condition;
  }
  condition.status = api::ConditionStatus::True;
  condition.reason = Reason::Ready;
  condition.message = "the quota admits workloads";
  return condition;
}

api::Condition within_nominal_condition(const std::vector<api::QuotaPoolStatus>& pools) {
  api::Condition condition;
  condition.type = "WithinNominal";
  condition.status = api::ConditionStatus::True;
  condition.reason = Reason::WithinNominal;
  condition.message = "nothing is borrowed";
  for (const auto& pool : pools) {
    for (const auto& resource : pool.resources) {
      if (resource.borrowed.value_or(Amount{}) <= Amount{0})
        continue;
      condition.status = api::ConditionStatus::False;
      condition.reason = Reason::Borrowing;
      // The amounts are in the status; a message with them would change with every pod.
      condition.message = std::string(resource.name.str()) + " of pool " + pool.pool.str() +
                          " is held above nominal";
      return condition;
    }
  }
  return condition;
}

/// Q6: whether work runs that the quota has no room for.
api::Condition burst_condition(const ObservedQuota& observed, QuotaIndex index) {
  api::Condition condition;
  condition.type = "BurstActive";
  condition.status = api::ConditionStatus::False;
  condition.reason = Reason::NotBursting;
  condition.message = "nothing is held beyond the quota";
  const auto& spec = observed.accounts->snapshot->quotas->spec(index);
  if (!spec.burst || observed.accounts->balance.burst_level(index, spec.burst->factor_percent) == 0)
    return condition;
  const auto memory = observed.plan->memories.find(spec.name);
  condition.status = api::ConditionStatus::True;
  condition.reason = Reason::Bursting;
  condition.message = "work beyond the quota draws on the burst budget";
  if (memory != observed.plan->memories.end() && memory->second.burst.empty_since) {
    condition.reason = Reason::BurstEnded;
    condition.message = "the burst budget is used up; what it paid for has its grace left";
  }
  return condition;
}

/// T1, T2.
api::Condition throttled_condition(const ObservedQuota& observed) {
  api::Condition condition;
  condition.type = "Throttled";
  condition.status = api::ConditionStatus::False;
  condition.reason = Reason::NotThrottled;
  condition.message = "no rate, breaker or pace keeps work back";
  const auto brake = observed.plan->brakes.find(QuotaName{observed.quota->meta.name});
  if (brake == observed.plan->brakes.end())
    return condition;
  condition.status = api::ConditionStatus::True;
  condition.reason = brake->second.reason;
  condition.message = brake->second.message;
  return condition;
}

std::vector<api::QuotaPoolStatus> pool_rows(const ObservedQuota& observed, QuotaIndex index,
                                            const resources::ResourceVector& pending) {
  const auto use = observed.accounts->subtree_use.find(QuotaName{observed.quota->meta.name});
  std::vector<api::QuotaPoolStatus> rows;
  for (const auto& standing : observed.accounts->balance.standing(index)) {
    if (rows.empty() || rows.back().pool != standing.pool)
      rows.emplace_back().pool = standing.pool;
    auto& row = rows.back().resources.emplace_back();
    row.name = standing.resource;
    row.nominal = standing.nominal;
    row.used = Amount{0};
    if (use != observed.accounts->subtree_use.end())
      if (const auto held = use->second.find(standing.pool); held != use->second.end())
        row.used = held->second.get(standing.resource);
    row.borrowed = std::max(standing.borrowed, Amount{0});
    // Waiting work has no pool yet: it is shown where it would go first.
    const auto& pools = observed.quota->spec.pools;
    const bool preferred = !pools.empty() && pools.front().pool_ref.name == standing.pool;
    row.pending = preferred ? pending.get(standing.resource) : Amount{0};
  }
  return rows;
}

/// What a restart must not forget.
void remember(const ObservedQuota& observed, QuotaIndex index, TimePoint now,
              api::QuotaStatus& status) {
  const auto memory = observed.plan->memories.find(QuotaName{observed.quota->meta.name});
  if (memory == observed.plan->memories.end())
    return; // before the first cycle
  const auto& snapshot = *observed.accounts->snapshot;
  const auto& spec = snapshot.quotas->spec(index);
  const auto& fairness = policy_of(snapshot, spec).fairness;
  const auto own = allocation::as_of(memory->second, spec, fairness, now);
  const FairShareInput input{*observed.quota, own, observed.accounts->balance.dominant_share(index),
                             fairness.half_life};
  status.fair_share = fair_share_status(input);
  const bool is_rewritten = status.fair_share != observed.quota->status.fair_share;
  const auto left = burst_left_status(input, is_rewritten);
  for (auto& pool : status.pools)
    for (auto& resource : pool.resources)
      resource.burst_budget_left = left;
}

/// What a new leader must not forget of evictions (P4). What has only grown too old to matter
/// stands until something else is told: it is worth no write.
void tell_evictions(const ObservedQuota& observed, TimePoint now, api::QuotaStatus& status) {
  using allocation::EvictionHistory;
  const auto drop_old = [&](EvictionHistory::OfQuota& told) {
    std::erase_if(told.reclaims, [&](const auto& entry) {
      return entry.second.until + EvictionHistory::kQuietReset <= now;
    });
    std::erase_if(told.evictions,
                  [&](const auto& entry) { return entry.first + EvictionHistory::kWindow <= now; });
  };
  EvictionHistory::OfQuota told = api::evictions_told(*observed.quota);
  EvictionHistory::OfQuota wanted;
  if (const auto known = observed.plan->evictions.find(QuotaName{observed.quota->meta.name});
      known != observed.plan->evictions.end())
    wanted = known->second;
  drop_old(told);
  drop_old(wanted);
  if (told == wanted) {
    status.back_offs = observed.quota->status.back_offs;
    status.recent_evictions = observed.quota->status.recent_evictions;
    return;
  }
  for (const auto& [pool, reclaims] : wanted.reclaims)
    status.back_offs.push_back({pool, reclaims.in_a_row, reclaims.until});
  for (const auto& [at, workload] : wanted.evictions)
    status.recent_evictions.push_back({workload.str(), at});
}

} // namespace

std::optional<api::QuotaStatus> decide_quota_status(const ObservedQuota& observed, TimePoint now) {
  const QuotaName name{observed.quota->meta.name};
  const auto index = observed.accounts->snapshot->quotas->find(name);
  // What is said of a generation must have been seen of that generation.
  if (!index ||
      observed.accounts->snapshot->quotas->spec(*index) != api::to_allocation(*observed.quota))
    return std::nullopt;
  api::QuotaStatus status;
  status.observed_generation = observed.quota->meta.generation;
  status.fair_share = observed.quota->status.fair_share;

  api::WorkloadCounts counts;
  const auto admitted = observed.accounts->admitted.find(name);
  counts.admitted = admitted == observed.accounts->admitted.end() ? 0 : admitted->second;
  resources::ResourceVector pending_amounts;
  const auto pending = observed.plan->pending.find(name);
  if (pending != observed.plan->pending.end()) {
    counts.pending = static_cast<std::int32_t>(pending->second.workloads);
    pending_amounts = pending->second.amounts.total();
    status.first_pending = first_pending(pending->second);
  }
  status.workloads = counts;
  status.pools = pool_rows(observed, *index, pending_amounts);
  remember(observed, *index, now, status);
  tell_evictions(observed, now, status);
  status.conditions = observed.quota->status.conditions;
  for (auto condition : {ready_condition(observed, *index), within_nominal_condition(status.pools),
                         burst_condition(observed, *index), throttled_condition(observed)}) {
    condition.observed_generation = observed.quota->meta.generation;
    api::set_condition(status.conditions, std::move(condition), now);
  }
  return status;
}

} // namespace berth::op
