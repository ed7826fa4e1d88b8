#pragma once
// ExternalMetricsServer: serves the API over TLS from when its certificate is there, follows the
// certificate's files and the front proxy's ConfigMap, and ends in order. Who shows no certificate
// of the front proxy's CA is not even shaken hands with, so that no stranger holds a connection.
// Until the ConfigMap has been read, and where it names no front proxy, it serves and believes
// nobody: all get 401.

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "analyzer/external_metrics/api.hpp"
#include "analyzer/external_metrics/options.hpp"
#include "lib/base/rng.hpp"
#include "lib/http/host_port.hpp"
#include "lib/http/server.hpp"
#include "lib/http/tls_files.hpp"
#include "lib/kube/reflector.hpp"
#include "lib/telemetry/health.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::analyzer {

class ExternalMetricsServer {
public:
  /// All must outlive it. `client` is for access reviews alone, with limits of its own.
  struct Parts {
    kube::Client& client;
    kube::Client& reviewing_client;
    async::Executor& executor;
    Rng rng;
    telemetry::Registry& registry;
    telemetry::Health& health;
    telemetry::Logger log;
    Duration interval; ///< of the advisor
  };
  ExternalMetricsServer(Parts parts, ExternalMetricsOptions options);
  ~ExternalMetricsServer();

  /// Serves until `stop`, and lets what is in flight end then.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// What is served from now on. On the executor.
  void show(const CycleFacts& facts);
  /// Where it serves; nothing while it does not. On the executor.
  [[nodiscard]] std::optional<std::uint16_t> port() const;

private:
  /// Tries to start; true once it serves.
  [[nodiscard]] bool start();
  [[nodiscard]] async::Task<void> follow_front_proxy(std::stop_token stop);
  [[nodiscard]] async::Task<void> stop_server();
  /// Brings the server to trust what the ConfigMap says.
  void trust();
  [[nodiscard]] Result<void> readiness() const;
  void note_certificate(const Result<TimePoint>& outcome);

  async::Executor& executor_;
  telemetry::Logger log_;
  const ExternalMetricsOptions options_;
  telemetry::ExternalMetricsMetrics metrics_;
  telemetry::HttpServerMetrics server_metrics_;
  telemetry::CertificateMetrics certificate_metrics_;
  ForecastBoard board_;
  FrontProxyPointer front_proxy_{};
  AccessReviews reviews_;
  Api api_;
  kube::Store<FrontProxy> config_maps_;
  kube::Reflector<FrontProxy> reflector_;
  std::string failure_; ///< told last of what keeps it from serving
  std::unique_ptr<http::Server> server_;
  std::atomic<const http::Server*> serving_{nullptr}; ///< for the health server's threads
  std::unique_ptr<http::TlsReloader> reloader_;
};

} // namespace berth::analyzer
