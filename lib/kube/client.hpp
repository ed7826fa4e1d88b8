#pragma once
// Client: the Kubernetes API verbs over a Transport, as JSON text in and out, so that each caller
// decodes with the parser that suits it. It adds authentication, User-Agent, the client-side rate
// limit, and the retries that are always safe; it decides nothing about conflicts.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/async/executor.hpp"
#include "lib/base/result.hpp"
#include "lib/base/rng.hpp"
#include "lib/http/transport.hpp"
#include "lib/kube/object.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::kube {

/// Where the bearer token comes from; asked before each request.
class TokenSource {
public:
  virtual ~TokenSource() = default;
  /// The token to send, or an empty string for none.
  [[nodiscard]] virtual async::Task<Result<std::string>> token() = 0;
  /// The server answered 401 to `token`: it must not be used again. A newer one stays in use, since
  /// many calls may have been under way with the old one.
  virtual void reject(std::string_view token) = 0;
};

/// One request that was sent, for metrics. `status` is absent when no response came.
struct CallRecord {
  std::string_view method;
  std::optional<int> status;
  Duration duration{0};
};

struct ClientOptions {
  std::string user_agent;    ///< "berth-operator/0.1.0 (linux/amd64)"
  std::string field_manager; ///< sent with every write
  double qps = 200;          ///< sustained requests per second; Lease requests are exempt
  std::size_t burst = 400;
  /// For each try. No further try begins, and nothing waits for the rate limit, longer than this.
  Duration request_timeout = std::chrono::seconds{30};
  /// For requests on Leases, which are never tried again here: half of the renew deadline.
  Duration lease_timeout = std::chrono::seconds{5};
  std::size_t response_bytes_max = std::size_t{256} << 20U;
  /// Further tries after the first, for answers and failures that are safe to repeat.
  std::size_t retries_max = 4;
  /// Told of every try, on the client's executor.
  std::function<void(const CallRecord&)> on_call;
};

enum class PatchType { Json, Merge, StrategicMerge, Apply };

struct ListOptions {
  std::string ns; ///< empty: all namespaces
  std::string label_selector;
  std::string field_selector;
  std::size_t limit = 500; ///< 0: everything in one answer
  std::string continue_token;
  std::optional<std::string> resource_version; ///< absent: consistent read
  bool exact = false; ///< the state at resource_version, not a newer one; Gone if history lacks it
  /// Instead of ClientOptions::request_timeout, with the same meaning.
  std::optional<Duration> timeout;
};

struct WatchOptions {
  std::string ns;
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;
  Duration timeout = std::chrono::seconds{300}; ///< timeoutSeconds sent to the server
  bool send_initial_events = false;             ///< streaming list
};

/// What must still hold for a write to take effect; empty means do not check.
struct Preconditions {
  std::string uid;
  std::string resource_version;
};

struct WriteOptions {
  /// The subresource written: "status", "binding", "eviction", "resize", "scale", or none.
  std::string subresource;
  /// Server-side apply: take over fields that others own.
  bool force = false;
  /// The server checks the write and answers as if it were done, but does nothing.
  bool dry_run = false;
};

/// Its calls may be awaited on any thread; they go on, and finish, on the client's executor. The
/// client outlives its calls. What it sends again: any request that the server refused with 429 and
/// Retry-After, or that was surely not received; reads also after 5xx with Retry-After and after
/// broken connections. A write whose effect is unknown ends with Code::Timeout (F14).
class Client {
public:
  Client(http::Transport& transport, async::Executor& executor, Rng rng, ClientOptions options);
  /// `token` may be null; it must outlive the client.
  Client(http::Transport& transport, async::Executor& executor, Rng rng, ClientOptions options,
         TokenSource* token);
  ~Client();

  /// Reads answer the object's (or list's) JSON.
  [[nodiscard]] async::Task<Result<std::string>> get(ResourceType type, ObjectKey key);
  [[nodiscard]] async::Task<Result<std::string>> list(ResourceType type, ListOptions options);
  [[nodiscard]] async::Task<Result<std::unique_ptr<http::BodyStream>>> watch(ResourceType type,
                                                                             WatchOptions options);

  /// Writes answer the JSON of the object as it is afterwards.
  [[nodiscard]] async::Task<Result<std::string>> create(ResourceType type, std::string ns,
                                                        std::string body);
  /// The body's metadata.resourceVersion is the precondition.
  [[nodiscard]] async::Task<Result<std::string>> update(ResourceType type, ObjectKey key,
                                                        std::string body, WriteOptions options);
  [[nodiscard]] async::Task<Result<std::string>> patch(ResourceType type, ObjectKey key,
                                                       PatchType patch_type, std::string body,
                                                       WriteOptions options);
  [[nodiscard]] async::Task<Result<void>> remove(ResourceType type, ObjectKey key,
                                                 Preconditions preconditions);

  /// Binds a pod to a node; Conflict when the pod is another one (UID) or is bound already.
  [[nodiscard]] async::Task<Result<void>> bind(ObjectKey pod, std::string pod_uid,
                                               std::string node);
  /// Asks for an eviction (policy/v1). Forbidden when a PodDisruptionBudget does not allow it now.
  [[nodiscard]] async::Task<Result<void>> evict(ObjectKey pod, Preconditions preconditions,
                                                std::optional<Duration> grace);
  /// The same answer as evict() would give now; nothing is evicted (a dry run).
  [[nodiscard]] async::Task<Result<void>> may_evict(ObjectKey pod, Preconditions preconditions);
  /// A plain GET of a path, for discovery, /version and aggregated APIs.
  [[nodiscard]] async::Task<Result<std::string>> get_raw(std::string target);

  /// When the server last refused a call because it has too much to do (429, but for disruption
  /// budgets); nothing if it never did. Callable on any thread.
  [[nodiscard]] std::optional<TimePoint> throttled_at() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::kube
