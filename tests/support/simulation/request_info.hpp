#pragma once
// RequestInfo: what a request's method and target ask of the API server, and by whom.

#include <cstdint>
#include <optional>
#include <string>

#include "tests/support/simulation/refusal.hpp"
#include "tests/support/simulation/served_resource.hpp"
#include "tests/support/simulation/versioned_store.hpp"

namespace berth::simulation {

enum class Verb { Get, List, Watch, Create, Update, Patch, Delete, DeleteCollection };

[[nodiscard]] std::string_view to_string(Verb verb);
[[nodiscard]] bool is_write(Verb verb);

inline constexpr std::string_view kJsonPatch = "application/json-patch+json";
inline constexpr std::string_view kMergePatch = "application/merge-patch+json";
inline constexpr std::string_view kStrategicPatch = "application/strategic-merge-patch+json";
inline constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";

/// Query parameters of lists and watches.
struct ListQuery {
  std::string label_selector;
  std::string field_selector;
  std::size_t limit = 0;
  std::string continue_token;
  std::string resource_version;
  std::string resource_version_match;
  bool allow_bookmarks = false;
  std::optional<bool> send_initial_events{};
  std::optional<std::int64_t> timeout_seconds{};
};

struct RequestInfo {
  Verb verb = Verb::Get;
  Resource resource;
  kube::ObjectKey key; ///< name is empty for collections, ns for all namespaces
  std::string subresource;
  std::string content_type;
  std::string user;
  std::string field_manager; ///< from the query, else from the User-Agent
  bool force = false;
  bool dry_run = false;
  ListQuery list{};

  [[nodiscard]] std::string storage_key() const { return simulation::storage_key(key); }
  [[nodiscard]] GroupResource group_resource() const {
    return simulation::group_resource(resource->type);
  }
  [[nodiscard]] GroupResource group_kind() const { return simulation::group_kind(resource->type); }
};

/// NotFound for paths that nothing serves, MethodNotAllowed and BadRequest as the server has them.
[[nodiscard]] Answer<RequestInfo> read_request(const http::Request& request,
                                               const Registry& registry, std::string user);

} // namespace berth::simulation
