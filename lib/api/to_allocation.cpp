#include "lib/api/to_allocation.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/allocation/pressure.hpp"
#include "lib/allocation/quota_tree.hpp"

namespace berth::api {
namespace {

using allocation::Requirement;
using allocation::SelectorOperator;
using resources::Amount;
using resources::ResourceName;

constexpr std::int64_t kNanoPerMilli = 1'000'000;

/// As the core says it: a requirement without values can never hold.
allocation::Selector select_nothing() {
  return allocation::Selector{{Requirement{"", SelectorOperator::In}}};
}

allocation::QuotaAmount to_allocation(const QuotaResource& resource) {
  allocation::QuotaAmount amount{resource.name};
  amount.nominal = resource.nominal;
  amount.borrowing_limit = resource.borrowing_limit.value_or(Amount::unlimited());
  amount.lending_limit = resource.lending_limit.value_or(Amount::unlimited());
  return amount;
}

allocation::Stop to_allocation(Stop stop) {
  switch (stop) {
  case Stop::None: return allocation::Stop::None;
  case Stop::Hold: return allocation::Stop::Hold;
  case Stop::HoldAndDrain: return allocation::Stop::HoldAndDrain;
  }
  return allocation::Stop::HoldAndDrain;
}

allocation::Overrun to_allocation(Overrun overrun) {
  switch (overrun) {
  case Overrun::Evict: return allocation::Overrun::Evict;
  case Overrun::Warn: return allocation::Overrun::Warn;
  case Overrun::Allow: return allocation::Overrun::Allow;
  }
  return allocation::Overrun::Allow;
}

allocation::PreemptionPolicy to_allocation(const PreemptionPolicy& preemption) {
  allocation::PreemptionPolicy bounds;
  bounds.enabled = preemption.enabled;
  bounds.min_runtime = preemption.min_runtime;
  bounds.max_evictions_per_hour = preemption.max_evictions_per_hour;
  bounds.max_eviction_ratio_percent = preemption.max_eviction_ratio_percent;
  bounds.notice = preemption.notice;
  bounds.critical_priority = preemption.critical_priority;
  return bounds;
}

allocation::QuotaPreemption to_allocation(const QuotaPreemption& preemption) {
  allocation::QuotaPreemption rights;
  rights.within_quota = preemption.within_quota == WithinQuota::Never
                            ? allocation::WithinQuota::Never
                            : allocation::WithinQuota::LowerPriority;
  switch (preemption.reclaim) {
  case Reclaim::Never: rights.reclaim = allocation::Reclaim::Never; break;
  case Reclaim::LowerPriority: rights.reclaim = allocation::Reclaim::LowerPriority; break;
  case Reclaim::Any: rights.reclaim = allocation::Reclaim::Any; break;
  }
  rights.enforces_lowered = preemption.enforce_lowered == EnforceLowered::AfterNotice;
  return rights;
}

allocation::SubjectLimits to_allocation(const PerSubject& per_subject) {
  allocation::SubjectLimits limits;
  if (per_subject.key == SubjectKey::Label)
    limits.label = per_subject.label;
  limits.amounts = per_subject.limits;
  limits.concurrent = per_subject.max_concurrent;
  limits.per_minute = per_subject.admissions_per_minute;
  return limits;
}

allocation::BurstSpec to_allocation(const QuotaBurst& burst) {
  return {burst.factor_percent, burst.budget, burst.refill, burst.grace_period};
}

Result<allocation::WindowRule> recurring_window(const ReservationWindow& window,
                                                const FindTimeZone& find_zone) {
  auto schedule = allocation::CronSchedule::parse(window.schedule);
  if (!schedule)
    return fail(Code::Invalid, "spec.window." + schedule.error().message); // "schedule: ..."
  auto zone = window.time_zone.empty()
                  ? Result<std::shared_ptr<const allocation::TimeZone>>(allocation::TimeZone::utc())
                  : find_zone(window.time_zone);
  if (!zone)
    return fail(Code::Invalid, "spec.window.timeZone: " + zone.error().message);
  return allocation::RecurringWindow{std::move(*schedule), std::move(*zone), window.duration};
}

Result<allocation::WindowRule> triggered_window(const Reservation& reservation) {
  if (!reservation.spec.trigger)
    return fail(Code::Invalid, "spec.trigger: is missing for the kind Conditional");
  const auto& trigger = reservation.status.trigger;
  if (!trigger)
    return allocation::TriggeredWindow{};
  return allocation::TriggeredWindow{trigger->holds_since || trigger->opens_at, trigger->opens_at,
                                     trigger->ends_at};
}

Result<allocation::WindowRule> window_rule(const Reservation& reservation,
                                           const FindTimeZone& find_zone) {
  const ReservationSpec& spec = reservation.spec;
  if (spec.kind == ReservationKind::Conditional)
    return triggered_window(reservation);
  if (!spec.window) {
    if (spec.kind == ReservationKind::TimeWindow)
      return fail(Code::Invalid, "spec.window: is missing for the kind TimeWindow");
    return allocation::AlwaysOpen{};
  }
  if (spec.window->start)
    return allocation::SingleWindow{*spec.window->start, spec.window->duration};
  return recurring_window(*spec.window, find_zone);
}

std::optional<allocation::PlacementMode> mode_of(PlacementMode mode) {
  switch (mode) {
  case PlacementMode::Auto: return std::nullopt;
  case PlacementMode::Candidates: return allocation::PlacementMode::Candidates;
  case PlacementMode::Nominate: return allocation::PlacementMode::Nominate;
  case PlacementMode::Extender: return allocation::PlacementMode::Extender;
  }
  return std::nullopt;
}

allocation::Ordering to_allocation(Ordering ordering) {
  switch (ordering) {
  case Ordering::PriorityThenFairShare: return allocation::Ordering::PriorityThenFairShare;
  case Ordering::FairShareThenPriority: return allocation::Ordering::FairShareThenPriority;
  case Ordering::Fifo: return allocation::Ordering::Fifo;
  case Ordering::StrictFifo: return allocation::Ordering::StrictFifo;
  }
  return allocation::Ordering::PriorityThenFairShare;
}

allocation::Placement to_allocation(const PlacementPolicy& placement) {
  return {mode_of(placement.mode), placement.candidates};
}

allocation::BackfillPolicy to_allocation(const BackfillPolicy& backfill) {
  return {backfill.enabled, backfill.planned_starts, backfill.use_learned_durations};
}

Requirement with_label(const std::string& key, const std::vector<std::string>& values) {
  return {key, values.empty() ? SelectorOperator::Exists : SelectorOperator::In, values};
}

Requirement without_label(const NodeLabel& label) {
  const auto op = label.values.empty() ? SelectorOperator::DoesNotExist : SelectorOperator::NotIn;
  return {label.key, op, label.values};
}

allocation::Spot to_allocation(Spot spot) {
  switch (spot) {
  case Spot::Allow: return allocation::Spot::Allow;
  case Spot::Forbid: return allocation::Spot::Forbid;
  case Spot::Prefer: return allocation::Spot::Prefer;
  }
  return allocation::Spot::Forbid;
}

allocation::RuleSpec to_allocation(const PolicyRule& rule) {
  allocation::RuleSpec spec;
  spec.name = rule.name;
  spec.match = {rule.match.quotas, rule.match.namespaces, rule.match.pod_selector,
                rule.match.expression};
  for (const NodeLabel& label : rule.effect.require_node_labels)
    spec.effect.node_requirements.push_back(with_label(label.key, label.values));
  for (const NodeLabel& label : rule.effect.forbid_node_labels)
    spec.effect.node_requirements.push_back(without_label(label));
  for (const PreferredNodeLabel& label : rule.effect.prefer_node_labels)
    spec.effect.preferences.push_back({{with_label(label.key, label.values)}, label.weight});
  spec.effect.spot = to_allocation(rule.effect.spot);
  spec.effect.priority_offset = rule.effect.priority_offset.value_or(0);
  if (rule.effect.sla && rule.effect.sla->max_wait)
    spec.effect.wait_max = *rule.effect.sla->max_wait;
  return spec;
}

} // namespace

allocation::TriggerRule to_allocation(const ReservationTrigger& trigger) {
  return {trigger.for_at_least, trigger.active_for};
}

allocation::TriggerState to_allocation(const TriggerStatus& trigger) {
  return {trigger.measured_at, trigger.holds_since, trigger.opens_at, trigger.ends_at};
}

std::optional<allocation::PoolBurst> burst_of(const ResourcePool& pool) {
  const auto& burst = pool.spec.burst;
  if (!burst || !burst->period)
    return std::nullopt;
  const BurstPeriod& period = *burst->period;
  const TimePoint latest_end = period.starts_at + burst->max_duration;
  allocation::PoolBurst result;
  result.period = {period.starts_at, std::min(period.ends_at, latest_end)};
  result.factor_percent = period.factor_percent.value_or(burst->factor_percent);
  for (const std::string& name : period.resources)
    result.resources.emplace_back(name);
  return result;
}

allocation::PoolSpec to_allocation(const ResourcePool& pool) {
  allocation::PoolSpec spec;
  spec.name = PoolName(pool.meta.name);
  spec.created = pool.meta.created;
  spec.node_selector = pool.spec.node_selector.value_or(select_nothing());
  for (const auto& resource : pool.spec.resources)
    if (resource.kind == PoolResourceKind::Virtual)
      spec.virtual_capacity.set(ResourceName(std::string(resources::kVirtualResourcePrefix) +
                                             std::string(resource.name.str())),
                                resource.capacity.value_or(Amount{}));
  for (const auto& ratio : pool.spec.oversubscription)
    spec.oversubscription_percent.emplace_back(ratio.resource, ratio.ratio_percent);
  spec.strategy = pool.spec.strategy;
  if (pool.spec.strategy_params)
    spec.strategy_params = *pool.spec.strategy_params;
  spec.is_dedicated = pool.spec.sharing == Sharing::Dedicated;
  for (const Tenant& tenant : pool.spec.tenants)
    spec.tenants.push_back({tenant.quota_ref.name, tenant.share_percent});
  spec.drain = to_allocation(pool.spec.drain);
  spec.burst = burst_of(pool);
  const auto& degradation = pool.status.degradation;
  const bool leaves_burst =
      degradation &&
      std::ranges::count(degradation->steps, allocation::DegradationStep::LeaveBurst) > 0;
  if (leaves_burst && spec.burst && pool.status.measured_at) // for as long as that is believed
    spec.burst->suspended_until = *pool.status.measured_at + allocation::kMeasurementAgeMax;
  return spec;
}

allocation::QuotaSpec to_allocation(const Quota& quota) {
  allocation::QuotaSpec spec;
  spec.name = QuotaName(quota.meta.name);
  if (quota.spec.parent_ref)
    spec.parent = quota.spec.parent_ref->name;
  spec.subjects = quota.spec.subjects;
  for (const auto& pool : quota.spec.pools) {
    auto& allowed = spec.pools.emplace_back();
    allowed.pool = pool.pool_ref.name;
    for (const auto& resource : pool.resources)
      allowed.resources.push_back(to_allocation(resource));
  }
  spec.weight = quota.spec.weight;
  spec.priority_offset = quota.spec.priority_offset;
  if (quota.spec.per_subject)
    spec.per_subject = to_allocation(*quota.spec.per_subject);
  if (quota.spec.burst)
    spec.burst = to_allocation(*quota.spec.burst);
  if (quota.spec.rate_limit)
    spec.rate_limit = allocation::RateLimit{quota.spec.rate_limit->admissions_per_minute,
                                            quota.spec.rate_limit->burst};
  spec.stop = to_allocation(quota.spec.stop);
  spec.preemption = to_allocation(quota.spec.preemption);
  return spec;
}

Result<allocation::ReservationSpec> to_allocation(const Reservation& reservation,
                                                  const FindTimeZone& find_zone) {
  allocation::ReservationSpec spec;
  spec.name = ReservationName(reservation.meta.name);
  spec.created = reservation.meta.created;
  spec.pool = reservation.spec.pool_ref.name;
  spec.payer = reservation.spec.quota_ref.name;
  spec.amounts = reservation.spec.resources;
  spec.node_count = reservation.spec.node_count.value_or(0);
  BERTH_TRY(spec.window, window_rule(reservation, find_zone));
  if (const auto* triggered = std::get_if<allocation::TriggeredWindow>(&spec.window))
    spec.created = triggered->opens.value_or(spec.created);
  spec.allowed_quotas = reservation.spec.allowed.quotas;
  spec.allowed_subjects.namespaces = reservation.spec.allowed.namespaces;
  spec.allowed_subjects.service_accounts = reservation.spec.allowed.service_accounts;
  if (reservation.spec.allowed == ReservationAllowed{})
    spec.allowed_quotas.push_back(spec.payer);
  spec.lead_time = reservation.spec.lead_time;
  spec.overrun = to_allocation(reservation.spec.overrun);
  spec.lend_idle = reservation.spec.lend_idle;
  spec.places = reservation.status.places;
  spec.accepted = is_true(reservation.status.conditions, "Accepted");
  spec.deleting = reservation.meta.deleted.has_value();
  return spec;
}

allocation::PolicySpec to_allocation(const AllocationPolicy& policy) {
  allocation::PolicySpec spec;
  spec.name = policy.meta.name;
  spec.created = policy.meta.created;
  for (const auto& pool : policy.spec.pool_refs)
    spec.pools.push_back(pool.name);
  spec.ordering = to_allocation(policy.spec.ordering);
  if (policy.spec.ageing)
    spec.ageing = {policy.spec.ageing->points_per_hour, policy.spec.ageing->max_points};
  spec.fairness = {policy.spec.fairness.half_life, policy.spec.fairness.weight_history_percent};
  spec.throttle = {policy.spec.throttle.cpu_percent, policy.spec.throttle.memory_percent};
  spec.breaker = {policy.spec.circuit_breaker.failures, policy.spec.circuit_breaker.window,
                  policy.spec.circuit_breaker.open};
  spec.preemption = to_allocation(policy.spec.preemption);
  spec.placement = to_allocation(policy.spec.placement);
  spec.backfill = to_allocation(policy.spec.backfill);
  spec.gang_timeout = policy.spec.gang_timeout;
  for (const PolicyRule& rule : policy.spec.rules)
    spec.rules.push_back(to_allocation(rule));
  return spec;
}

std::optional<allocation::MeasuredUse> measured_use(const ResourcePool& pool) {
  if (!pool.status.measured_at)
    return std::nullopt;
  allocation::MeasuredUse measured{
      *pool.status.measured_at,     {}, {}, pool.status.oldest_measured_at,
      pool.status.unmeasured_nodes, {}};
  std::ranges::sort(measured.unmeasured);
  for (const auto& row : pool.status.resources)
    if (row.used && row.measured_capacity) {
      measured.used.set(row.name, *row.used);
      measured.capacity.set(row.name, *row.measured_capacity);
    }
  if (const auto& given_up = pool.status.degradation)
    measured.degradation = {given_up->level, given_up->steps, given_up->limits};
  return measured.used.empty() ? std::nullopt : std::optional(std::move(measured));
}

allocation::QuotaMemory remembered(const Quota& quota) {
  allocation::QuotaMemory memory;
  const auto& share = quota.status.fair_share;
  if (!share || !share->sampled_at)
    return memory;
  memory.sampled_at = *share->sampled_at;
  memory.history_nano =
      std::min(share->history_milli.value_or(0), allocation::kShareMax / kNanoPerMilli) *
      kNanoPerMilli;
  if (!quota.spec.burst)
    return memory;
  for (const auto& pool : quota.status.pools)
    for (const auto& resource : pool.resources)
      if (resource.burst_budget_left) // every row says the same
        memory.burst = allocation::BurstAccount::with_left(
            to_allocation(*quota.spec.burst), *resource.burst_budget_left, *share->sampled_at);
  return memory;
}

allocation::EvictionHistory::OfQuota evictions_told(const Quota& quota) {
  allocation::EvictionHistory::OfQuota told;
  for (const BorrowingBackOff& back_off : quota.status.back_offs)
    told.reclaims.push_back({back_off.pool, {back_off.reclaims, back_off.until}});
  for (const RecentEviction& eviction : quota.status.recent_evictions)
    told.evictions.emplace_back(eviction.at, allocation::EvictionKey{eviction.workload});
  return told;
}

allocation::Policy to_allocation(const AllocationPolicySpec& policy) {
  allocation::Policy core;
  core.placement = to_allocation(policy.placement);
  core.backfill = to_allocation(policy.backfill);
  core.preemption = to_allocation(policy.preemption);
  return core;
}

} // namespace berth::api
