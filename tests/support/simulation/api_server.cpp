#include "tests/support/simulation/api_server.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "lib/base/ensure.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::simulation {
namespace {

http::Response json_response(int status, const Json& body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = body.dump();
  return response;
}

Answer<Json> dispatch(ServerState& state, const RequestInfo& info, Json body, Revision visible) {
  if (info.subresource == "scale")
    return handle_scale(state, info, std::move(body));
  switch (info.verb) {
  case Verb::Get: return handle_get(state, info, visible);
  case Verb::List: return handle_list(state, info, visible);
  case Verb::Create:
    if (info.subresource == "binding")
      return handle_binding(state, info, std::move(body));
    if (info.subresource == "eviction")
      return handle_eviction(state, info, std::move(body));
    return handle_create(state, info, std::move(body));
  case Verb::Update: return handle_update(state, info, std::move(body));
  case Verb::Patch: return handle_patch(state, info, std::move(body));
  case Verb::Delete:
  case Verb::DeleteCollection: return handle_delete(state, info, std::move(body));
  case Verb::Watch: break;
  }
  return tl::unexpected(bad_request("a watch needs a stream"));
}

/// Where a write answers 201 rather than 200.
bool creates(const ServerState& state, const RequestInfo& info) {
  if (info.verb == Verb::Create)
    return true;
  const bool may_create =
      info.subresource.empty() && (info.verb == Verb::Update || info.content_type == kApplyPatch);
  return may_create && !state.store.get(info.resource->type, info.storage_key());
}

/// The versions of a group, as GET /apis/GROUP lists them; nothing where none is served.
std::optional<Json> api_group(const ServerState& state, const std::string& path) {
  Json versions = Json::array();
  for (const auto& resource : state.registry.all()) {
    const auto& type = resource->type;
    if (type.group.empty() || "/apis/" + type.group != path)
      continue;
    const Json version = {{"groupVersion", type.api_version()}, {"version", type.version}};
    if (std::find(versions.begin(), versions.end(), version) == versions.end())
      versions.push_back(version);
  }
  if (versions.empty())
    return std::nullopt;
  return Json{{"kind", "APIGroup"}, {"apiVersion", "v1"}, {"versions", std::move(versions)}};
}

/// Discovery and health, which belong to no resource.
std::optional<http::Response> answer_plain_path(const ServerState& state,
                                                const http::Request& request) {
  const std::string path(http::path_of(request.target));
  if (request.method != "GET")
    return std::nullopt;
  if (path == "/version")
    return json_response(200, {{"major", "1"}, {"minor", "37"}, {"gitVersion", "v1.37.1"}});
  if (path == "/readyz" || path == "/livez" || path == "/healthz")
    return http::Response{200, {{"Content-Type", "text/plain; charset=utf-8"}}, "ok"};
  if (const auto group = api_group(state, path))
    return json_response(200, *group);
  Json resources = Json::array();
  std::string version;
  for (const auto& resource : state.registry.all()) {
    const auto& type = resource->type;
    if ((type.group.empty() ? "/api/" : "/apis/") + type.api_version() != path)
      continue;
    version = type.api_version();
    resources.push_back(
        {{"name", type.plural},
         {"kind", type.kind},
         {"namespaced", type.namespaced},
         {"singularName", ""},
         {"verbs", {"get", "list", "watch", "create", "update", "patch", "delete"}}});
    for (const auto& subresource : resource->subresources)
      resources.push_back({{"name", type.plural + "/" + subresource},
                           {"kind", type.kind},
                           {"namespaced", type.namespaced},
                           {"singularName", ""},
                           {"verbs", {"get", "update", "patch"}}});
  }
  if (version.empty())
    return std::nullopt;
  return json_response(200, {{"kind", "APIResourceList"},
                             {"apiVersion", "v1"},
                             {"groupVersion", version},
                             {"resources", std::move(resources)}});
}

} // namespace

SimulatedApiServer::SimulatedApiServer(async::SimulatedExecutor& executor, std::uint64_t seed)
    : executor_(executor), state_(executor.clock(), Rng(seed)) {
  std::fprintf(stderr, "simulated API server: seed %llu\n", static_cast<unsigned long long>(seed));
  for (const auto* name : {"default", "kube-system"}) {
    const Json ns = {{"kind", "Namespace"}, {"apiVersion", "v1"}, {"metadata", {{"name", name}}}};
    const http::Request request{"POST", "/api/v1/namespaces", {}, ns.dump()};
    ensure(handle(request, "system:apiserver").status == 201, "a namespace can be created");
  }
}

http::Response SimulatedApiServer::handle(const http::Request& request, const std::string& user,
                                          Revision visible) {
  if (auto plain = answer_plain_path(state_, request))
    return *plain;
  const auto info = read_request(request, state_.registry, user);
  if (!info)
    return info.error().response();
  Json body;
  if (!request.body.empty()) {
    body = Json::parse(request.body, nullptr, false);
    if (body.is_discarded())
      return bad_request("the object provided is unrecognized: invalid JSON").response();
  }
  const int code = creates(state_, *info) ? 201 : 200;
  const auto answer = dispatch(state_, *info, std::move(body), visible);
  return answer ? json_response(code, *answer) : answer.error().response();
}

void SimulatedApiServer::put_metrics(Json object) {
  const auto resource =
      state_.registry.find_kind(text_at(object, "/apiVersion"), text_at(object, "/kind"));
  ensure(resource && resource->read_only, "put_metrics() is for metrics.k8s.io");
  RequestInfo info;
  info.resource = resource;
  info.user = "metrics-server";
  info.key = {text_at(object, "/metadata/namespace"), text_at(object, "/metadata/name")};
  state_.commit(info, info.storage_key(), std::move(object));
}

} // namespace berth::simulation
