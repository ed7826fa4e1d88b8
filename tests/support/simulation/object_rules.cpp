#include "tests/support/simulation/object_rules.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "lib/base/timestamp.hpp"

namespace berth::simulation {
namespace {

constexpr std::size_t kNameBytesMax = 253;
constexpr std::size_t kGeneratedPrefixBytesMax = 58;

std::string random_suffix(Rng& rng) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string suffix;
  for (int index = 0; index < 5; ++index)
    suffix += kAlphabet[rng.below(kAlphabet.size())];
  return suffix;
}

std::string random_uid(Rng& rng) {
  const std::uint64_t high = rng.next();
  const std::uint64_t low = rng.next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xffffU,
                     high & 0xfffU, ((low >> 48U) & 0x3fffU) | 0x8000U, low & 0xffffffffffffU);
}

/// RFC 1123 subdomain, the rule for most names.
bool is_dns_subdomain(std::string_view name) {
  const auto alphanumeric = [](char letter) {
    return std::islower(static_cast<unsigned char>(letter)) ||
           std::isdigit(static_cast<unsigned char>(letter));
  };
  if (name.empty() || name.size() > kNameBytesMax || !alphanumeric(name.front()) ||
      !alphanumeric(name.back()))
    return false;
  return std::all_of(name.begin(), name.end(), [&](char letter) {
    return alphanumeric(letter) || letter == '-' || letter == '.';
  });
}

Json without(Json object, std::initializer_list<const char*> fields) {
  for (const auto* field : fields)
    object.erase(field);
  return object;
}

void take_from(const Json& stored, Json& updated, const std::string& field) {
  if (stored.contains(field))
    updated[field] = stored.at(field);
  else
    updated.erase(field);
}

bool is_status(const RequestInfo& info) {
  return info.subresource == "status";
}

/// A status update of a custom resource changes nothing else; one of a built-in kind may change
/// labels and annotations too.
void keep_all_but_status(Json& updated, const Json& stored, const ServedResource& resource) {
  if (!resource.custom) {
    take_from(stored, updated, "spec");
    return;
  }
  const Json status = updated.contains("status") ? updated.at("status") : Json(nullptr);
  const Json managed = at(updated, "/metadata/managedFields");
  updated = stored;
  if (!managed.is_null())
    updated["metadata"]["managedFields"] = managed;
  updated.erase("status");
  if (!status.is_null())
    updated["status"] = status;
}

bool changes_generation(const Json& updated, const Json& stored, const RequestInfo& info) {
  if (!info.resource->generation || is_status(info))
    return false;
  if (!info.resource->custom)
    return at(updated, "/spec") != at(stored, "/spec");
  return without(updated, {"metadata"}) != without(stored, {"metadata"});
}

void drop_empty(Json& value) {
  static const std::set<std::string> kMaps = {
      "labels",   "annotations", "nodeSelector", "requests", "limits",
      "capacity", "allocatable", "matchLabels",  "data",     "overhead"};
  if (value.is_array())
    for (auto& item : value)
      drop_empty(item);
  if (!value.is_object())
    return;
  for (auto field = value.begin(); field != value.end();) {
    drop_empty(field.value());
    const bool empty = field->is_null() || (field->is_array() && field->empty()) ||
                       (field->is_object() && field->empty() && kMaps.contains(field.key()));
    field = empty ? value.erase(field) : std::next(field);
  }
}

Json comparable(Json object) {
  Json& metadata = object["metadata"];
  metadata.erase("resourceVersion");
  if (metadata.contains("managedFields"))
    for (auto& entry : metadata["managedFields"])
      entry.erase("time");
  return object;
}

} // namespace

Answer<void> check_envelope(const Json& body, const RequestInfo& info) {
  if (!body.is_object())
    return tl::unexpected(bad_request("the object provided is unrecognized (must be of type " +
                                      info.resource->type.kind + ")"));
  const std::string expected = info.resource->type.api_version();
  const std::string given = text_at(body, "/apiVersion");
  if (given.empty() && info.resource->custom)
    return tl::unexpected(bad_request("Object 'apiVersion' is missing in '" + body.dump() + "'"));
  if (!given.empty() && given != expected)
    return tl::unexpected(bad_request(
        fmt::format("the API version in the data ({}) does not match the expected API version ({})",
                    given, expected)));
  const std::string kind = text_at(body, "/kind");
  if (!kind.empty() && kind != info.resource->type.kind)
    return tl::unexpected(bad_request(
        fmt::format("{} in version \"{}\" cannot be handled as a {}: no kind \"{}\" is registered",
                    kind, info.resource->type.version, info.resource->type.kind, kind)));
  const std::string ns = text_at(body, "/metadata/namespace");
  if (!ns.empty() && info.resource->type.namespaced && ns != info.key.ns)
    return tl::unexpected(bad_request("the namespace of the provided object does not match the "
                                      "namespace sent on the request"));
  const std::string name = text_at(body, "/metadata/name");
  if (!info.key.name.empty() && name != info.key.name)
    return tl::unexpected(bad_request(
        fmt::format("the name of the object ({}) does not match the name on the URL ({})", name,
                    info.key.name)));
  return {};
}

Answer<Json> prepare_create(Json body, const RequestInfo& info, TimePoint now, Rng& rng) {
  if (auto checked = check_envelope(body, info); !checked)
    return tl::unexpected(checked.error());
  Json& metadata = body["metadata"];
  if (!text_at(metadata, "/resourceVersion").empty())
    return tl::unexpected(
        plain_error("resourceVersion should not be set on objects to be created"));
  const std::string prefix = text_at(metadata, "/generateName");
  if (text_at(metadata, "/name").empty() && !prefix.empty())
    metadata["name"] = prefix.substr(0, kGeneratedPrefixBytesMax) + random_suffix(rng);
  for (const auto* field : {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"})
    metadata.erase(field);
  metadata["uid"] = random_uid(rng);
  metadata["creationTimestamp"] = format_time(now);
  if (info.resource->type.namespaced)
    metadata["namespace"] = info.key.ns;
  metadata.erase("generation");
  if (info.resource->generation)
    metadata["generation"] = 1;
  // Nodes and CRDs may be created with a status; every other kind with a /status starts without.
  const bool keeps_status =
      info.resource->type.kind == "Node" || info.resource->type.kind == "CustomResourceDefinition";
  if (info.resource->has("status") && !keeps_status)
    body.erase("status");
  normalize(body, *info.resource);
  return body;
}

Json prepare_update(Json updated, const Json& stored, const RequestInfo& info) {
  normalize(updated, *info.resource);
  if (is_status(info))
    keep_all_but_status(updated, stored, *info.resource);
  else if (info.resource->has("status"))
    take_from(stored, updated, "status");
  Json& metadata = updated["metadata"];
  const Json& before = stored.at("metadata");
  if (!metadata.contains("uid"))
    metadata["uid"] = before.at("uid");
  if (info.resource->type.namespaced)
    metadata["namespace"] = info.key.ns;
  for (const auto* field : {"creationTimestamp", "generation"})
    take_from(before, metadata, field);
  if (before.contains("deletionTimestamp"))
    for (const auto* field : {"deletionTimestamp", "deletionGracePeriodSeconds"})
      take_from(before, metadata, field);
  if (changes_generation(updated, stored, info))
    metadata["generation"] = integer_at(before, "/generation") + 1;
  return updated;
}

FieldErrors validate_meta(const Json& object, const ServedResource& resource) {
  FieldErrors errors;
  const std::string name = text_at(object, "/metadata/name");
  if (name.empty())
    errors.push_back(required_field("metadata.name", "name or generateName is required"));
  else if (!is_dns_subdomain(name))
    errors.push_back(invalid_value(
        "metadata.name", name,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
        "used for validation is "
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"));
  if (!resource.type.namespaced && object.at("metadata").contains("namespace"))
    errors.push_back(forbidden_field("metadata.namespace", "not allowed on this type"));
  return errors;
}

FieldErrors validate_meta_update(const Json& updated, const Json& stored) {
  FieldErrors errors;
  if (!at(stored, "/metadata/deletionTimestamp").is_null()) {
    for (const auto& finalizer : at(updated, "/metadata/finalizers")) {
      const Json& before = at(stored, "/metadata/finalizers");
      if (std::find(before.begin(), before.end(), finalizer) == before.end())
        errors.push_back(forbidden_field(
            "metadata.finalizers",
            fmt::format("no new finalizers can be added if the object is being deleted, found new "
                        "finalizers []string{{{}}}",
                        finalizer.dump())));
    }
  }
  for (const auto* field : {"name", "namespace", "uid", "deletionTimestamp"}) {
    const std::string pointer = fmt::format("/metadata/{}", field);
    if (at(updated, pointer) != at(stored, pointer))
      errors.push_back(invalid_value(fmt::format("metadata.{}", field), at(updated, pointer),
                                     "field is immutable"));
  }
  return errors;
}

void normalize(Json& object, const ServedResource& resource) {
  object["apiVersion"] = resource.type.api_version();
  object["kind"] = resource.type.kind;
  if (!object["metadata"].is_object())
    object["metadata"] = Json::object();
  if (resource.custom)
    drop_empty(object["metadata"]);
  else
    drop_empty(object);
}

bool deletes_during_update(const Json& updated, const Json& stored) {
  return at(updated, "/metadata/finalizers").empty() &&
         !at(stored, "/metadata/deletionTimestamp").is_null() &&
         integer_at(stored, "/metadata/deletionGracePeriodSeconds") == 0;
}

bool same_content(const Json& left, const Json& right) {
  return comparable(left) == comparable(right);
}

} // namespace berth::simulation
