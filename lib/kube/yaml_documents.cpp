#include "lib/kube/yaml_documents.hpp"

#include <yaml-cpp/yaml.h>

namespace berth::kube {
namespace {

using api::Json;

/// YAML 1.2 core schema, as far as the objects use it: what is quoted is text.
Json scalar_json(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!")
    return text;
  if (text == "true" || text == "false")
    return text == "true";
  const auto number = Json::parse(text, nullptr, false);
  return number.is_number() ? number : Json(text);
}

Json json_of(const YAML::Node& node) {
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& member : node)
      object[member.first.Scalar()] = json_of(member.second);
    return object;
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node)
      list.push_back(json_of(item));
    return list;
  }
  return node.IsScalar() ? scalar_json(node) : Json(nullptr);
}

} // namespace

Result<std::vector<Json>> read_yaml_documents(const std::string& text, YamlBudget budget) {
  BERTH_CHECK(check_yaml(text, budget));
  try {
    std::vector<Json> documents;
    for (const YAML::Node& document : YAML::LoadAll(text))
      if (document.IsDefined() && !document.IsNull())
        documents.push_back(json_of(document));
    return documents;
  } catch (const YAML::Exception& problem) {
    return fail(Code::Invalid, problem.what());
  }
}

} // namespace berth::kube
