#include "analyzer/advise/target.hpp"

#include <algorithm>

#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;

/// Where the patch of a recommendation of this kind names its units; null for other kinds.
const char* pointer_to_units(RecommendationKind kind) {
  switch (kind) {
  case RecommendationKind::GrowPool: return "/spec/elastic/minNodes";
  case RecommendationKind::ShrinkPool: return "/spec/elastic/maxNodes";
  case RecommendationKind::ScaleOut:
  case RecommendationKind::ScaleIn: return "/spec/replicas";
  default: return nullptr;
  }
}

std::optional<std::int32_t> units_at(const char* pointer, const std::string& text) {
  const auto patch = api::parse_json(text);
  if (!patch || !patch->is_object())
    return std::nullopt;
  const api::Json::json_pointer where(pointer);
  if (!patch->contains(where) || !patch->at(where).is_number_integer())
    return std::nullopt;
  const auto units = patch->at(where).get<std::int64_t>();
  return units >= 0 && units <= TargetSize::kUnitsMax
             ? std::optional(static_cast<std::int32_t>(units))
             : std::nullopt;
}

} // namespace

RecommendationKind SizedTarget::kind_of(Advice advice) const {
  return advice == Advice::Grow ? grow : shrink;
}

std::string SizedTarget::patch(Advice advice, std::int32_t wanted) const {
  if (ref.kind != api::ScalingTargetKind::ResourcePool)
    return replicas_patch(wanted);
  api::Json bounds;
  bounds["minNodes"] = advice == Advice::Grow ? wanted : std::min(elastic.min_nodes, wanted);
  bounds["maxNodes"] = advice == Advice::Grow ? std::max(elastic.max_nodes, wanted) : wanted;
  return api::to_text(api::Json{{"spec", {{"elastic", std::move(bounds)}}}});
}

std::optional<std::int32_t> units_of(const api::ScalingRecommendation& recommendation) {
  const char* pointer = pointer_to_units(recommendation.spec.kind);
  return pointer == nullptr ? std::nullopt : units_at(pointer, recommendation.spec.action.patch);
}

std::optional<std::int32_t> replicas_in(const std::string& patch) {
  return units_at("/spec/replicas", patch);
}

std::optional<std::int32_t> nodes_in(const std::string& patch) {
  return units_at("/spec/elastic/minNodes", patch);
}

std::string replicas_patch(std::int32_t replicas) {
  return api::to_text(api::Json{{"spec", {{"replicas", replicas}}}});
}

bool is_about_size(RecommendationKind kind) {
  return pointer_to_units(kind) != nullptr;
}

} // namespace berth::analyzer
