#include "tests/support/simulation/admin_client.hpp"

#include <fmt/format.h>

#include "lib/base/ensure.hpp"

namespace berth::simulation {
namespace {

Json accepted(const http::Response& response, std::string_view what) {
  ensure(response.status < 300, fmt::format("{} was refused: {}", what, response.body));
  return Json::parse(response.body, nullptr, false);
}

} // namespace

Json AdminClient::create(const Json& object) {
  return accepted(try_create(object), "the creation of " + object.dump());
}

http::Response AdminClient::try_create(const Json& object) {
  const auto resource =
      server_.state().registry.find_kind(text_at(object, "/apiVersion"), text_at(object, "/kind"));
  ensure(resource != nullptr, fmt::format("nothing serves {}", object.dump()));
  return request("POST", resource->type.collection_path(text_at(object, "/metadata/namespace")),
                 object);
}

std::optional<Json> AdminClient::find(const std::string& kind, const kube::ObjectKey& key) {
  const Object found = server_.state().store.get(type_of(kind), storage_key(key));
  if (found == nullptr)
    return std::nullopt;
  return *found;
}

Json AdminClient::get(const std::string& kind, const kube::ObjectKey& key) {
  auto found = find(kind, key);
  ensure(found.has_value(), fmt::format("there is no {} {}", kind, kube::to_string(key)));
  return *std::move(found);
}

std::vector<Json> AdminClient::list(const std::string& kind, const std::string& ns) {
  const VersionedStore& store = server_.state().store;
  const std::string prefix = ns.empty() ? "" : ns + "/";
  std::vector<Json> found;
  for (const Entry& entry : store.list(type_of(kind), store.revision(), prefix)) {
    if (!entry.key.starts_with(prefix))
      break;
    found.push_back(*entry.object);
  }
  return found;
}

Json AdminClient::patch(const std::string& kind, const kube::ObjectKey& key, const Json& patch,
                        const std::string& subresource) {
  return accepted(try_patch(kind, key, patch, subresource),
                  fmt::format("the patch {} of {}", patch.dump(), kube::to_string(key)));
}

http::Response AdminClient::try_patch(const std::string& kind, const kube::ObjectKey& key,
                                      const Json& patch, const std::string& subresource) {
  const std::string suffix = subresource.empty() ? "" : "/" + subresource;
  return request("PATCH", type_of(kind).object_path(key) + suffix, patch, std::string(kMergePatch));
}

void AdminClient::remove(const std::string& kind, const kube::ObjectKey& key,
                         std::optional<std::int64_t> grace_seconds) {
  Json options = {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
  if (grace_seconds)
    options["gracePeriodSeconds"] = *grace_seconds;
  accepted(request("DELETE", type_of(kind).object_path(key), options), "the deletion");
}

void AdminClient::bind(const kube::ObjectKey& pod, const std::string& node) {
  accepted(try_bind(pod, node), "the binding of " + kube::to_string(pod));
}

http::Response AdminClient::try_bind(const kube::ObjectKey& pod, const std::string& node,
                                     const std::string& uid) {
  Json binding = {{"kind", "Binding"},
                  {"apiVersion", "v1"},
                  {"metadata", {{"name", pod.name}, {"namespace", pod.ns}}},
                  {"target", {{"kind", "Node"}, {"name", node}}}};
  if (!uid.empty())
    binding["metadata"]["uid"] = uid;
  return request("POST", type_of("Pod").object_path(pod) + "/binding", binding);
}

http::Response AdminClient::request(const std::string& method, const std::string& target,
                                    const Json& body, const std::string& content_type) {
  http::Request request{method, target, {}, body.is_null() ? "" : body.dump()};
  request.headers.add("Content-Type", content_type);
  request.headers.add("User-Agent", user_);
  return server_.handle(request, user_);
}

const kube::ResourceType& AdminClient::type_of(const std::string& kind) const {
  for (const auto& resource : server_.state().registry.all())
    if (resource->type.kind == kind)
      return resource->type;
  abort_because("nothing serves the kind " + kind, std::source_location::current());
}

} // namespace berth::simulation
