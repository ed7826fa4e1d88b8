#pragma once
// AdminClient: how tests set the scene and look at it: synchronous, without faults or latency, as a
// cluster administrator or as anyone else. A refused call ends the test with the server's message;
// the try_ forms answer the response instead. It reads what is stored, since tests look after every
// event: through requests, half of their time went into JSON.

#include <optional>
#include <string>
#include <vector>

#include "tests/support/simulation/api_server.hpp"

namespace berth::simulation {

class AdminClient {
public:
  explicit AdminClient(SimulatedApiServer& server, std::string user = "kubernetes-admin")
      : server_(server), user_(std::move(user)) {}

  /// Creates an object that names its kind and namespace itself.
  Json create(const Json& object);
  [[nodiscard]] http::Response try_create(const Json& object);
  /// By kind ("Pod", or "Quota" of whatever group serves it) and key; nothing when it is not there.
  [[nodiscard]] std::optional<Json> find(const std::string& kind, const kube::ObjectKey& key);
  [[nodiscard]] Json get(const std::string& kind, const kube::ObjectKey& key);
  [[nodiscard]] std::vector<Json> list(const std::string& kind, const std::string& ns = "");
  /// JSON merge patch of the object or of a subresource.
  Json patch(const std::string& kind, const kube::ObjectKey& key, const Json& patch,
             const std::string& subresource = "");
  [[nodiscard]] http::Response try_patch(const std::string& kind, const kube::ObjectKey& key,
                                         const Json& patch, const std::string& subresource = "");
  /// Deletes with the object's own grace period, or the one given.
  void remove(const std::string& kind, const kube::ObjectKey& key,
              std::optional<std::int64_t> grace_seconds = std::nullopt);
  void bind(const kube::ObjectKey& pod, const std::string& node);
  [[nodiscard]] http::Response try_bind(const kube::ObjectKey& pod, const std::string& node,
                                        const std::string& uid = "");

  /// Any request, for what has no shorthand.
  [[nodiscard]] http::Response request(const std::string& method, const std::string& target,
                                       const Json& body = nullptr,
                                       const std::string& content_type = "application/json");

private:
  [[nodiscard]] const kube::ResourceType& type_of(const std::string& kind) const;

  SimulatedApiServer& server_;
  std::string user_;
};

} // namespace berth::simulation
