#include "cli/output/document.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

namespace berth::cli {
namespace {

void emit(YAML::Emitter& out, const nlohmann::json& value) {
  switch (value.type()) {
  case nlohmann::json::value_t::object:
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
    for (const auto& [key, member] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
    break;
  case nlohmann::json::value_t::array:
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const auto& element : value)
      emit(out, element);
    out << YAML::EndSeq;
    break;
  case nlohmann::json::value_t::string:
    out << YAML::DoubleQuoted << value.get<std::string>();
    break;
  case nlohmann::json::value_t::null: out << YAML::Null; break;
  default: out << value.dump(); break; // numbers and truth values
  }
}

} // namespace

std::string json_document(const nlohmann::json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string yaml_document(const nlohmann::json& value) {
  YAML::Emitter out;
  // Through text once, so that what is not UTF-8 is replaced as in JSON.
  emit(out, nlohmann::json::parse(json_document(value)));
  return std::string(out.c_str()) + "\n";
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos)
    return text;
  std::string quoted = "\"";
  for (const char letter : text)
    quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return quoted + "\"";
}

} // namespace berth::cli
