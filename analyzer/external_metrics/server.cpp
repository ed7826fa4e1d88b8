#include "analyzer/external_metrics/server.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "lib/async/signal.hpp"
#include "lib/async/task_group.hpp"
#include "lib/kube/codec_json.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

/// How often it looks whether its certificate has come.
constexpr Duration kLook = std::chrono::seconds{1};

/// The API servers' few connections carry all calls; a body is never looked at, and the user's
/// groups travel in the head.
http::ServerLimits limits() {
  http::ServerLimits limits;
  limits.header_bytes_max = std::size_t{32} << 10U;
  limits.body_bytes_max = std::size_t{4} << 10U;
  limits.connections_max = 64;
  limits.body_timeout = std::chrono::seconds{2};
  limits.idle_timeout = std::chrono::seconds{120}; // the API server's client ends its own at 90
  return limits;
}

kube::ListWatchOptions front_proxy_only() {
  kube::ListWatchOptions options;
  options.ns = kFrontProxyNamespace;
  options.field_selector = std::string("metadata.name=") + kFrontProxyConfigMap;
  options.streaming_list = false; // it is one object
  return options;
}

} // namespace

ExternalMetricsServer::ExternalMetricsServer(Parts parts, ExternalMetricsOptions options)
    : executor_(parts.executor), log_(std::move(parts.log)), options_(std::move(options)),
      metrics_(parts.registry), server_metrics_(parts.registry, "external-metrics"),
      certificate_metrics_(parts.registry, "external-metrics"),
      board_(parts.executor.clock(), parts.interval),
      reviews_(parts.reviewing_client, parts.executor, metrics_),
      api_({board_, front_proxy_, reviews_, parts.executor.clock(), metrics_}),
      reflector_(parts.client, parts.executor, parts.rng, kube::types::config_map(),
                 kube::make_json_codec<FrontProxy>(
                     kube::types::config_map(),
                     [](const api::Json& json) { return decode_front_proxy(json); }),
                 config_maps_, front_proxy_only()) {
  reflector_.report_to([log = log_](const Error& error) {
    log.warn("Failed to read whom the API server's front proxy is known by", error);
  });
  parts.health.add_readiness("external-metrics", [this] { return readiness(); });
  parts.registry.before_exposition([this] {
    if (const http::Server* const serving = serving_.load())
      server_metrics_.follow(serving->counters());
  });
}

ExternalMetricsServer::~ExternalMetricsServer() = default;

async::Task<void> ExternalMetricsServer::run(std::stop_token stop) {
  async::TaskGroup background(executor_);
  config_maps_.listen([this](const auto&, const auto&) { trust(); });
  config_maps_.on_sync([this] { trust(); });
  background.spawn(reflector_.run(background.stop_token()));
  bool going = true;
  while (going && !start())
    going = co_await async::sleep_for(executor_, kLook, stop);
  if (going) {
    background.spawn(reloader_->run(executor_, background.stop_token()));
    background.spawn(follow_front_proxy(background.stop_token()));
  }
  while (going)
    going = co_await async::sleep_for(executor_, std::chrono::hours{1}, stop);
  background.request_stop();
  co_await background.join();
  if (server_)
    co_await stop_server();
}

void ExternalMetricsServer::show(const CycleFacts& facts) {
  board_.put_up(forecasts_of(facts));
  const std::chrono::duration<double> made = facts.now.time_since_epoch();
  metrics_.forecasts_timestamp_seconds.set(made.count());
}

std::optional<std::uint16_t> ExternalMetricsServer::port() const {
  return server_ ? std::optional(server_->port()) : std::nullopt;
}

bool ExternalMetricsServer::start() {
  const auto serve = [this]() -> Result<void> {
    BERTH_TRY(const http::HostPort address, http::HostPort::parse(options_.bind_address));
    BERTH_TRY(const http::ServerTls tls, http::read_server_tls(options_.tls));
    http::ServerOptions server;
    server.address = address.host;
    server.port = address.port;
    server.tls = tls;
    server.limits = limits();
    BERTH_TRY(server_, http::Server::start(std::move(server), [this](http::Request request) {
                return api_.handle(std::move(request));
              }));
    reloader_ = std::make_unique<http::TlsReloader>(
        options_.tls, tls, *server_,
        [this](const Result<TimePoint>& outcome) { note_certificate(outcome); });
    note_certificate(http::certificate_expiration(tls.cert_pem));
    return {};
  };
  const auto done = serve();
  if (done) {
    serving_ = server_.get();
    log_.info("Started to serve external metrics", {{"port", server_->port()}});
    trust();
    return true;
  }
  if (std::exchange(failure_, done.error().message) != done.error().message)
    log_.warn("Waits to serve external metrics", done.error());
  return false;
}

/// Again and again, since what the ConfigMap says may not fit to the certificate of that moment.
async::Task<void> ExternalMetricsServer::follow_front_proxy(std::stop_token stop) {
  for (bool due = true; due;) {
    trust();
    due = co_await async::sleep_for(executor_, http::kTlsCheckInterval, stop);
  }
}

/// TLS first: nobody is believed by new rules on a connection that was let in by old ones. What
/// cannot be trusted is tried again with the next look.
void ExternalMetricsServer::trust() {
  const auto found = config_maps_.find({kFrontProxyNamespace, kFrontProxyConfigMap});
  const auto believed = front_proxy_.load();
  if (!reloader_ || (found == nullptr && !config_maps_.has_synced()))
    return;
  const auto next = found ? found : std::make_shared<const FrontProxy>();
  if (believed && *believed == *next)
    return;
  if (const auto trusted = reloader_->trust(next->client_ca_pem); !trusted) {
    if (std::exchange(failure_, trusted.error().message) != trusted.error().message)
      log_.error("Kept whom the front proxy was known by", trusted.error());
    return;
  }
  front_proxy_.store(next);
  failure_.clear();
  if (next->client_ca_pem.empty())
    log_.warn("The API server has no front proxy: nobody is served external metrics",
              {{"config_map", kFrontProxyConfigMap}});
  else
    log_.info("Took over whom the front proxy is known by",
              {{"allowed_names", next->allowed_names.size()}});
}

/// Server::stop() waits for the calls in flight, and access reviews among them go on here.
async::Task<void> ExternalMetricsServer::stop_server() {
  async::Signal stopped(executor_);
  std::jthread stopper([&] {
    server_->stop();
    executor_.post([&stopped] { stopped.notify(); });
  });
  co_await stopped.wait();
}

Result<void> ExternalMetricsServer::readiness() const {
  if (serving_.load() == nullptr)
    return fail(Code::Unavailable, "external metrics are not served yet");
  const auto believed = front_proxy_.load();
  if (!believed || believed->client_ca_pem.empty())
    return fail(Code::Unavailable, "the API server's front proxy is not known");
  return {};
}

void ExternalMetricsServer::note_certificate(const Result<TimePoint>& outcome) {
  certificate_metrics_.note_reload(outcome);
  if (outcome)
    log_.info("Took the certificate into use", {{"valid_until", *outcome}});
  else
    log_.error("Kept the old certificate; the new files cannot be used", outcome.error());
}

} // namespace berth::analyzer
