#include "lib/api/evictions.hpp"

#include <utility>

#include "lib/api/json_reading.hpp"

namespace berth::api {
namespace {

Json body_of(const Eviction& eviction) {
  return {{"apiVersion", "policy/v1"},
          {"kind", "Eviction"},
          {"metadata", {{"namespace", eviction.pod.ns}, {"name", eviction.pod.name}}},
          {"deleteOptions", {{"preconditions", {{"uid", eviction.uid}}}}}};
}

} // namespace

RecommendedAction evict(const std::vector<Eviction>& evictions) {
  Json items = Json::array();
  for (const Eviction& eviction : evictions)
    items.push_back(body_of(eviction));
  RecommendedAction action;
  action.subresource = PatchSubresource::Eviction;
  action.patch = to_text(Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}});
  return action;
}

std::optional<std::vector<Eviction>> evictions_of(const RecommendedAction& action) {
  if (action.subresource != PatchSubresource::Eviction)
    return std::nullopt;
  const auto list = parse_json(action.patch);
  if (!list || !list->is_object() || !list->contains("items") || !list->at("items").is_array())
    return std::nullopt;
  std::vector<Eviction> evictions;
  for (const Json& item : list->at("items")) {
    if (!item.is_object())
      return std::nullopt;
    Eviction eviction{{text_at(item, "/metadata/namespace"), text_at(item, "/metadata/name")},
                      text_at(item, "/deleteOptions/preconditions/uid")};
    if (eviction.pod.name.empty() || eviction.uid.empty())
      return std::nullopt;
    evictions.push_back(std::move(eviction));
  }
  return evictions;
}

} // namespace berth::api
