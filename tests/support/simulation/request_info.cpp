#include "tests/support/simulation/request_info.hpp"

#include <charconv>
#include <vector>

#include <fmt/format.h>

namespace berth::simulation {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    if (!segment.empty())
      segments.push_back(*http::query_value(fmt::format("/?s={}", segment), "s"));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return segments;
}

/// The group, version and what follows them.
struct Path {
  std::string group;
  std::string version;
  std::vector<std::string> rest;
};

std::optional<Path> read_path(const std::vector<std::string>& segments) {
  const std::size_t prefix = segments.empty() ? 0 : segments[0] == "api" ? 2 : 3;
  if (prefix == 0 || segments.size() <= prefix || (prefix == 3 && segments[0] != "apis"))
    return std::nullopt;
  Path path;
  path.group = prefix == 3 ? segments[1] : "";
  path.version = segments[prefix - 1];
  path.rest.assign(segments.begin() + static_cast<std::ptrdiff_t>(prefix), segments.end());
  return path;
}

/// Fills resource, key and subresource from what follows the group and version.
bool read_object(const Path& path, const Registry& registry, RequestInfo& info) {
  std::vector<std::string> rest = path.rest;
  const bool in_namespace = rest.size() >= 3 && rest[0] == "namespaces" &&
                            registry.find(path.group, path.version, rest[2]) != nullptr;
  if (in_namespace) {
    info.key.ns = rest[1];
    rest.erase(rest.begin(), rest.begin() + 2);
  }
  info.resource = registry.find(path.group, path.version, rest[0]);
  if (!info.resource || rest.size() > 3)
    return false;
  if (rest.size() > 1)
    info.key.name = rest[1];
  if (rest.size() > 2)
    info.subresource = rest[2];
  if (!info.subresource.empty() && !info.resource->has(info.subresource))
    return false;
  // A namespaced object cannot be named without its namespace, nor the other way round.
  return info.resource->type.namespaced ? (info.key.name.empty() || in_namespace) : !in_namespace;
}

std::optional<std::int64_t> read_integer(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (!text || text->empty())
    return std::nullopt;
  const auto result = std::from_chars(text->data(), text->data() + text->size(), value);
  return result.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

bool is_true(const std::optional<std::string>& text) {
  return text == "true" || text == "1";
}

ListQuery read_list_query(const std::string& target) {
  const auto value = [&](std::string_view name) { return http::query_value(target, name); };
  ListQuery query;
  query.label_selector = value("labelSelector").value_or("");
  query.field_selector = value("fieldSelector").value_or("");
  query.limit = static_cast<std::size_t>(read_integer(value("limit")).value_or(0));
  query.continue_token = value("continue").value_or("");
  query.resource_version = value("resourceVersion").value_or("");
  query.resource_version_match = value("resourceVersionMatch").value_or("");
  query.allow_bookmarks = is_true(value("allowWatchBookmarks"));
  query.timeout_seconds = read_integer(value("timeoutSeconds"));
  if (const auto initial = value("sendInitialEvents"))
    query.send_initial_events = is_true(initial);
  return query;
}

Answer<Verb> read_verb(const http::Request& request, const RequestInfo& info) {
  const bool collection = info.key.name.empty();
  if (request.method == "GET") {
    const bool watch = collection && is_true(http::query_value(request.target, "watch"));
    return watch ? Verb::Watch : collection ? Verb::List : Verb::Get;
  }
  const bool creates =
      collection || info.subresource == "binding" || info.subresource == "eviction";
  if (request.method == "POST" && creates)
    return Verb::Create;
  if (request.method == "PUT" && !collection)
    return Verb::Update;
  if (request.method == "PATCH" && !collection)
    return Verb::Patch;
  if (request.method == "DELETE" && info.subresource.empty())
    return collection ? Verb::DeleteCollection : Verb::Delete;
  return tl::unexpected(method_not_allowed());
}

/// Server-side apply must name its manager; other writes are known by their User-Agent too.
std::string field_manager_of(const http::Request& request, bool apply) {
  auto named = http::query_value(request.target, "fieldManager").value_or("");
  if (!named.empty() || apply)
    return named;
  const auto agent = request.headers.find("User-Agent").value_or("unknown");
  return std::string(agent.substr(0, agent.find('/')));
}

} // namespace

std::string_view to_string(Verb verb) {
  switch (verb) {
  case Verb::Get: return "get";
  case Verb::List: return "list";
  case Verb::Watch: return "watch";
  case Verb::Create: return "create";
  case Verb::Update: return "update";
  case Verb::Patch: return "patch";
  case Verb::Delete: return "delete";
  case Verb::DeleteCollection: return "deletecollection";
  }
  return "unknown";
}

bool is_write(Verb verb) {
  return verb != Verb::Get && verb != Verb::List && verb != Verb::Watch;
}

Answer<RequestInfo> read_request(const http::Request& request, const Registry& registry,
                                 std::string user) {
  RequestInfo info;
  const auto path = read_path(segments_of(http::path_of(request.target)));
  if (!path || !read_object(*path, registry, info))
    return tl::unexpected(unknown_path());
  const auto verb = read_verb(request, info);
  if (!verb)
    return tl::unexpected(verb.error());
  info.verb = *verb;
  if (info.resource->read_only && (is_write(info.verb) || info.verb == Verb::Watch))
    return tl::unexpected(method_not_allowed());
  if (info.verb == Verb::Create && info.resource->type.namespaced && info.key.ns.empty())
    return tl::unexpected(method_not_allowed());
  info.user = std::move(user);
  const auto content_type = request.headers.find("Content-Type").value_or("application/json");
  info.content_type = std::string(content_type.substr(0, content_type.find(';')));
  info.field_manager = field_manager_of(request, info.content_type == kApplyPatch);
  info.force = is_true(http::query_value(request.target, "force"));
  info.dry_run = http::query_value(request.target, "dryRun") == "All";
  info.list = read_list_query(request.target);
  return info;
}

} // namespace berth::simulation
