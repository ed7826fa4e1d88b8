#include "tests/support/simulation/managed_fields.hpp"

#include <fmt/format.h>

#include "lib/base/timestamp.hpp"
#include "tests/support/simulation/field_set.hpp"
#include "tests/support/simulation/object_rules.hpp"

namespace berth::simulation {
namespace {

/// The part of an object whose owners are kept, as far as this endpoint may write it.
Json owned_part(Json object, const RequestInfo& info) {
  for (const auto* field : {"apiVersion", "kind"})
    object.erase(field);
  for (const auto* field : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp",
                            "generation", "deletionTimestamp", "deletionGracePeriodSeconds",
                            "managedFields", "generateName", "selfLink"})
    erase_at(object, fmt::format("/metadata/{}", field));
  if (info.subresource == "status") {
    object.erase("spec");
    if (info.resource->custom)
      object.erase("metadata");
  } else if (info.resource->has("status")) {
    object.erase("status");
  }
  if (at(object, "/metadata").empty())
    object.erase("metadata");
  return object;
}

bool is_entry_of(const Json& entry, const RequestInfo& info, std::string_view operation) {
  return text_at(entry, "/manager") == info.field_manager &&
         text_at(entry, "/operation") == operation &&
         text_at(entry, "/subresource") == info.subresource;
}

Json make_entry(const RequestInfo& info, std::string_view operation, FieldSet fields,
                TimePoint now) {
  Json entry = {{"manager", info.field_manager},
                {"operation", operation},
                {"apiVersion", info.resource->type.api_version()},
                {"time", format_time(now)},
                {"fieldsType", "FieldsV1"},
                {"fieldsV1", std::move(fields)}};
  if (!info.subresource.empty())
    entry["subresource"] = info.subresource;
  return entry;
}

/// Entries with `taken` gone from all but the one of this request, which gets `given` as well.
Json reassigned(const Json& entries, const RequestInfo& info, std::string_view operation,
                const FieldSet& taken, const FieldSet& given, TimePoint now) {
  Json result = Json::array();
  FieldSet own = given;
  for (const auto& entry : entries) {
    FieldSet rest = without_fields(at(entry, "/fieldsV1"), taken);
    if (is_entry_of(entry, info, operation)) {
      own = united(rest, own);
    } else if (!rest.empty()) {
      result.push_back(entry);
      result.back()["fieldsV1"] = std::move(rest);
    }
  }
  if (!own.empty())
    result.push_back(make_entry(info, operation, std::move(own), now));
  return result;
}

struct Conflict {
  std::string manager;
  std::string api_version;
  FieldSet fields;
};

Refusal conflict_refusal(const std::vector<Conflict>& conflicts) {
  Json causes = Json::array();
  std::string text;
  for (const auto& conflict : conflicts) {
    const std::string with =
        fmt::format("conflict with \"{}\" using {}", conflict.manager, conflict.api_version);
    for (const auto& path : paths_of(conflict.fields)) {
      causes.push_back({{"reason", "FieldManagerConflict"}, {"message", with}, {"field", path}});
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", with, path);
    }
  }
  const std::size_t count = causes.size();
  return apply_conflict(std::move(causes), fmt::format("Apply failed with {} conflict{}: {}", count,
                                                       count == 1 ? "" : "s", text));
}

} // namespace

void track_update(Json& updated, const Json* stored, const RequestInfo& info, TimePoint now) {
  if (info.content_type == kApplyPatch)
    return;
  const ListSchema& lists = info.resource->lists;
  const Json before = stored == nullptr ? Json::object() : owned_part(*stored, info);
  const Json after = owned_part(updated, info);
  const FieldSet changed = changed_fields(before, after, lists);
  const FieldSet removed = without_fields(fields_of(before, lists), fields_of(after, lists));
  const Json entries = stored == nullptr ? Json::array() : at(*stored, "/metadata/managedFields");
  if (changed.empty() && removed.empty()) {
    if (entries.is_array())
      updated["metadata"]["managedFields"] = entries;
    return;
  }
  updated["metadata"]["managedFields"] =
      reassigned(entries, info, "Update", united(changed, removed), changed, now);
}

Answer<void> check_apply(const Json& config, const RequestInfo& info) {
  if (info.field_manager.empty())
    return tl::unexpected(invalid({"meta.k8s.io", "PatchOptions"}, "",
                                  {required_field("fieldManager", "is required for apply patch")}));
  if (!at(config, "/metadata/managedFields").is_null())
    return tl::unexpected(bad_request("metadata.managedFields must be nil"));
  if (text_at(config, "/apiVersion").empty() || text_at(config, "/kind").empty())
    return tl::unexpected(bad_request("invalid object type: /, Kind="));
  return check_envelope(config, info);
}

Answer<Json> apply_configuration(const Json& config, const Json* stored, const RequestInfo& info,
                                 TimePoint now) {
  const ListSchema& lists = info.resource->lists;
  const Json wanted = owned_part(config, info);
  const FieldSet applied = fields_of(wanted, lists);
  if (stored == nullptr) {
    Json created = config;
    created["metadata"]["managedFields"] = Json::array({make_entry(info, "Apply", applied, now)});
    return created;
  }
  FieldSet previous = FieldSet::object();
  FieldSet others = FieldSet::object();
  std::vector<Conflict> conflicts;
  FieldSet contested = FieldSet::object();
  const Json live = owned_part(*stored, info);
  const FieldSet changed = changed_fields(live, merged(live, wanted, lists), lists);
  for (const auto& entry : at(*stored, "/metadata/managedFields")) {
    const FieldSet& owned = at(entry, "/fieldsV1");
    if (is_entry_of(entry, info, "Apply")) {
      previous = owned;
      continue;
    }
    others = united(others, owned);
    FieldSet clash = common_fields(owned, changed);
    if (clash.empty())
      continue;
    contested = united(contested, clash);
    conflicts.push_back({text_at(entry, "/manager"), text_at(entry, "/apiVersion"), clash});
  }
  if (!conflicts.empty() && !info.force)
    return tl::unexpected(conflict_refusal(conflicts));
  const FieldSet dropped = without_fields(without_fields(previous, applied), others);
  Json result = merged(pruned(*stored, dropped, lists), wanted, lists);
  if (const auto version = at(config, "/metadata/resourceVersion"); version.is_string())
    result["metadata"]["resourceVersion"] = version;
  Json kept = Json::array();
  for (const auto& entry : at(*stored, "/metadata/managedFields"))
    if (!is_entry_of(entry, info, "Apply"))
      kept.push_back(entry);
  result["metadata"]["managedFields"] = reassigned(kept, info, "Apply", contested, applied, now);
  return result;
}

} // namespace berth::simulation
