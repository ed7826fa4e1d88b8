#include <fmt/format.h>

#include "lib/base/timestamp.hpp"
#include "tests/support/simulation/managed_fields.hpp"
#include "tests/support/simulation/object_rules.hpp"
#include "tests/support/simulation/patch.hpp"
#include "tests/support/simulation/pod_rules.hpp"
#include "tests/support/simulation/schema_rules.hpp"
#include "tests/support/simulation/server_state.hpp"

namespace berth::simulation {
namespace {

constexpr int kNameAttemptsMax = 8;

bool is_pod(const RequestInfo& info) {
  return info.resource->type.kind == "Pod";
}

/// Namespaced objects need a namespace that exists and is not being deleted.
Answer<void> check_namespace(const ServerState& state, const RequestInfo& info) {
  if (!info.resource->type.namespaced)
    return {};
  const auto found = state.store.get({"", "v1", "namespaces", "Namespace", false}, info.key.ns);
  if (!found)
    return tl::unexpected(not_found({"", "namespaces"}, info.key.ns));
  if (text_at(*found, "/status/phase") == "Terminating")
    return tl::unexpected(
        forbidden(info.group_resource(), info.key.name,
                  fmt::format("unable to create new content in namespace {} because it is being "
                              "terminated",
                              info.key.ns)));
  return {};
}

/// Defaults and initial state that depend on the kind.
Answer<Json> initialize(ServerState& state, const RequestInfo& info, Json object) {
  const std::string& kind = info.resource->type.kind;
  if (kind == "Pod") {
    default_pod(object);
    if (auto resolved = resolve_priority(object, state.store); !resolved)
      return tl::unexpected(resolved.error());
  }
  if (kind == "Namespace") {
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = object["metadata"]["name"];
    object["spec"]["finalizers"] = {"kubernetes"};
    object["status"]["phase"] = "Active";
  }
  if (kind == "CustomResourceDefinition")
    object["status"]["conditions"] = {
        {{"type", "NamesAccepted"}, {"status", "True"}, {"reason", "NoConflicts"}},
        {{"type", "Established"}, {"status", "True"}, {"reason", "InitialNamesAccepted"}}};
  if (info.resource->custom)
    apply_schema(object, info.resource->schema);
  return object;
}

FieldErrors validate_create(const RequestInfo& info, const Json& object) {
  FieldErrors errors = validate_meta(object, *info.resource);
  if (is_pod(info))
    for (auto& error : validate_new_pod(object))
      errors.push_back(std::move(error));
  if (info.resource->custom)
    for (auto& error : validate_schema(object, info.resource->schema))
      errors.push_back(std::move(error));
  return errors;
}

FieldErrors validate_update(const RequestInfo& info, const Json& updated, const Json& stored) {
  FieldErrors errors = validate_meta_update(updated, stored);
  FieldErrors more;
  if (is_pod(info) && info.subresource.empty())
    more = validate_pod_update(updated, stored);
  if (is_pod(info) && info.subresource == "resize")
    more = validate_pod_resize(updated, stored);
  if (info.resource->custom)
    more = validate_schema(updated, info.resource->schema);
  for (auto& error : more)
    errors.push_back(std::move(error));
  return errors;
}

Answer<Json> create_once(ServerState& state, const RequestInfo& info, const Json& body) {
  auto prepared = prepare_create(body, info, state.clock.now(), state.rng);
  if (!prepared)
    return prepared;
  auto initialized = initialize(state, info, std::move(*prepared));
  if (!initialized)
    return initialized;
  const AdmissionContext context{info, state.store};
  auto admitted = admit(state.hooks, std::move(*initialized), nullptr, context);
  if (!admitted)
    return admitted;
  Json object = std::move(*admitted);
  if (is_pod(info))
    object["status"] = initial_pod_status(object, state.clock.now());
  if (const auto errors = validate_create(info, object); !errors.empty())
    return tl::unexpected(invalid(info.group_kind(), text_at(object, "/metadata/name"), errors));
  const std::string name = text_at(object, "/metadata/name");
  const std::string key = storage_key({info.key.ns, name});
  if (state.store.get(info.resource->type, key))
    return tl::unexpected(already_exists(info.group_resource(), name));
  track_update(object, nullptr, info, state.clock.now());
  return info.dry_run ? object : *state.commit(info, key, std::move(object));
}

/// The last part of every update: rules, admission, and the write if anything changed.
Answer<Json> store_update(ServerState& state, const RequestInfo& info, Json updated,
                          const Object& stored) {
  updated = prepare_update(std::move(updated), *stored, info);
  if (info.resource->custom)
    apply_schema(updated, info.resource->schema);
  const AdmissionContext context{info, state.store};
  auto admitted = admit(state.hooks, std::move(updated), stored.get(), context);
  if (!admitted)
    return admitted;
  if (const auto errors = validate_update(info, *admitted, *stored); !errors.empty())
    return tl::unexpected(invalid(info.group_kind(), info.key.name, errors));
  if (same_content(*admitted, *stored) || info.dry_run)
    return info.dry_run ? *admitted : *stored;
  if (!deletes_during_update(*admitted, *stored))
    return *state.commit(info, info.storage_key(), std::move(*admitted));
  state.remove(info, info.storage_key());
  return *admitted;
}

/// The resourceVersion in a body, where given, must be the stored one.
Answer<void> check_version(const RequestInfo& info, const Json& body, const Json& stored) {
  const std::string version = text_at(body, "/metadata/resourceVersion");
  if (!version.empty() && version != text_at(stored, "/metadata/resourceVersion"))
    return tl::unexpected(stale_version(info.group_resource(), info.key.name));
  if (version.empty() && !info.resource->unconditional_update)
    return tl::unexpected(
        invalid({info.resource->type.group, info.resource->type.plural}, info.key.name,
                {invalid_value("metadata.resourceVersion", 0, "must be specified for an update")}));
  return {};
}

Answer<Json> patched(const RequestInfo& info, const Json& stored, const Json& patch) {
  if (info.content_type == kJsonPatch)
    return apply_json_patch(stored, patch);
  if (info.content_type == kMergePatch)
    return apply_merge_patch(stored, patch);
  if (info.content_type == kStrategicPatch && !info.resource->custom)
    return apply_strategic_merge(stored, patch, info.resource->lists);
  std::vector<std::string_view> supported = {kJsonPatch, kMergePatch, kApplyPatch};
  if (!info.resource->custom)
    supported.insert(supported.begin() + 2, kStrategicPatch);
  return tl::unexpected(unsupported_media_type(supported));
}

Answer<Json> apply(ServerState& state, const RequestInfo& info, const Json& config,
                   const Object& stored) {
  if (auto checked = check_apply(config, info); !checked)
    return tl::unexpected(checked.error());
  if (!stored && !info.subresource.empty())
    return tl::unexpected(not_found(info.group_resource(), info.key.name));
  auto applied = apply_configuration(config, stored.get(), info, state.clock.now());
  if (!applied)
    return applied;
  if (stored) {
    if (auto checked = check_version(info, *applied, *stored); !checked)
      return tl::unexpected(checked.error());
    return store_update(state, info, std::move(*applied), stored);
  }
  return handle_create(state, info, std::move(*applied));
}

} // namespace

Answer<Json> handle_create(ServerState& state, const RequestInfo& info, Json body) {
  if (auto checked = check_namespace(state, info); !checked)
    return tl::unexpected(checked.error());
  const bool generated =
      text_at(body, "/metadata/name").empty() && !text_at(body, "/metadata/generateName").empty();
  Answer<Json> created = create_once(state, info, body);
  for (int attempt = 1; generated && attempt < kNameAttemptsMax; ++attempt) {
    if (created || created.error().reason() != "AlreadyExists")
      break;
    created = create_once(state, info, body);
  }
  return created;
}

Answer<Json> handle_update(ServerState& state, const RequestInfo& info, Json body) {
  if (auto checked = check_envelope(body, info); !checked)
    return tl::unexpected(checked.error());
  const auto stored = find_stored(state, info);
  if (!stored && info.resource->create_on_update && info.subresource.empty()) {
    body["metadata"].erase("resourceVersion");
    return handle_create(state, info, std::move(body));
  }
  if (!stored)
    return tl::unexpected(stored.error());
  const std::string uid = text_at(body, "/metadata/uid");
  const std::string stored_uid = text_at(**stored, "/metadata/uid");
  if (!uid.empty() && uid != stored_uid)
    return tl::unexpected(conflict(
        info.group_resource(), info.key.name,
        fmt::format("StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, "
                    "AdditionalErrorMsg: Precondition failed: UID in precondition: {}, UID in "
                    "object meta: {}",
                    info.storage_key(), uid, stored_uid)));
  if (auto checked = check_version(info, body, **stored); !checked)
    return tl::unexpected(checked.error());
  body["metadata"]["resourceVersion"] = text_at(**stored, "/metadata/resourceVersion");
  normalize(body, *info.resource);
  track_update(body, stored->get(), info, state.clock.now());
  return store_update(state, info, std::move(body), *stored);
}

Answer<Json> handle_patch(ServerState& state, const RequestInfo& info, Json body) {
  const auto stored = find_stored(state, info);
  if (info.content_type == kApplyPatch)
    return apply(state, info, body, stored ? *stored : nullptr);
  if (!stored)
    return tl::unexpected(stored.error());
  auto updated = patched(info, **stored, body);
  if (!updated)
    return updated;
  if (auto checked = check_version(info, *updated, **stored); !checked)
    return tl::unexpected(checked.error());
  normalize(*updated, *info.resource);
  track_update(*updated, stored->get(), info, state.clock.now());
  return store_update(state, info, std::move(*updated), *stored);
}

} // namespace berth::simulation
