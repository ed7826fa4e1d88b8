#pragma once
// ServerState: what the handlers of the simulated API server share. Each handler is a function of
// the state and one request, in read_handlers.cpp, write_handlers.cpp and pod_handlers.cpp.

#include <functional>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/rng.hpp"
#include "tests/support/simulation/admission.hpp"

namespace berth::simulation {

/// One write that took effect, for assertions on who wrote what.
struct WriteRecord {
  Revision revision = 0;
  TimePoint at{};
  std::string user;
  Verb verb = Verb::Create;
  kube::ResourceType type;
  kube::ObjectKey key;
  std::string subresource;
};

struct ServerState {
  ServerState(const Clock& server_clock, Rng server_rng) : clock(server_clock), rng(server_rng) {}

  const Clock& clock;
  Rng rng;
  VersionedStore store{};
  Registry registry{};
  std::vector<AdmissionHook> hooks{};
  std::vector<WriteRecord> writes{};
  /// Called after each write.
  std::vector<std::function<void()>> listeners{};
  /// History is compacted this long after it was made, as etcd's is by the API server.
  Duration history_kept = std::chrono::minutes{5};

  /// Stores an object and tells the listeners.
  Object commit(const RequestInfo& info, const std::string& key, Json object);
  void remove(const RequestInfo& info, const std::string& key);

private:
  void record(const RequestInfo& info, const std::string& key);

  /// Revisions by the time they were reached, oldest first; at most two are needed.
  TimePoint last_mark_{};
  Revision last_marked_ = 0;
};

/// Reads; `visible` is the newest revision that the answering server's watch cache has seen.
[[nodiscard]] Answer<Json> handle_get(const ServerState& state, const RequestInfo& info,
                                      Revision visible);
[[nodiscard]] Answer<Json> handle_list(const ServerState& state, const RequestInfo& info,
                                       Revision visible);

/// Writes; each answers the object as it is afterwards, or a Status.
[[nodiscard]] Answer<Json> handle_create(ServerState& state, const RequestInfo& info, Json body);
[[nodiscard]] Answer<Json> handle_update(ServerState& state, const RequestInfo& info, Json body);
[[nodiscard]] Answer<Json> handle_patch(ServerState& state, const RequestInfo& info, Json body);
[[nodiscard]] Answer<Json> handle_delete(ServerState& state, const RequestInfo& info, Json body);
[[nodiscard]] Answer<Json> handle_binding(ServerState& state, const RequestInfo& info, Json body);
[[nodiscard]] Answer<Json> handle_eviction(ServerState& state, const RequestInfo& info, Json body);
/// The scale subresource of Deployments and their like: get, update and merge patch.
[[nodiscard]] Answer<Json> handle_scale(ServerState& state, const RequestInfo& info, Json body);

/// The stored object that a request names, or NotFound.
[[nodiscard]] Answer<Object> find_stored(const ServerState& state, const RequestInfo& info);

} // namespace berth::simulation
