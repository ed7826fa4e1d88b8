#include <algorithm>

#include <fmt/format.h>

#include "lib/base/timestamp.hpp"
#include "tests/support/simulation/pod_rules.hpp"
#include "tests/support/simulation/selector.hpp"
#include "tests/support/simulation/server_state.hpp"

namespace berth::simulation {
namespace {

Answer<void> check_preconditions(const RequestInfo& info, const Json& options, const Json& stored) {
  const GroupResource what{info.resource->type.group, info.resource->type.kind};
  const std::string uid = text_at(options, "/preconditions/uid");
  const std::string stored_uid = text_at(stored, "/metadata/uid");
  if (!uid.empty() && uid != stored_uid)
    return tl::unexpected(conflict(
        what, info.key.name,
        fmt::format("the UID in the precondition ({}) does not match the UID in record ({}). The "
                    "object might have been deleted and then recreated",
                    uid, stored_uid)));
  const std::string version = text_at(options, "/preconditions/resourceVersion");
  const std::string stored_version = text_at(stored, "/metadata/resourceVersion");
  if (!version.empty() && version != stored_version)
    return tl::unexpected(
        conflict(what, info.key.name,
                 fmt::format("the ResourceVersion in the precondition ({}) does not match the "
                             "ResourceVersion in record ({}). The object might have been modified",
                             version, stored_version)));
  return {};
}

/// Finalizers that the propagation policy adds, for the garbage collector to remove.
void add_propagation_finalizer(Json& object, const Json& options) {
  const std::string policy = text_at(options, "/propagationPolicy");
  const char* finalizer = policy == "Foreground" ? "foregroundDeletion"
                          : policy == "Orphan"   ? "orphan"
                                                 : nullptr;
  if (finalizer == nullptr)
    return;
  Json& finalizers = object["metadata"]["finalizers"];
  if (std::find(finalizers.begin(), finalizers.end(), finalizer) == finalizers.end())
    finalizers.push_back(finalizer);
}

/// How a deletion changes the object, and whether that is only its beginning.
struct Deletion {
  Json object;
  bool stays = false;
};

Deletion begin_deletion(const RequestInfo& info, const Json& options, const Json& stored,
                        TimePoint now) {
  Deletion deletion{stored};
  add_propagation_finalizer(deletion.object, options);
  Json& metadata = deletion.object["metadata"];
  const bool pod = info.resource->type.kind == "Pod";
  const bool first = !metadata.contains("deletionTimestamp");
  std::int64_t grace = pod ? grace_period_seconds(stored, options) : 0;
  if (!first)
    grace = std::min(grace, integer_at(metadata, "/deletionGracePeriodSeconds"));
  deletion.stays = grace > 0 || !at(metadata, "/finalizers").empty();
  // Only pods are deleted gracefully: they show their deletionTimestamp even when they go at once.
  if (!deletion.stays && !pod)
    return deletion;
  if (first || grace < integer_at(metadata, "/deletionGracePeriodSeconds")) {
    metadata["deletionTimestamp"] = format_time(now + std::chrono::seconds{grace});
    metadata["deletionGracePeriodSeconds"] = grace;
  }
  if (first && metadata.contains("generation"))
    metadata["generation"] = integer_at(metadata, "/generation") + 1;
  return deletion;
}

Json deleted_status(const RequestInfo& info, const Json& object) {
  Json status = success();
  status["details"] = {{"name", info.key.name},
                       {"kind", info.resource->type.plural},
                       {"uid", text_at(object, "/metadata/uid")}};
  if (!info.resource->type.group.empty())
    status["details"]["group"] = info.resource->type.group;
  return status;
}

/// A namespace is emptied by a controller; until then it is Terminating.
Answer<Json> terminate_namespace(ServerState& state, const RequestInfo& info, const Json& stored) {
  Json object = stored;
  object["metadata"]["deletionTimestamp"] = format_time(state.clock.now());
  object["status"]["phase"] = "Terminating";
  return object == stored ? object : *state.commit(info, info.storage_key(), std::move(object));
}

Answer<Json> delete_one(ServerState& state, const RequestInfo& info, const Json& options) {
  const auto stored = find_stored(state, info);
  if (!stored)
    return tl::unexpected(stored.error());
  if (auto checked = check_preconditions(info, options, **stored); !checked)
    return tl::unexpected(checked.error());
  if (info.resource->type.kind == "Namespace")
    return terminate_namespace(state, info, **stored);
  Deletion deletion = begin_deletion(info, options, **stored, state.clock.now());
  if (info.dry_run)
    return deletion.object;
  if (deletion.object != **stored)
    deletion.object = *state.commit(info, info.storage_key(), std::move(deletion.object));
  if (deletion.stays)
    return deletion.object;
  state.remove(info, info.storage_key());
  return info.resource->returns_deleted ? deletion.object : deleted_status(info, deletion.object);
}

Answer<Json> delete_collection(ServerState& state, const RequestInfo& info, const Json& options) {
  auto listed = handle_list(state, info, state.store.revision());
  if (!listed)
    return listed;
  for (const auto& item : listed->at("items")) {
    RequestInfo one = info;
    one.key = {text_at(item, "/metadata/namespace"), text_at(item, "/metadata/name")};
    if (auto deleted = delete_one(state, one, options);
        !deleted && deleted.error().reason() != "NotFound")
      return deleted;
  }
  return listed;
}

} // namespace

Answer<Json> handle_delete(ServerState& state, const RequestInfo& info, Json body) {
  if (!body.is_null() && !body.is_object())
    return tl::unexpected(bad_request("expected a DeleteOptions object"));
  return info.verb == Verb::DeleteCollection ? delete_collection(state, info, body)
                                             : delete_one(state, info, body);
}

} // namespace berth::simulation
