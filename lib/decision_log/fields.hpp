#pragma once
// Which fields the values of the allocation core have, and what they are called in the log. Each
// list binds every member of its struct by position: a member that is added to a struct and not to
// its list here does not compile. The names are part of the format; see docs/concepts/decision-log.

#include <string_view>
#include <tuple>
#include <type_traits>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::decision_log {

/// Fields<T>::names, separated by ", ", and Fields<T>::tie(value), in the same order.
template <class T>
struct Fields;

template <class T>
concept Listed = requires { Fields<T>::kNames; };

// NOLINTBEGIN(cppcoreguidelines-macro-usage): a name must become both a binding and a text.
#define BERTH_LOG_FIELDS(Type, ...)                                                                \
  template <>                                                                                      \
  struct Fields<Type> {                                                                            \
    static constexpr std::string_view kNames = #__VA_ARGS__;                                       \
    template <class Self>                                                                          \
    static auto tie(Self& self) {                                                                  \
      auto& [__VA_ARGS__] = self;                                                                  \
      return std::tie(__VA_ARGS__);                                                                \
    }                                                                                              \
  };
// For classes that keep their members to themselves: they tie them in Type::members().
#define BERTH_LOG_MEMBERS(Type, ...)                                                               \
  template <>                                                                                      \
  struct Fields<Type> {                                                                            \
    static constexpr std::string_view kNames = #__VA_ARGS__;                                       \
    template <class Self>                                                                          \
    static auto tie(Self& self) {                                                                  \
      return Type::members(self);                                                                  \
    }                                                                                              \
  };
// NOLINTEND(cppcoreguidelines-macro-usage)

// Nodes, pools and what they are made of.
BERTH_LOG_FIELDS(allocation::Taint, key, value, effect)
BERTH_LOG_FIELDS(allocation::Toleration, key, op, value, effect)
BERTH_LOG_FIELDS(allocation::Requirement, key, op, values)
BERTH_LOG_FIELDS(allocation::Selector, requirements)
BERTH_LOG_FIELDS(allocation::NodeUse, used, charged)
BERTH_LOG_FIELDS(allocation::NodeView, name, labels, taints, allocatable, measured, unschedulable,
                 ready)
BERTH_LOG_FIELDS(allocation::NodePreference, label, order, values, weight)
BERTH_LOG_FIELDS(allocation::ResourceWeight, name, weight)
BERTH_LOG_FIELDS(allocation::StrategyParams, resource_weights, preferences, cost_label,
                 load_limit_percent)
BERTH_LOG_FIELDS(allocation::PoolBurst, period, factor_percent, resources, suspended_until)
BERTH_LOG_FIELDS(allocation::PoolTenant, quota, share_percent)
BERTH_LOG_FIELDS(allocation::PoolSpec, name, created, node_selector, virtual_capacity,
                 oversubscription_percent, strategy, strategy_params, is_dedicated, tenants, drain,
                 burst)

// Pods.
BERTH_LOG_FIELDS(allocation::NodeSelectorTerm, match_expressions, match_fields)
BERTH_LOG_FIELDS(allocation::RuleDemand, rule, requirement, is_assumed)
BERTH_LOG_FIELDS(allocation::RulePreference, any_of, weight)
BERTH_LOG_FIELDS(allocation::PoolRules, pools, is_rest, names, demands, preferences,
                 priority_offset, wait_max)
BERTH_LOG_FIELDS(allocation::Constraints, node_selector, required_affinity, tolerations,
                 preferred_nodes, device_models, rules)
BERTH_LOG_FIELDS(allocation::PodShape, requests, constraints)
BERTH_LOG_FIELDS(allocation::GangMembership, name, size, size_min)
BERTH_LOG_FIELDS(allocation::AdmissionRecord, decision, quota, pool, planned_nodes, mode, devices,
                 reservation, is_burst, lent_until, members, youngest_member, rules, admitted_at)
BERTH_LOG_FIELDS(allocation::NominationRecord, decision, quota, pool, node, devices, victims)
BERTH_LOG_FIELDS(allocation::PodView, uid, namespace_name, name, service_account, shape, gang,
                 priority, created, started, node, nominated_node, quota_hint, reservation,
                 expected_duration, duration_limit, learned_duration, admission, nomination,
                 revocable_after, owner, labels, defect, pools, is_request, preemptible,
                 is_recreated, has_pod_rules, plans_by_learned, managed, gated, terminating,
                 terminal, succeeded)

// Quotas and namespaces.
BERTH_LOG_FIELDS(allocation::ServiceAccountRef, namespace_name, name)
BERTH_LOG_FIELDS(allocation::Subjects, namespaces, namespace_selector, service_accounts)
BERTH_LOG_FIELDS(allocation::NamespaceView, name, labels)
BERTH_LOG_FIELDS(allocation::NamespaceQuota, namespace_name, name, hard)
BERTH_LOG_FIELDS(allocation::QuotaAmount, name, nominal, borrowing_limit, lending_limit)
BERTH_LOG_FIELDS(allocation::QuotaPool, pool, resources)
BERTH_LOG_FIELDS(allocation::SubjectLimits, label, amounts, concurrent, per_minute)
BERTH_LOG_FIELDS(allocation::BurstSpec, factor_percent, budget, refill, grace)
BERTH_LOG_FIELDS(allocation::RateLimit, per_minute, burst)
BERTH_LOG_FIELDS(allocation::QuotaPreemption, within_quota, reclaim, enforces_lowered)
BERTH_LOG_FIELDS(allocation::QuotaSpec, name, parent, subjects, pools, weight, priority_offset,
                 per_subject, burst, rate_limit, stop, preemption)

// Reservations; RecurringWindow, which holds a schedule and a time zone, is the codec's.
BERTH_LOG_FIELDS(allocation::SingleWindow, start, duration)
BERTH_LOG_FIELDS(allocation::ReservedPlace, node, amounts)
BERTH_LOG_FIELDS(allocation::TriggeredWindow, is_armed, opens, ends)
BERTH_LOG_FIELDS(allocation::ReservationSpec, name, created, pool, payer, amounts, node_count,
                 window, allowed_quotas, allowed_subjects, lead_time, overrun, lend_idle, places,
                 accepted, deleting)

// Policies, and what the program adds at each cycle.
BERTH_LOG_FIELDS(allocation::Ageing, points_per_hour, points_max)
BERTH_LOG_FIELDS(allocation::Fairness, half_life, history_percent)
BERTH_LOG_FIELDS(allocation::Throttle, cpu_percent, memory_percent)
BERTH_LOG_FIELDS(allocation::BreakerSpec, failures, window, open)
BERTH_LOG_FIELDS(allocation::Placement, mode, candidates)
BERTH_LOG_FIELDS(allocation::BackfillPolicy, enabled, planned_starts, use_learned_durations)
BERTH_LOG_FIELDS(allocation::PreemptionPolicy, enabled, min_runtime, max_evictions_per_hour,
                 max_eviction_ratio_percent, notice, critical_priority)
BERTH_LOG_FIELDS(allocation::RuleMatch, quotas, namespaces, pod_selector, expression)
BERTH_LOG_FIELDS(allocation::RuleEffect, node_requirements, preferences, spot, priority_offset,
                 wait_max)
BERTH_LOG_FIELDS(allocation::RuleSpec, name, match, effect)
BERTH_LOG_FIELDS(allocation::PolicySpec, name, created, pools, ordering, ageing, fairness, throttle,
                 breaker, preemption, placement, backfill, gang_timeout, rules)
BERTH_LOG_FIELDS(allocation::HeldBack, until, reason, why)
BERTH_LOG_FIELDS(allocation::UseLimit, resource, percent)
BERTH_LOG_FIELDS(allocation::Degradation, level, steps, limits)
BERTH_LOG_FIELDS(allocation::MeasuredUse, at, used, capacity, oldest_at, unmeasured, degradation)
BERTH_LOG_FIELDS(allocation::SubjectFailure, subject, at)
BERTH_LOG_FIELDS(allocation::EvictionHistory::Reclaims, in_a_row, until)
BERTH_LOG_FIELDS(allocation::EvictionHistory::Evicted, quota, times)
BERTH_LOG_FIELDS(allocation::EvictionHistory::Tried, plans, last)
BERTH_LOG_MEMBERS(allocation::EvictionHistory, evictions, reclaims, refused_until, tried)
BERTH_LOG_FIELDS(allocation::Policy, placement, backfill, held_back, preemption, evictions, memory,
                 unpinned, server_throttled_at, measured, failures)

// What one cycle remembers for the next.
BERTH_LOG_FIELDS(allocation::HeldShare, share_nano, burst_level)
BERTH_LOG_FIELDS(allocation::BurstAccount, spent, as_of, empty_since)
BERTH_LOG_FIELDS(allocation::TokenBucket, missing_parts, as_of)
BERTH_LOG_FIELDS(allocation::QuotaMemory, history_nano, sampled_at, held, burst, rate,
                 subject_rates)
BERTH_LOG_MEMBERS(allocation::AdmissionPace, per_minute, slowed_at, recovered_at, bucket)
BERTH_LOG_MEMBERS(allocation::CircuitBreaker, state, failures, since, probed_at)
BERTH_LOG_FIELDS(allocation::PoolRelief::Leaving, amounts, node, since, gone_at)
BERTH_LOG_MEMBERS(allocation::PoolRelief, leaving, oldest_at, seen_at)
BERTH_LOG_FIELDS(allocation::AllocationMemory, quotas, pool_paces, server_pace, breakers, reliefs,
                 sheds_from)

// Plans: written and hashed, never read back.
BERTH_LOG_FIELDS(allocation::Generation, number)
BERTH_LOG_FIELDS(allocation::TimeRange, start, end)
BERTH_LOG_FIELDS(allocation::Rejection, node, reason, detail, preemption_may_help)
BERTH_LOG_FIELDS(allocation::RejectionCount, reason, detail, nodes)
BERTH_LOG_FIELDS(allocation::PoolShortfall, pool, resource, needed, left)
BERTH_LOG_FIELDS(allocation::QuotaShortfall, quota, parent, pool, resource, needed, nominal,
                 own_left, available)
BERTH_LOG_FIELDS(allocation::Explanation, reason, message, quota, nodes, pool, victims)
BERTH_LOG_FIELDS(allocation::MemberAdmission, pod, record)
BERTH_LOG_FIELDS(allocation::Admission, workload, members, completes_earlier)
BERTH_LOG_FIELDS(allocation::Waiting, workload, position, why, planned_start)
BERTH_LOG_FIELDS(allocation::Replanning, pod, record)
BERTH_LOG_FIELDS(allocation::Stranding, pod, candidates)
BERTH_LOG_FIELDS(allocation::ReservationDecision, reservation, accepted, reason, message,
                 next_start, places, opens_after, lasts_until)
BERTH_LOG_FIELDS(allocation::WindowOutlook, reservation, window, places, missing, nodes_missing)
BERTH_LOG_FIELDS(allocation::OverrunWarning, reservation, pod)
BERTH_LOG_FIELDS(allocation::Shedding, pod, quota, reason, why, not_before, gives_notice)
BERTH_LOG_FIELDS(allocation::Eviction, victim, pods, quota, pool, amounts, preemptor, reservation,
                 claim, step, revocable_after, reason, message)
BERTH_LOG_FIELDS(allocation::NominationDecision::Member, pod, record)
BERTH_LOG_FIELDS(allocation::NominationDecision, workload, members, requested, evicted, reclaimed)
BERTH_LOG_FIELDS(allocation::NominationEnd, workload, pods, spared, is_fulfilled, victims, created)
BERTH_LOG_FIELDS(allocation::PreemptionPlan, nominations, evictions, ended, pardons, next_due)
BERTH_LOG_FIELDS(allocation::Plan, based_on, admissions, waiting, replannings, strandings,
                 reservations, windows, overruns, sheddings, memory, next_look, preemption)

} // namespace berth::decision_log
