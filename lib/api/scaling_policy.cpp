#include "lib/api/scaling_policy.hpp"

#include "lib/api/degradation_names.hpp"
#include "lib/api/describe.hpp"

namespace berth::api {

constexpr std::array<std::string_view, 4> names_of(ScalingStrategy) {
  return {"Conservative", "Balanced", "Aggressive", "Adaptive"};
}
constexpr std::array<std::string_view, 3> names_of(ScalingMode) {
  return {"Off", "Recommend", "Auto"};
}
constexpr std::array<std::string_view, 3> names_of(ScalingAction) {
  return {"Replicas", "Resize", "Pool"};
}
constexpr std::array<std::string_view, 3> names_of(ScalingMetricSource) {
  return {"Resource", "Pushed", "Prometheus"};
}

std::string list_key(const ScalingRange& range) {
  return std::string(range.name.str());
}

std::string list_key(const DegradationRule& rule) {
  return std::string(to_string(rule.level));
}

std::string list_key(const ScalingMetric& metric) {
  return metric.name;
}

template <class Fields>
void describe(Fields& fields, Of<ScalingMetric> auto& metric) {
  fields.required("name", metric.name);
  fields.required("source", metric.source);
  std::string resource(metric.resource ? metric.resource->str() : "");
  fields.field("resource", resource);
  fields.field("metric", metric.metric);
  fields.field("query", metric.query);
  fields.required("targetValue", metric.target_value);
  if constexpr (Fields::kReads) {
    if (!resource.empty())
      metric.resource.emplace(resource);
    if ((metric.source == ScalingMetricSource::Resource) != metric.resource.has_value())
      fields.refuse("resource", "must be set for the source Resource, and only there");
  }
}

void describe(auto& fields, Of<ScalingRange> auto& range) {
  fields.required("name", range.name);
  fields.amount("min", range.name, range.min);
  fields.amount("max", range.name, range.max);
}

void describe(auto& fields, Of<PressureThresholds> auto& thresholds) {
  fields.field("warningPercent", thresholds.warning_percent, Range{1, 100});
  fields.field("criticalPercent", thresholds.critical_percent, Range{1, 100});
  fields.field("emergencyPercent", thresholds.emergency_percent, Range{1, 100});
}

void describe(auto& fields, Of<ScalingThresholds> auto& thresholds) {
  fields.field("cpu", thresholds.cpu);
  fields.field("memory", thresholds.memory);
  fields.field("disk", thresholds.disk);
}

void describe(auto& fields, Of<DegradationRule> auto& rule) {
  fields.required("level", rule.level);
  fields.required("steps", rule.steps);
}

void describe(auto& fields, Of<ScalingPolicySpec> auto& spec) {
  fields.required("targetRef", spec.target_ref);
  fields.field("minReplicas", spec.min_replicas, Range{0, 100'000});
  fields.field("maxReplicas", spec.max_replicas, Range{1, 100'000});
  fields.field("resources", spec.resources);
  fields.field("strategy", spec.strategy);
  fields.field("thresholds", spec.thresholds);
  fields.field("horizonsSeconds", spec.horizons, Range{60, 2'592'000});
  fields.field("cooldownSeconds", spec.cooldown, Range{0, 86'400});
  fields.field("mode", spec.mode);
  fields.field("actions", spec.actions);
  fields.field("metrics", spec.metrics);
  fields.field("degradation", spec.degradation);
}

void describe(auto& fields, Of<RecommendationRef> auto& ref) {
  fields.required("name", ref.name);
}

void describe(auto& fields, Of<ScalingPolicyStatus> auto& status) {
  fields.field("observedGeneration", status.observed_generation, kCount);
  fields.field("replicas", status.replicas, Range{0, 100'000});
  fields.field("recommendedReplicas", status.recommended_replicas, Range{0, 100'000});
  fields.field("level", status.level);
  fields.field("recommendationRef", status.recommendation_ref);
  fields.field("lastAppliedAt", status.last_applied_at);
  describe_conditions(fields, status.conditions);
}

BERTH_API_KIND(ScalingPolicy);

} // namespace berth::api
