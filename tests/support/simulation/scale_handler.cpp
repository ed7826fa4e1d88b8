#include "tests/support/simulation/object_rules.hpp"
#include "tests/support/simulation/patch.hpp"
#include "tests/support/simulation/server_state.hpp"

namespace berth::simulation {
namespace {

Json scale_of(const Json& object) {
  Json metadata = Json::object();
  for (const auto* field : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"})
    if (object.at("metadata").contains(field))
      metadata[field] = object.at("metadata").at(field);
  return {{"kind", "Scale"},
          {"apiVersion", "autoscaling/v1"},
          {"metadata", std::move(metadata)},
          {"spec", {{"replicas", integer_at(object, "/spec/replicas")}}},
          {"status", {{"replicas", integer_at(object, "/status/replicas")}}}};
}

Answer<Json> wanted_scale(const RequestInfo& info, const Json& scale, const Json& body) {
  if (info.verb == Verb::Update)
    return body;
  if (info.content_type == kMergePatch || info.content_type == kStrategicPatch)
    return apply_merge_patch(scale, body);
  if (info.content_type == kJsonPatch)
    return apply_json_patch(scale, body);
  return tl::unexpected(unsupported_media_type({kJsonPatch, kMergePatch, kStrategicPatch}));
}

} // namespace

Answer<Json> handle_scale(ServerState& state, const RequestInfo& info, Json body) {
  const auto stored = find_stored(state, info);
  if (!stored)
    return tl::unexpected(stored.error());
  const Json scale = scale_of(**stored);
  if (info.verb == Verb::Get)
    return scale;
  const auto wanted = wanted_scale(info, scale, body);
  if (!wanted)
    return wanted;
  const std::string version = text_at(*wanted, "/metadata/resourceVersion");
  if (!version.empty() && version != text_at(**stored, "/metadata/resourceVersion"))
    return tl::unexpected(stale_version(info.group_resource(), info.key.name));
  const Json& replicas = at(*wanted, "/spec/replicas");
  if (!replicas.is_number_integer() || replicas < 0)
    return tl::unexpected(
        invalid({"autoscaling", "Scale"}, info.key.name,
                {invalid_value("spec.replicas", replicas, "must be greater than or equal to 0")}));
  Json object = **stored;
  object["spec"]["replicas"] = replicas;
  if (object == **stored)
    return scale;
  object["metadata"]["generation"] = integer_at(object, "/metadata/generation") + 1;
  return scale_of(*state.commit(info, info.storage_key(), std::move(object)));
}

} // namespace berth::simulation
