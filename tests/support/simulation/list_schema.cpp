#include "tests/support/simulation/list_schema.hpp"

#include <algorithm>

namespace berth::simulation {
namespace {

std::string joined(const std::vector<std::string>& path) {
  std::string text;
  for (const auto& part : path)
    text += "/" + part;
  return text;
}

} // namespace

const ListSchema& ListSchema::built_in() {
  using enum ListType::Kind;
  static const ListSchema kSchema = [] {
    ListSchema schema;
    schema.by_last_name_ = true;
    schema.types_ = {
        {"containers", {Map, {"name"}}},
        {"initContainers", {Map, {"name"}}},
        {"ephemeralContainers", {Map, {"name"}}},
        {"env", {Map, {"name"}}},
        {"volumes", {Map, {"name"}}},
        {"volumeMounts", {Map, {"mountPath"}}},
        {"schedulingGates", {Map, {"name"}}},
        {"resourceClaims", {Map, {"name"}}},
        {"imagePullSecrets", {Map, {"name"}}},
        {"hostAliases", {Map, {"ip"}}},
        {"conditions", {Map, {"type"}}},
        {"addresses", {Map, {"type"}}},
        {"ownerReferences", {Map, {"uid"}}},
        {"finalizers", {Set, {}}},
    };
    return schema;
  }();
  return kSchema;
}

ListSchema ListSchema::from_open_api(const Json& schema) {
  ListSchema lists;
  lists.types_["/metadata/finalizers"] = {ListType::Kind::Set, {}};
  lists.types_["/metadata/ownerReferences"] = {ListType::Kind::Map, {"uid"}};
  lists.add_open_api(schema, "");
  return lists;
}

void ListSchema::add_open_api(const Json& schema, const std::string& path) {
  for (const auto& [name, property] : at(schema, "/properties").items())
    add_open_api(property, path + "/" + name);
  if (at(schema, "/additionalProperties").is_object())
    add_open_api(schema.at("additionalProperties"), path + "/*");
  if (!at(schema, "/items").is_object())
    return;
  const std::string type = text_at(schema, "/x-kubernetes-list-type");
  if (type == "set")
    types_[path] = {ListType::Kind::Set, {}};
  if (type == "map")
    types_[path] = {ListType::Kind::Map,
                    at(schema, "/x-kubernetes-list-map-keys").get<std::vector<std::string>>()};
  add_open_api(schema.at("items"), path);
}

ListType ListSchema::find(const std::vector<std::string>& path) const {
  const auto found =
      types_.find(by_last_name_ ? (path.empty() ? std::string{} : path.back()) : joined(path));
  return found == types_.end() ? ListType{} : found->second;
}

bool same_item(const Json& left, const Json& right, const std::vector<std::string>& keys) {
  return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return left.is_object() && right.is_object() && at(left, "/" + key) == at(right, "/" + key);
  });
}

} // namespace berth::simulation
