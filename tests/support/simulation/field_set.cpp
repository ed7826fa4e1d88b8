#include "tests/support/simulation/field_set.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace berth::simulation {
namespace {

using Path = std::vector<std::string>;
using Kind = ListType::Kind;

Path deeper(const Path& path, const std::string& name) {
  Path longer = path;
  longer.push_back(name);
  return longer;
}

std::string item_key(const Json& item, const ListType& type) {
  Json keys = Json::object();
  for (const auto& key : type.keys)
    keys[key] = at(item, "/" + key);
  return "k:" + keys.dump();
}

Json collect(const Json& value, const Path& path, const ListSchema& lists) {
  FieldSet set = FieldSet::object();
  if (value.is_object())
    for (const auto& [name, field] : value.items())
      set["f:" + name] = collect(field, deeper(path, name), lists);
  if (!value.is_array())
    return set;
  const ListType type = lists.find(path);
  for (const auto& item : value) {
    if (type.kind == Kind::Set)
      set["v:" + item.dump()] = FieldSet::object();
    if (type.kind != Kind::Map)
      continue;
    FieldSet fields = collect(item, path, lists);
    fields["."] = FieldSet::object();
    set[item_key(item, type)] = std::move(fields);
  }
  return set;
}

const Json* find_item(const Json& list, const std::string& key, const ListType& type) {
  for (const auto& item : list)
    if (item_key(item, type) == key)
      return &item;
  return nullptr;
}

Json changes(const Json& before, const Json& after, const Path& path, const ListSchema& lists) {
  FieldSet set = FieldSet::object();
  if (before.is_object() && after.is_object()) {
    for (const auto& [name, field] : after.items()) {
      if (!before.contains(name))
        set["f:" + name] = collect(field, deeper(path, name), lists);
      else if (before.at(name) != field)
        set["f:" + name] = changes(before.at(name), field, deeper(path, name), lists);
    }
    return set;
  }
  const ListType type = lists.find(path);
  if (!before.is_array() || !after.is_array() || type.kind == Kind::Atomic)
    return collect(after, path, lists);
  for (const auto& item : after) {
    if (type.kind == Kind::Set) {
      if (std::find(before.begin(), before.end(), item) == before.end())
        set["v:" + item.dump()] = FieldSet::object();
      continue;
    }
    const std::string key = item_key(item, type);
    const Json* present = find_item(before, key, type);
    if (present == nullptr) {
      set[key] = collect(item, path, lists);
      set[key]["."] = FieldSet::object();
    } else if (*present != item) {
      set[key] = changes(*present, item, path, lists);
    }
  }
  return set;
}

bool is_member(const FieldSet& node) {
  return node.empty() || node.contains(".");
}

void add_paths(const FieldSet& set, const std::string& path, std::vector<std::string>& paths) {
  if (set.empty())
    paths.push_back(path);
  for (const auto& [key, fields] : set.items()) {
    if (key == ".")
      continue;
    std::string part = "." + key.substr(2);
    if (key.starts_with("v:"))
      part = "[=" + key.substr(2) + "]";
    if (key.starts_with("k:")) {
      part = "[";
      const Json keys = Json::parse(key.substr(2));
      for (const auto& [name, value] : keys.items())
        part += fmt::format("{}{}={}", part.size() > 1 ? "," : "", name, value.dump());
      part += "]";
    }
    add_paths(fields, path + part, paths);
  }
}

Json prune(const Json& value, const FieldSet& set, const Path& path, const ListSchema& lists) {
  if (value.is_object()) {
    Json kept = value;
    for (const auto& [key, fields] : set.items()) {
      const std::string name = key.substr(2);
      if (!key.starts_with("f:") || !kept.contains(name))
        continue;
      // As on a real server, a map or list that loses its last entry goes with it.
      Json rest = fields.empty() ? Json() : prune(kept[name], fields, deeper(path, name), lists);
      if (rest.empty())
        kept.erase(name);
      else
        kept[name] = std::move(rest);
    }
    return kept;
  }
  if (!value.is_array())
    return value;
  const ListType type = lists.find(path);
  Json kept = Json::array();
  for (const auto& item : value) {
    const std::string key = type.kind == Kind::Set ? "v:" + item.dump() : item_key(item, type);
    if (!set.contains(key))
      kept.push_back(item);
    else if (!is_member(set.at(key)))
      kept.push_back(prune(item, set.at(key), path, lists));
  }
  return kept;
}

Json merge(const Json& value, const Json& config, const Path& path, const ListSchema& lists) {
  if (config.is_object() && value.is_object()) {
    Json result = value;
    for (const auto& [name, field] : config.items())
      result[name] =
          result.contains(name) ? merge(result[name], field, deeper(path, name), lists) : field;
    return result;
  }
  const ListType type = config.is_array() ? lists.find(path) : ListType{};
  if (!config.is_array() || !value.is_array() || type.kind == Kind::Atomic)
    return config;
  Json result = value;
  for (const auto& item : config) {
    const auto found = std::find_if(result.begin(), result.end(), [&](const Json& present) {
      return type.kind == Kind::Set ? present == item : same_item(present, item, type.keys);
    });
    if (found == result.end())
      result.push_back(item);
    else
      *found = merge(*found, item, path, lists);
  }
  return result;
}

} // namespace

FieldSet fields_of(const Json& value, const ListSchema& lists) {
  return collect(value, {}, lists);
}

FieldSet changed_fields(const Json& before, const Json& after, const ListSchema& lists) {
  return changes(before, after, {}, lists);
}

FieldSet united(const FieldSet& left, const FieldSet& right) {
  FieldSet set = left;
  for (const auto& [key, fields] : right.items())
    set[key] = set.contains(key) ? united(set[key], fields) : fields;
  return set;
}

FieldSet without_fields(const FieldSet& from, const FieldSet& fields) {
  FieldSet set = FieldSet::object();
  for (const auto& [key, inner] : from.items()) {
    if (!fields.contains(key)) {
      set[key] = inner;
    } else if (!inner.empty()) {
      // A whole field that goes takes what is below it along.
      FieldSet rest =
          fields.at(key).empty() ? FieldSet::object() : without_fields(inner, fields.at(key));
      if (!rest.empty())
        set[key] = std::move(rest);
    } else if (!is_member(fields.at(key))) {
      set[key] = inner;
    }
  }
  return set;
}

FieldSet common_fields(const FieldSet& left, const FieldSet& right) {
  FieldSet set = FieldSet::object();
  for (const auto& [key, fields] : left.items()) {
    if (!right.contains(key))
      continue;
    const FieldSet& other = right.at(key);
    if (fields.empty() || other.empty()) {
      set[key] = FieldSet::object();
    } else if (FieldSet inner = common_fields(fields, other); !inner.empty()) {
      set[key] = std::move(inner);
    }
  }
  return set;
}

std::vector<std::string> paths_of(const FieldSet& set) {
  std::vector<std::string> paths;
  if (!set.empty())
    add_paths(set, "", paths);
  return paths;
}

Json pruned(const Json& value, const FieldSet& set, const ListSchema& lists) {
  return prune(value, set, {}, lists);
}

Json merged(const Json& value, const Json& config, const ListSchema& lists) {
  return merge(value, config, {}, lists);
}

} // namespace berth::simulation
