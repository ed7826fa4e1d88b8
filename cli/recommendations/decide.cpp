#include "cli/recommendations/decide.hpp"

#include <algorithm>
#include <tuple>

#include "lib/api/json.hpp"
#include "lib/base/ensure.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cli {
namespace {

using api::Json;

bool is_standing(const api::ScalingRecommendation& recommendation, TimePoint now) {
  return may_be_applied(recommendation, now).has_value();
}

std::string improvement_of(const api::ScalingRecommendationSpec& spec) {
  if (!spec.expected_improvement)
    return "";
  const auto& expected = *spec.expected_improvement;
  return expected.what + " " + expected.from.str() + " -> " + expected.to.str();
}

RecommendationRow row_of(const api::ScalingRecommendation& recommendation) {
  const auto& [meta, spec, status] = recommendation;
  RecommendationRow row;
  row.key = meta.key();
  row.valid = state_word(status.conditions, "Valid", meta.generation);
  row.applied = state_word(status.conditions, "Applied", meta.generation);
  row.kind = to_string(spec.kind);
  row.priority = to_string(spec.priority);
  row.target = std::string(to_string(spec.target_ref.kind)) + " " + spec.target_ref.name;
  row.confidence_percent = spec.confidence_percent;
  row.improvement = improvement_of(spec);
  row.outcome = status.outcome ? std::string(to_string(status.outcome->result)) : "";
  row.model = spec.evidence ? spec.evidence->model : "";
  row.patch = spec.action.patch;
  row.expires_at = spec.expires_at;
  return row;
}

const kube::ResourceType& type_of(api::ScalingTargetKind kind) {
  switch (kind) {
  case api::ScalingTargetKind::Deployment: return kube::types::deployment();
  case api::ScalingTargetKind::StatefulSet: return kube::types::stateful_set();
  case api::ScalingTargetKind::Job: return kube::types::job();
  case api::ScalingTargetKind::ResourcePool: return kube::types::resource_pool();
  case api::ScalingTargetKind::Quota: return kube::types::quota();
  case api::ScalingTargetKind::Node: return kube::types::node();
  }
  ensure(false, "every kind of target has its type");
  __builtin_unreachable();
}

const char* path_of(api::PatchSubresource subresource) {
  switch (subresource) {
  case api::PatchSubresource::Scale: return "scale";
  case api::PatchSubresource::Resize: return "resize";
  case api::PatchSubresource::Eviction: return "eviction";
  }
  return "";
}

Json test(const char* path, const std::string& value) {
  return {{"op", "test"}, {"path", path}, {"value", value}};
}

} // namespace

RecommendationsView decide_recommendations(const std::vector<RecommendationPtr>& recommendations,
                                           bool all, TimePoint now) {
  std::vector<RecommendationPtr> shown;
  for (const auto& recommendation : recommendations)
    if (all || is_standing(*recommendation, now))
      shown.push_back(recommendation);
  std::ranges::sort(shown, {}, [](const RecommendationPtr& recommendation) {
    return std::tuple(-static_cast<int>(recommendation->spec.priority), recommendation->meta.ns,
                      recommendation->meta.name);
  });
  RecommendationsView view;
  view.as_of = now;
  for (const auto& recommendation : shown)
    view.rows.push_back(row_of(*recommendation));
  return view;
}

PatchTarget target_of(const api::ScalingRecommendation& recommendation) {
  const auto& spec = recommendation.spec;
  PatchTarget target;
  target.type = type_of(spec.target_ref.kind);
  target.key = {target.type.namespaced ? recommendation.meta.ns : "", spec.target_ref.name};
  if (spec.action.subresource)
    target.subresource = path_of(*spec.action.subresource);
  target.patch_type = spec.action.patch_type == api::ActionPatchType::Merge ? kube::PatchType::Merge
                                                                            : kube::PatchType::Json;
  return target;
}

Result<void> may_be_applied(const api::ScalingRecommendation& recommendation, TimePoint now) {
  const auto& conditions = recommendation.status.conditions;
  const std::string name = "ScalingRecommendation " + to_string(recommendation.meta.key());
  if (api::is_true(conditions, "Applied"))
    return fail(Code::Invalid, name + " is applied already");
  const api::Condition* valid = api::find_condition(conditions, "Valid");
  if (valid != nullptr && valid->status == api::ConditionStatus::False)
    return fail(Code::Invalid, name + " is not valid any more: " + valid->message +
                                   "; \"kubectl berth recommendations\" lists those that are");
  if (recommendation.spec.expires_at <= now)
    return fail(Code::Invalid, name + " has expired at " +
                                   format_time(recommendation.spec.expires_at) +
                                   "; if it still holds, the analyzer renews it");
  return {};
}

Result<std::string> guarded_patch(const api::RecommendedAction& action,
                                  const api::ObjectMeta& seen) {
  BERTH_TRY(Json patch, api::parse_json(action.patch));
  if (action.patch_type == api::ActionPatchType::Merge) {
    if (!patch.is_object())
      return fail(Code::Invalid, "spec.action.patch is no merge patch");
    patch["metadata"]["uid"] = seen.uid;
    patch["metadata"]["resourceVersion"] = seen.resource_version;
    return api::to_text(patch);
  }
  if (!patch.is_array())
    return fail(Code::Invalid, "spec.action.patch is no JSON patch");
  Json guarded = Json::array(
      {test("/metadata/uid", seen.uid), test("/metadata/resourceVersion", seen.resource_version)});
  for (const Json& step : patch)
    guarded.push_back(step);
  return api::to_text(guarded);
}

} // namespace berth::cli
