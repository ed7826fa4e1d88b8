#include "scheduler-extender/gate_server.hpp"

#include <chrono>
#include <utility>

#include "lib/http/host_port.hpp"

namespace berth::extender {
namespace {

/// Anybody in the cluster may reach the port, so that what callers can hold is bounded: the API
/// servers' few connections carry many calls each, and a body comes at once.
http::ServerLimits limits() {
  http::ServerLimits limits;
  limits.body_bytes_max = kGateBodyBytesMax;
  limits.connections_max = 32;
  limits.body_timeout = std::chrono::seconds{2};
  limits.idle_timeout = std::chrono::seconds{120}; // the API server's client ends its own at 90
  return limits;
}

} // namespace

GateServer::GateServer(const ExtenderOptions& options, telemetry::Registry& registry,
                       telemetry::Logger log)
    : metrics_(registry), server_metrics_(registry, "gate"), log_(log.named("gate")),
      webhook_({options.gate_scheduler_name}, metrics_, log_) {}

Result<std::unique_ptr<GateServer>> GateServer::start(const ExtenderOptions& options,
                                                      const http::ServerTls& tls,
                                                      telemetry::Registry& registry,
                                                      telemetry::Logger log) {
  std::unique_ptr<GateServer> gate(new GateServer(options, registry, std::move(log)));
  BERTH_CHECK(gate->serve(options, tls));
  registry.before_exposition(
      [&served = *gate] { served.server_metrics_.follow(served.server_->counters()); });
  return gate;
}

Result<void> GateServer::serve(const ExtenderOptions& options, const http::ServerTls& tls) {
  BERTH_TRY(const http::HostPort address, http::HostPort::parse(options.gate_bind_address));
  const http::ServerTls shown{tls.cert_pem, tls.key_pem, {}};
  http::ServerOptions server;
  server.address = address.host;
  server.port = address.port;
  server.tls = shown;
  server.limits = limits();
  BERTH_TRY(server_, http::Server::start(std::move(server), [this](http::Request request) {
              return webhook_.handle(std::move(request));
            }));
  reloader_ = std::make_unique<http::TlsReloader>(
      http::ServerTlsFiles{options.tls_cert_file, options.tls_private_key_file, {}}, shown,
      *server_, [this](const Result<TimePoint>& outcome) {
        if (!outcome)
          log_.error("Kept the old certificate; the new files cannot be used", outcome.error());
      });
  log_.info("Started to serve", {{"port", server_->port()}});
  return {};
}

async::Task<void> GateServer::keep_fresh(async::Executor& executor, std::stop_token stop) {
  return reloader_->run(executor, std::move(stop));
}

} // namespace berth::extender
