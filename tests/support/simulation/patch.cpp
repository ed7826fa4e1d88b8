#include "tests/support/simulation/patch.hpp"

#include <algorithm>

namespace berth::simulation {
namespace {

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kDeleteValues = "$deleteFromPrimitiveList/";
constexpr std::string_view kOrder = "$setElementOrder/";

using Path = std::vector<std::string>;

class StrategicMerge {
public:
  explicit StrategicMerge(const ListSchema& lists) : lists_(lists) {}

  Json merge(const Json& object, const Json& patch, Path path) {
    if (!patch.is_object())
      return patch;
    if (text_at(patch, "/$patch") == "replace")
      return without_directives(patch);
    Json merged = object.is_object() ? object : Json::object();
    for (const auto& [name, value] : patch.items())
      merge_field(merged, name, value, path);
    return merged;
  }

  [[nodiscard]] const std::string& unknown() const { return unknown_; }

private:
  void merge_field(Json& merged, const std::string& name, const Json& value, const Path& path) {
    if (name.starts_with(kDeleteValues)) {
      delete_values(merged, name.substr(kDeleteValues.size()), value);
    } else if (name.starts_with("$")) {
      if (!name.starts_with(kOrder) && name != kDirective)
        unknown_ = name;
    } else if (value.is_null() || (value.is_object() && text_at(value, "/$patch") == "delete")) {
      merged.erase(name);
    } else {
      Path deeper = path;
      deeper.push_back(name);
      const Json before = merged.contains(name) ? merged.at(name) : Json(nullptr);
      merged[name] =
          value.is_array() ? merge_list(before, value, deeper) : merge(before, value, deeper);
    }
  }

  Json merge_list(const Json& object, const Json& patch, const Path& path) {
    const ListType type = lists_.find(path);
    if (type.kind == ListType::Kind::Atomic)
      return patch;
    Json merged = object.is_array() ? object : Json::array();
    if (type.kind == ListType::Kind::Set) {
      for (const auto& value : patch)
        if (std::find(merged.begin(), merged.end(), value) == merged.end())
          merged.push_back(value);
      return merged;
    }
    const bool replaces = std::any_of(patch.begin(), patch.end(), [](const Json& item) {
      return text_at(item, "/$patch") == "replace";
    });
    if (replaces)
      merged = Json::array();
    for (const auto& item : patch)
      merge_item(merged, item, type.keys, path);
    return merged;
  }

  void merge_item(Json& list, const Json& item, const Path& keys, const Path& path) {
    const std::string directive = text_at(item, "/$patch");
    if (directive == "replace")
      return;
    const auto found = std::find_if(list.begin(), list.end(), [&](const Json& present) {
      return same_item(present, item, keys);
    });
    if (directive == "delete") {
      if (found != list.end())
        list.erase(found);
    } else if (found != list.end()) {
      *found = merge(*found, item, path);
    } else {
      // The API server puts new items in front of the kept ones only where an order is asked for.
      list.push_back(merge(Json::object(), item, path));
    }
  }

  static void delete_values(Json& object, const std::string& name, const Json& values) {
    if (!object.contains(name))
      return;
    Json kept = Json::array();
    for (const auto& value : object.at(name))
      if (std::find(values.begin(), values.end(), value) == values.end())
        kept.push_back(value);
    object[name] = std::move(kept);
  }

  static Json without_directives(Json patch) {
    patch.erase(std::string(kDirective));
    return patch;
  }

  const ListSchema& lists_;
  std::string unknown_;
};

} // namespace

Answer<Json> apply_json_patch(const Json& object, const Json& patch) {
  if (!patch.is_array())
    return tl::unexpected(bad_request("json: cannot unmarshal object into Go value of type "
                                      "jsonpatch.Patch"));
  try {
    return object.patch(patch);
  } catch (const Json::exception& failure) {
    return tl::unexpected(unprocessable_patch(failure.what()));
  }
}

Answer<Json> apply_merge_patch(const Json& object, const Json& patch) {
  if (!patch.is_object())
    return tl::unexpected(bad_request("Invalid JSON Patch"));
  Json merged = object;
  merged.merge_patch(patch);
  return merged;
}

Answer<Json> apply_strategic_merge(const Json& object, const Json& patch, const ListSchema& lists) {
  if (!patch.is_object())
    return tl::unexpected(bad_request("invalid strategic merge patch"));
  StrategicMerge merge(lists);
  Json merged = merge.merge(object, patch, {});
  if (!merge.unknown().empty())
    return tl::unexpected(bad_request("unknown patch directive " + merge.unknown()));
  return merged;
}

} // namespace berth::simulation
