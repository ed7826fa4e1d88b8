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
  const YAML::Node value = take(name);
  if (value.IsNull())
    return;
  if (!value.IsScalar() || value.Scalar().empty() || value.Scalar().size() > kTextBytesMax)
    return fault_.note(value, path_of(name), "must be a text of 1 to 253 bytes");
  out = value.Scalar();
}

void YamlFields::boolean(const std::string& name, bool& out) {
  const YAML::Node value = take(name);
  if (value.IsNull())
    return;
  if (!value.IsScalar() || (value.Scalar() != "true" && value.Scalar() != "false"))
    return fault_.note(value, path_of(name), "must be true or false");
  out = value.Scalar() == "true";
}

void YamlFields::texts(const std::string& name, std::vector<std::string>& out) {
  const YAML::Node list = take(name);
  if (list.IsNull())
    return;
  if (!list.IsSequence() || list.size() > kEntriesMax)
    return fault_.note(list, path_of(name),
                       "must be a list of at most " + std::to_string(kEntriesMax) + " texts");
  for (const YAML::Node& item : list) {
    if (!item.IsScalar() || item.Scalar().empty() || item.Scalar().size() > kTextBytesMax)
      return fault_.note(item, path_of(name), "must be texts of 1 to 253 bytes");
    out.push_back(item.Scalar());
  }
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

void YamlFields::entries(const std::string& name, const char* what, const ReadEntry& read) {
  const YAML::Node map = take(name);
  if (map.IsNull())
    return;
  if (!map.IsMap())
    return fault_.note(map, path_of(name), std::string("must be a map of ") + what);
  if (map.size() > kEntriesMax)
    return fault_.note(map, path_of(name),
                       "must have at most " + std::to_string(kEntriesMax) + " entries");
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const YAML::Node& key = entry.first;
    if (!key.IsScalar() || key.Scalar().empty() || key.Scalar().size() > kTextBytesMax)
      return fault_.note(key, path_of(name), "keys must be texts of 1 to 253 bytes");
    if (!seen.insert(key.Scalar()).second)
      return fault_.note(key, path_of(name) + "." + key.Scalar(), "appears twice");
    read(key, entry.second);
  }
}

void YamlFields::amounts(const std::string& name, resources::ResourceVector& out) {
  entries(name, "resources to quantities", [&](const YAML::Node& key, const YAML::Node& value) {
    const std::string path = path_of(name) + "." + key.Scalar();
    const auto quantity = resources::Quantity::parse(
        value.IsScalar() ? std::string_view(value.Scalar()) : std::string_view());
    if (!quantity || quantity->is_negative())
      return fault_.note(value, path, "must be a quantity that is not negative");
    const resources::ResourceName resource{key.Scalar()};
    const resources::Amount amount = resources::amount_of(resource, *quantity);
    if (resources::quantity_of(resource, amount) != *quantity)
      return fault_.note(value, path, "must be whole in the resource's unit, and below 2^63");
    out.set(resource, amount);
  });
}

void YamlFields::labels(const std::string& name, allocation::Labels& out) {
  entries(name, "texts", [&](const YAML::Node& key, const YAML::Node& value) {
    if (!value.IsScalar() || value.Scalar().size() > kTextBytesMax)
      return fault_.note(value, path_of(name) + "." + key.Scalar(),
                         "must be a text of at most 253 bytes");
    out.set(key.Scalar(), value.Scalar());
  });
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
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      return fail(Code::Invalid, "must be one YAML document");
    YamlFields fields(documents.empty() ? YAML::Node() : documents.front(), "", fault);
    read(fields);
  } catch (const YAML::Exception& problem) {
    return fail(Code::Invalid, problem.what());
  }
  if (!fault.message.empty())
    return fail(Code::Invalid, std::move(fault.message));
  return {};
}

} // namespace berth::cli
