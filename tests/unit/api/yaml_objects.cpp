#include "tests/unit/api/yaml_objects.hpp"

#include <algorithm>

#include <yaml-cpp/yaml.h>

namespace berth::api {
namespace {

/// YAML 1.2 core schema, as far as the objects use it: what is quoted is text.
Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!")
    return text;
  if (text == "true" || text == "false")
    return text == "true";
  const auto number = Json::parse(text, nullptr, false);
  return number.is_number() ? number : Json(text);
}

Json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& member : node)
      object[member.first.Scalar()] = to_json(member.second);
    return object;
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node)
      list.push_back(to_json(item));
    return list;
  }
  return node.IsScalar() ? scalar(node) : Json(nullptr);
}

} // namespace

std::vector<YamlObject> yaml_objects(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".yaml")
      files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<YamlObject> objects;
  for (const auto& file : files) {
    int number = 0;
    for (const auto& document : YAML::LoadAllFromFile(file.string()))
      if (document.IsMap())
        objects.push_back({file.string() + " #" + std::to_string(++number), to_json(document)});
  }
  return objects;
}

} // namespace berth::api
