#include "cli/replay/object_files.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "lib/api/codec.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/kube/yaml_budget.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

/// YAML 1.2 core schema, as far as the objects use it: what is quoted is text.
json scalar_json(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!")
    return text;
  if (text == "true" || text == "false")
    return text == "true";
  const auto number = json::parse(text, nullptr, false);
  return number.is_number() ? number : json(text);
}

json json_of(const YAML::Node& node) {
  if (node.IsMap()) {
    json object = json::object();
    for (const auto& member : node)
      object[member.first.Scalar()] = json_of(member.second);
    return object;
  }
  if (node.IsSequence()) {
    json list = json::array();
    for (const auto& item : node)
      list.push_back(json_of(item));
    return list;
  }
  return node.IsScalar() ? scalar_json(node) : json();
}

Result<void> read_object(const json& object, const std::string& kind,
                         decision_log::TrialChanges& changes) {
  if (!object.is_object() || object.value("kind", json()) != kind)
    return fail(Code::Invalid, "its kind is not " + kind);
  if (kind == "Quota") {
    BERTH_TRY(const auto quota, api::decode<api::Quota>(object));
    changes.quotas.push_back(api::to_allocation(quota));
  } else {
    BERTH_TRY(const auto policy, api::decode<api::AllocationPolicy>(object));
    changes.policies.push_back(api::to_allocation(policy));
  }
  return {};
}

} // namespace

Result<void> read_changes(const std::string& text, const std::string& kind,
                          decision_log::TrialChanges& changes) {
  BERTH_CHECK(kube::check_yaml(text));
  std::size_t number = 0;
  try {
    for (const YAML::Node& document : YAML::LoadAll(text)) {
      if (!document.IsDefined() || document.IsNull())
        continue;
      ++number;
      if (const auto read = read_object(json_of(document), kind, changes); !read)
        return fail(Code::Invalid,
                    "document " + std::to_string(number) + ": " + read.error().message);
    }
  } catch (const YAML::Exception& problem) {
    return fail(Code::Invalid, problem.what());
  }
  if (number == 0)
    return fail(Code::Invalid, "holds no " + kind);
  return {};
}

} // namespace berth::cli
