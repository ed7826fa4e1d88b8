#include "cli/simulate/yaml_fields.hpp"

#include "lib/kube/yaml_budget.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::cli {

void YamlFault::note(const YAML::Node& where, const std::string& path, const std::string& why) {
  if (!message.empty())
    return;
  const YAML::Mark mark = where.IsDefined() ? where.Mark() : YAML::Mark::null_mark();
  message = (mark.is_null() ? "" : "line " + std::to_string(mark.line + 1) + ": ") +
            (path.empty() ? "" : path + ": ") + why;
}

YamlFields::YamlFields(const YAML::Node& map, std::string path, YamlFault& fault)
    : map_(map), path_(std::move(path)), fault_(fault) {
  if (!map_.IsMap()) {
    fault_.note(map_, path_, "must be a map");
    map_ = YAML::Node(YAML::NodeType::Map);
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : map_)
    if (!entry.first.IsScalar())
      fault_.note(entry.first, path_, "keys must be texts");
    else if (!seen.insert(entry.first.Scalar()).second)
      fault_.note(entry.first, path_of(entry.first.Scalar()), "appears twice");
}

/// Whatever was not asked for is not known.
YamlFields::~YamlFields() {
  for (const auto& entry : map_)
    if (entry.first.IsScalar() && !known_.contains(entry.first.Scalar()))
      fault_.note(entry.first, path_of(entry.first.Scalar()), "is not a field here");
}

YAML::Node YamlFields::take(const std::string& name) {
  known_.insert(name);
  for (const auto& entry : map_)
    if (entry.first.IsScalar() && entry.first.Scalar() == name)
      return entry.second;
  return YAML::Node(YAML::NodeType::Null);
}

bool YamlFields::has(const std::string& name) const {
  for (const auto& entry : map_)
    if (entry.first.IsScalar() && entry.first.Scalar() == name)
      return !entry.second.IsNull();
  return false;
}

void YamlFields::refuse(const std::string& name, const std::string& why) {
  const YAML::Node value = take(name);
  fault_.note(value.IsNull() ? map_ : value, path_of(name), why);
}

void YamlFields::require(const std::string& name) {
  if (!has(name))
    fault_.note(map_, path_of(name), "is missing");
}

void YamlFields::text(const std::string& name, std::string& out) {
  constexpr std::size_t kTextBytesMax = 253;
  const YAML::Node value = take(name);
  if (value.IsNull())
    return;
  if (!value.IsScalar() || value.Scalar().empty() || value.Scalar().size() > kTextBytesMax)
    return fault_.note(value, path_of(name), "must be a text of 1 to 253 bytes");
  out = value.Scalar();
}

void YamlFields::integer(const std::string& name, std::int64_t& out, YamlRange range) {
  const YAML::Node value = take(name);
  if (value.IsNull())
    return;
  std::int64_t read = 0;
  if (!value.IsScalar() || !YAML::convert<std::int64_t>::decode(value, read) ||
      read < range.least || read > range.most)
    return fault_.note(value, path_of(name),
                       "must be a whole number from " + std::to_string(range.least) + " to " +
                           std::to_string(range.most));
  out = read;
}

void YamlFields::amounts(const std::string& name, resources::ResourceVector& out) {
  const YAML::Node map = take(name);
  if (map.IsNull())
    return;
  if (!map.IsMap())
    return fault_.note(map, path_of(name), "must be a map of resources to quantities");
  for (const auto& entry : map) {
    const std::string resource = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
    const std::string path = path_of(name) + "." + resource;
    const auto quantity = resources::Quantity::parse(
        entry.second.IsScalar() ? std::string_view(entry.second.Scalar()) : std::string_view());
    if (resource.empty() || !quantity || quantity->is_negative())
      return fault_.note(entry.second, path, "must be a quantity that is not negative");
    const resources::ResourceName resource_name{resource};
    if (out.contains(resource_name))
      return fault_.note(entry.first, path, "appears twice");
    out.set(resource_name, resources::amount_of(resource_name, *quantity));
  }
}

void YamlFields::texts(const std::string& name, std::map<std::string, std::string>& out) {
  const YAML::Node map = take(name);
  if (map.IsNull())
    return;
  if (!map.IsMap())
    return fault_.note(map, path_of(name), "must be a map of texts");
  for (const auto& entry : map) {
    if (!entry.first.IsScalar() || !entry.second.IsScalar())
      return fault_.note(entry.second, path_of(name), "must be a map of texts");
    out[entry.first.Scalar()] = entry.second.Scalar();
  }
}

void YamlFields::map(const std::string& name, const std::function<void(YamlFields&)>& read) {
  const YAML::Node value = take(name);
  YamlFields fields(value.IsNull() ? YAML::Node(YAML::NodeType::Map) : value, path_of(name),
                    fault_);
  read(fields);
}

void YamlFields::each(const std::string& name, const std::function<void(YamlFields&)>& read) {
  const YAML::Node list = take(name);
  if (list.IsNull())
    return;
  if (!list.IsSequence())
    return fault_.note(list, path_of(name), "must be a list");
  for (std::size_t i = 0; i < list.size() && fault_.message.empty(); ++i) {
    YamlFields fields(list[i], path_of(name) + "[" + std::to_string(i) + "]", fault_);
    read(fields);
  }
}

std::string YamlFields::path_of(const std::string& name) const {
  return path_.empty() ? name : path_ + "." + name;
}

Result<void> read_yaml(const std::string& text, const std::function<void(YamlFields&)>& read) {
  BERTH_CHECK(kube::check_yaml(text));
  YamlFault fault;
  try {
    const YAML::Node document = YAML::Load(text);
    YamlFields fields(document, "", fault);
    read(fields);
  } catch (const YAML::Exception& problem) {
    return fail(Code::Invalid, problem.what());
  }
  if (!fault.message.empty())
    return fail(Code::Invalid, std::move(fault.message));
  return {};
}

} // namespace berth::cli
