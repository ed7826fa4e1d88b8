#pragma once
// GateServer: serves the gate's webhook. The API server shows no certificate, so this is a server
// of its own beside that for kube-scheduler; it shows the same certificate and follows its files.

#include <memory>
#include <stop_token>

#include "lib/http/server.hpp"
#include "lib/http/tls_files.hpp"
#include "scheduler-extender/gate.hpp"
#include "scheduler-extender/options.hpp"

namespace berth::extender {

class GateServer {
public:
  /// Starts to serve at options.gate_bind_address with the certificate of `tls`.
  [[nodiscard]] static Result<std::unique_ptr<GateServer>> start(const ExtenderOptions& options,
                                                                 const http::ServerTls& tls,
                                                                 telemetry::Registry& registry,
                                                                 telemetry::Logger log);

  /// Follows the certificate's files until `stop`.
  [[nodiscard]] async::Task<void> keep_fresh(async::Executor& executor, std::stop_token stop);
  void retire() { server_->retire(); }
  void stop() { server_->stop(); }

private:
  GateServer(const ExtenderOptions& options, telemetry::Registry& registry, telemetry::Logger log);
  [[nodiscard]] Result<void> serve(const ExtenderOptions& options, const http::ServerTls& tls);

  telemetry::GateMetrics metrics_;
  telemetry::HttpServerMetrics server_metrics_;
  telemetry::Logger log_;
  GateWebhook webhook_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::TlsReloader> reloader_;
};

} // namespace berth::extender
