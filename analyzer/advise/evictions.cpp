#include "analyzer/advise/evictions.hpp"

#include <utility>

#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

std::string text_at(const api::Json& json, const char* pointer) {
  const api::Json::json_pointer where(pointer);
  return json.contains(where) && json.at(where).is_string() ? json.at(where).get<std::string>()
                                                            : std::string();
}

api::Json body_of(const Eviction& eviction) {
  return {{"apiVersion", "policy/v1"},
          {"kind", "Eviction"},
          {"metadata", {{"namespace", eviction.pod.ns}, {"name", eviction.pod.name}}},
          {"deleteOptions", {{"preconditions", {{"uid", eviction.uid}}}}}};
}

} // namespace

api::RecommendedAction evict(const std::vector<Eviction>& evictions) {
  api::Json items = api::Json::array();
  for (const Eviction& eviction : evictions)
    items.push_back(body_of(eviction));
  api::RecommendedAction action;
  action.subresource = api::PatchSubresource::Eviction;
  action.patch =
      api::to_text(api::Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}});
  return action;
}

std::optional<std::vector<Eviction>> evictions_of(const api::RecommendedAction& action) {
  if (action.subresource != api::PatchSubresource::Eviction)
    return std::nullopt;
  const auto list = api::parse_json(action.patch);
  if (!list || !list->is_object() || !list->contains("items") || !list->at("items").is_array())
    return std::nullopt;
  std::vector<Eviction> evictions;
  for (const api::Json& item : list->at("items")) {
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

} // namespace berth::analyzer
