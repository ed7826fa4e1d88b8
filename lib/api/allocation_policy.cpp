#include "lib/api/allocation_policy.hpp"

#include "lib/api/describe.hpp"

namespace berth::api {

constexpr std::array<std::string_view, 4> names_of(Ordering) {
  return {"PriorityThenFairShare", "FairShareThenPriority", "Fifo", "StrictFifo"};
}
constexpr std::array<std::string_view, 4> names_of(PlacementMode) {
  return {"Auto", "Candidates", "Nominate", "Extender"};
}

constexpr std::array<std::string_view, 3> names_of(Spot) {
  return {"Allow", "Forbid", "Prefer"};
}

std::string list_key(const PoolRef& ref) {
  return ref.name.str();
}
std::string list_key(const NodeLabel& label) {
  return label.key;
}
std::string list_key(const PreferredNodeLabel& label) {
  return label.key;
}
std::string list_key(const PolicyRule& rule) {
  return rule.name;
}

void describe(auto& fields, Of<Ageing> auto& ageing) {
  fields.required("pointsPerHour", ageing.points_per_hour, Range{1, 1'000'000'000});
  fields.required("maxPoints", ageing.max_points, Range{1, 1'000'000'000});
}

void describe(auto& fields, Of<PreemptionPolicy> auto& preemption) {
  fields.field("enabled", preemption.enabled);
  fields.field("minRuntimeSeconds", preemption.min_runtime, Range{0, 604'800});
  fields.field("maxEvictionsPerHour", preemption.max_evictions_per_hour, Range{0, 60});
  fields.field("maxEvictionRatioPercent", preemption.max_eviction_ratio_percent, Range{100, 1000});
  fields.field("noticeSeconds", preemption.notice, Range{0, 86'400});
  fields.field("criticalPriority", preemption.critical_priority,
               Range{-2'147'483'647, 2'147'483'647});
}

void describe(auto& fields, Of<PlacementPolicy> auto& placement) {
  fields.field("mode", placement.mode);
  fields.field("candidates", placement.candidates, Range{1, 16});
}

void describe(auto& fields, Of<BackfillPolicy> auto& backfill) {
  fields.field("enabled", backfill.enabled);
  fields.field("plannedStarts", backfill.planned_starts, Range{1, 1000});
  fields.field("useLearnedDurations", backfill.use_learned_durations);
}

void describe(auto& fields, Of<FairnessPolicy> auto& fairness) {
  fields.field("halfLifeSeconds", fairness.half_life, Range{60, 31'536'000});
  fields.field("weightHistoryPercent", fairness.weight_history_percent, Range{0, 100});
}

void describe(auto& fields, Of<ThrottlePolicy> auto& throttle) {
  fields.field("cpuPercent", throttle.cpu_percent, Range{1, 100});
  fields.field("memoryPercent", throttle.memory_percent, Range{1, 100});
}

void describe(auto& fields, Of<CircuitBreakerPolicy> auto& breaker) {
  fields.field("failures", breaker.failures, Range{1, 1000});
  fields.field("windowSeconds", breaker.window, Range{10, 86'400});
  fields.field("openSeconds", breaker.open, Range{10, 86'400});
}

void describe(auto& fields, Of<NodeLabel> auto& label) {
  fields.required("key", label.key);
  fields.field("values", label.values);
}

void describe(auto& fields, Of<PreferredNodeLabel> auto& label) {
  fields.required("key", label.key);
  fields.field("values", label.values);
  fields.field("weight", label.weight, Range{1, 1000});
}

void describe(auto& fields, Of<RuleMatch> auto& match) {
  fields.field("quotas", match.quotas);
  fields.field("namespaces", match.namespaces);
  fields.field("podSelector", match.pod_selector);
  fields.field("expression", match.expression);
}

void describe(auto& fields, Of<RuleSla> auto& sla) {
  fields.field("maxWaitSeconds", sla.max_wait, Range{1, 31'536'000});
}

void describe(auto& fields, Of<RuleEffect> auto& effect) {
  fields.field("requireNodeLabels", effect.require_node_labels);
  fields.field("forbidNodeLabels", effect.forbid_node_labels);
  fields.field("preferNodeLabels", effect.prefer_node_labels);
  fields.field("spot", effect.spot);
  fields.field("priorityOffset", effect.priority_offset, Range{-1'000'000'000, 1'000'000'000});
  fields.field("sla", effect.sla);
}

void describe(auto& fields, Of<PolicyRule> auto& rule) {
  fields.required("name", rule.name);
  fields.field("match", rule.match);
  fields.required("effect", rule.effect);
}

void describe(auto& fields, Of<AllocationPolicySpec> auto& spec) {
  fields.field("poolRefs", spec.pool_refs);
  fields.field("ordering", spec.ordering);
  fields.field("ageing", spec.ageing);
  fields.field("preemption", spec.preemption);
  fields.field("placement", spec.placement);
  fields.field("backfill", spec.backfill);
  fields.field("fairness", spec.fairness);
  fields.field("gangTimeoutSeconds", spec.gang_timeout, Range{10, 86'400});
  fields.field("throttle", spec.throttle);
  fields.field("circuitBreaker", spec.circuit_breaker);
  fields.field("rules", spec.rules);
}

void describe(auto& fields, Of<AllocationPolicyStatus> auto& status) {
  fields.field("observedGeneration", status.observed_generation, kCount);
  fields.field("pools", status.pools);
  describe_conditions(fields, status.conditions);
}

BERTH_API_KIND(AllocationPolicy);

} // namespace berth::api
