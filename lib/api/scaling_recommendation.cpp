#include "lib/api/scaling_recommendation.hpp"

#include "lib/api/describe.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::api {

constexpr std::array<std::string_view, 11> names_of(RecommendationKind) {
  return {"ScaleOut", "ScaleIn",    "Resize",     "Rebalance",  "Defragment",       "AdjustQuota",
          "GrowPool", "ShrinkPool", "EnterBurst", "LeaveBurst", "ResolveBottleneck"};
}
constexpr std::array<std::string_view, 4> names_of(RecommendationPriority) {
  return {"Low", "Medium", "High", "Critical"};
}
constexpr std::array<std::string_view, 3> names_of(PatchSubresource) {
  return {"Scale", "Resize", "Eviction"};
}
constexpr std::array<std::string_view, 2> names_of(ActionPatchType) {
  return {"Merge", "JSON"};
}
constexpr std::array<std::string_view, 3> names_of(OutcomeResult) {
  return {"Improved", "Unchanged", "Worse"};
}

std::string list_key(const ForecastPoint& point) {
  return format_time(point.at);
}

void describe(auto& fields, Of<ExpectedImprovement> auto& improvement) {
  fields.required("what", improvement.what);
  fields.required("from", improvement.from);
  fields.required("to", improvement.to);
}

void describe(auto& fields, Of<ForecastPoint> auto& point) {
  fields.required("at", point.at);
  fields.required("p10", point.p10);
  fields.required("p50", point.p50);
  fields.required("p90", point.p90);
}

void describe(auto& fields, Of<Evidence> auto& evidence) {
  fields.field("metric", evidence.metric);
  fields.field("model", evidence.model);
  fields.field("samples", evidence.samples, Range{0, 10'000'000});
  fields.field("periodSeconds", evidence.period, Range{1, 31'536'000});
  fields.field("forecast", evidence.forecast);
}

void describe(auto& fields, Of<RecommendedAction> auto& action) {
  fields.field("subresource", action.subresource);
  fields.field("patchType", action.patch_type);
  fields.required("patch", action.patch);
}

void describe(auto& fields, Of<ScalingRecommendationSpec> auto& spec) {
  fields.required("targetRef", spec.target_ref);
  fields.required("kind", spec.kind);
  fields.field("priority", spec.priority);
  fields.required("confidencePercent", spec.confidence_percent, Range{0, 100});
  fields.field("expectedImprovement", spec.expected_improvement);
  fields.field("evidence", spec.evidence);
  fields.required("action", spec.action);
  fields.required("expiresAt", spec.expires_at);
}

void describe(auto& fields, Of<RecommendationOutcome> auto& outcome) {
  fields.required("result", outcome.result);
  fields.field("before", outcome.before);
  fields.field("after", outcome.after);
  fields.required("measuredAt", outcome.measured_at);
}

void describe(auto& fields, Of<PoolStep> auto& step) {
  fields.required("from", step.from, Range{0, 100'000});
  fields.required("to", step.to, Range{0, 100'000});
}

void describe(auto& fields, Of<CarriedOut> auto& carried) {
  fields.required("at", carried.at);
  fields.field("patch", carried.patch);
  fields.field("undoPatch", carried.undo_patch);
  fields.field("undoneAt", carried.undone_at);
  fields.field("nodes", carried.nodes);
}

void describe(auto& fields, Of<ScalingRecommendationStatus> auto& status) {
  fields.field("appliedAt", status.applied_at);
  fields.field("carriedOut", status.carried_out);
  fields.field("outcome", status.outcome);
  describe_conditions(fields, status.conditions);
}

std::string_view to_string(RecommendationKind kind) {
  return names_of(kind)[static_cast<std::size_t>(kind)];
}

std::string_view to_string(ScalingTargetKind kind) {
  return names_of(kind)[static_cast<std::size_t>(kind)];
}

std::string_view to_string(RecommendationPriority priority) {
  return names_of(priority)[static_cast<std::size_t>(priority)];
}

std::string_view to_string(OutcomeResult result) {
  return names_of(result)[static_cast<std::size_t>(result)];
}

BERTH_API_KIND(ScalingRecommendation);

} // namespace berth::api
