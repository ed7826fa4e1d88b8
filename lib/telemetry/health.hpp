#pragma once
// Health and metrics of a program over HTTP, as Kubernetes' own components offer them: /livez,
// /readyz, /healthz (an alias of /livez), each with ?verbose and ?exclude=<check>, one check at
// /readyz/<check>, and /metrics. Machines read the status code only: 200 or 500.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/http/message.hpp"
#include "lib/http/server.hpp"
#include "lib/telemetry/metrics.hpp"

namespace berth::telemetry {

/// The named checks of a program, and its answers to probes. Checks are added before the server
/// starts; they are called on its threads, must be quick and must not block.
class Health {
public:
  using Check = std::function<Result<void>()>;

  /// Fails only for what a restart would mend; never for the API server being away.
  void add_liveness(std::string name, Check check);
  /// Fails while requests should go elsewhere: caches not filled, certificates not loaded.
  void add_readiness(std::string name, Check check);
  /// From now on readiness fails, liveness as before; the first step of a shutdown. From any
  /// thread.
  void begin_shutdown() { shutting_down_.store(true, std::memory_order_relaxed); }

  /// The answer to a GET of /livez, /readyz or /healthz and what is below; 404 for anything else.
  [[nodiscard]] http::Response answer(const http::Request& request) const;

private:
  struct Named {
    std::string name;
    Check check;
  };
  using Checks = std::vector<Named>;

  [[nodiscard]] http::Response answer_all(const Checks& checks, std::string_view kind,
                                          std::string_view target) const;

  Checks liveness_;
  Checks readiness_;
  std::atomic<bool> shutting_down_{false};
};

/// Serves a Health and a Registry; both must outlive it.
class HealthServer {
public:
  [[nodiscard]] static Result<std::unique_ptr<HealthServer>>
  start(http::ServerOptions options, const Health& health, const Registry& registry);

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] const http::ServerCounters& counters() const { return server_->counters(); }
  void stop() { server_->stop(); }

private:
  explicit HealthServer(std::unique_ptr<http::Server> server) : server_(std::move(server)) {}
  std::unique_ptr<http::Server> server_;
};

} // namespace berth::telemetry
