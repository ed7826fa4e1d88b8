// berth-scheduler-extender: reads the flags, wires the parts, runs. Nothing is decided here.

#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/async/signal.hpp"
#include "lib/async/task_group.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/cluster/watch_metrics.hpp"
#include "lib/http/host_port.hpp"
#include "lib/http/server.hpp"
#include "lib/http/tls_files.hpp"
#include "lib/program/identity.hpp"
#include "lib/program/program.hpp"
#include "lib/telemetry/tracing/tracing.hpp"
#include "scheduler-extender/bind.hpp"
#include "scheduler-extender/gate_server.hpp"
#include "scheduler-extender/options.hpp"
#include "scheduler-extender/server.hpp"

namespace {

using namespace berth;

constexpr const char* kProgram = "berth-scheduler-extender";
/// kube-scheduler's HTTP client drops idle connections after 90 seconds. If we were first, a call
/// could meet a connection that is just being closed.
constexpr Duration kIdleTimeout = std::chrono::seconds{120};
/// The API server's "not now" is passed on but once: the scheduler does not wait for longer.
constexpr std::size_t kBindRetriesMax = 1;
/// Waiting for a stop is sleeping again and again.
constexpr Duration kLongSleep = std::chrono::hours{1};
constexpr Duration kTlsLookInterval = std::chrono::milliseconds{500};

/// The parts of one running extender.
class Extender {
public:
  Extender(program::Program& frame, extender::ExtenderOptions options,
           std::optional<http::ServerTls> tls, telemetry::Tracing& tracing);

  /// Starts to serve; an error names the flag.
  [[nodiscard]] Result<void> start();
  /// Observes and serves until `stop`. Gives the exit code.
  async::Task<int> run(std::stop_token stop);

private:
  [[nodiscard]] extender::RouterOptions router_options() const;
  [[nodiscard]] extender::Backend backend();
  async::Task<void> stop_server();
  void copy_counters();
  void note_reload(const Result<TimePoint>& outcome);

  program::Program& frame_;
  extender::ExtenderOptions options_;
  std::optional<http::ServerTls> tls_;
  telemetry::Tracing& tracing_;
  telemetry::Logger log_;
  cluster::Observer observer_;
  cluster::WatchMetrics watch_metrics_;
  std::unique_ptr<kube::Client> binding_client_;
  extender::Binder binder_;
  telemetry::ExtenderMetrics metrics_;
  telemetry::HttpServerMetrics server_metrics_;
  telemetry::CertificateMetrics certificate_metrics_;
  telemetry::CertificateMetrics caller_metrics_;
  extender::Router router_;
  std::unique_ptr<http::Server> server_;
  std::optional<http::TlsReloader> reloader_;
  std::unique_ptr<extender::GateServer> gate_; ///< where it is served
};

Extender::Extender(program::Program& frame, extender::ExtenderOptions options,
                   std::optional<http::ServerTls> tls, telemetry::Tracing& tracing)
    : frame_(frame), options_(std::move(options)), tls_(std::move(tls)), tracing_(tracing),
      log_(frame.log().logger("extender")),
      observer_(frame.client(), frame.executor(), frame.make_rng(), {.decides = false}),
      watch_metrics_([this] { return observer_.resources(); }, frame.executor(), frame.registry()),
      binding_client_(frame.make_client([this](kube::ClientOptions& client) {
        client.request_timeout = options_.bind_timeout;
        client.retries_max = kBindRetriesMax;
      })),
      binder_(*binding_client_, observer_, frame.executor()), metrics_(frame.registry()),
      server_metrics_(frame.registry(), "extender"),
      certificate_metrics_(frame.registry(), "extender"),
      caller_metrics_(frame.registry(), "caller"),
      router_(router_options(), backend(), {metrics_, log_, frame.clock(), tracing_.tracer()}) {
  frame_.health().add_readiness("caches", [this]() -> Result<void> {
    if (!observer_.has_synced())
      return fail(Code::Unavailable, "the caches are not filled yet");
    return {};
  });
  observer_.on_failure(
      [this](const Error& error) { log_.warn("Failed to follow the API server", error); });
  observer_.on_drift([this](const allocation::Drift& drift) {
    log_.warn("Corrected the ledger", {{"quota", drift.quota}, {"pool", drift.pool}});
  });
}

extender::RouterOptions Extender::router_options() const {
  return {
      options_.path_prefix, options_.client_names, {static_cast<std::size_t>(options_.candidates)}};
}

extender::Backend Extender::backend() {
  return {[this] { return observer_.snapshot(); },
          [this](extender::BindRequest request) { return binder_.bind(std::move(request)); }};
}

Result<void> Extender::start() {
  BERTH_TRY(const http::HostPort address, http::HostPort::parse(options_.bind_address));
  http::ServerOptions server;
  server.address = address.host;
  server.port = address.port;
  server.threads = static_cast<std::size_t>(options_.threads);
  server.tls = tls_;
  server.limits.body_bytes_max = extender::kBodyBytesMax;
  server.limits.idle_timeout = kIdleTimeout;
  auto serving = http::Server::start(std::move(server), [this](http::Request request) {
    return router_.handle(std::move(request));
  });
  if (!serving)
    return fail(serving.error().code, "--bind-address: " + serving.error().message);
  server_ = std::move(*serving);
  if (tls_) {
    note_reload(http::certificate_expiration(tls_->cert_pem));
    reloader_.emplace(http::ServerTlsFiles{options_.tls_cert_file, options_.tls_private_key_file,
                                           options_.client_ca_file},
                      *tls_, *server_,
                      [this](const Result<TimePoint>& outcome) { note_reload(outcome); });
  }
  if (!options_.gate_bind_address.empty()) {
    auto gate = extender::GateServer::start(options_, *tls_, frame_.registry(), log_);
    if (!gate)
      return fail(gate.error().code, "--gate-bind-address: " + gate.error().message);
    gate_ = std::move(*gate);
  }
  frame_.registry().before_exposition([this] { copy_counters(); });
  log_.info("Started to serve", {{"port", server_->port()}, {"tls", tls_.has_value()}});
  return {};
}

async::Task<int> Extender::run(std::stop_token stop) {
  async::TaskGroup background(frame_.executor());
  background.spawn(observer_.run(background.stop_token()));
  background.spawn(watch_metrics_.run(background.stop_token()));
  background.spawn(tracing_.run(background.stop_token()));
  if (reloader_)
    background.spawn(reloader_->run(frame_.executor(), background.stop_token()));
  if (gate_)
    background.spawn(gate_->keep_fresh(frame_.executor(), background.stop_token()));
  for (bool waiting = true; waiting;)
    waiting = co_await async::sleep_for(frame_.executor(), kLongSleep, stop);
  server_->retire();
  if (gate_)
    gate_->retire();
  co_await async::sleep_for(frame_.executor(), options_.shutdown_delay);
  co_await stop_server();
  background.request_stop();
  co_await background.join();
  co_return 0;
}

/// Server::stop() waits for the calls in flight, and bindings among them go on here meanwhile.
async::Task<void> Extender::stop_server() {
  async::Signal stopped(frame_.executor());
  std::jthread stopper([&] {
    server_->stop();
    if (gate_)
      gate_->stop();
    frame_.executor().post([&stopped] { stopped.notify(); });
  });
  co_await stopped.wait();
}

void Extender::copy_counters() {
  server_metrics_.follow(server_->counters());
  if (const auto caller_end = router_.take_soonest_caller_end())
    caller_metrics_.set_expiration(*caller_end);
  if (const auto snapshot = observer_.snapshot()) {
    const std::chrono::duration<double> as_of = snapshot->as_of.time_since_epoch();
    metrics_.snapshot_timestamp_seconds.set(as_of.count());
  }
}

void Extender::note_reload(const Result<TimePoint>& outcome) {
  certificate_metrics_.note_reload(outcome);
  if (outcome)
    log_.info("Took the certificate into use", {{"valid_until", *outcome}});
  else
    log_.error("Kept the old certificate; the new files cannot be used", outcome.error());
}

/// What can be used; files that are half written are not there yet.
Result<http::ServerTls> read_usable(const http::ServerTlsFiles& files) {
  BERTH_TRY(http::ServerTls tls, http::read_server_tls(files));
  BERTH_CHECK(http::check_server_tls(tls));
  return tls;
}

/// Whoever makes the files, such as the operator, may be started at the same time.
Result<http::ServerTls> read_tls(const extender::ExtenderOptions& options) {
  const http::ServerTlsFiles files{options.tls_cert_file, options.tls_private_key_file,
                                   options.client_ca_file};
  auto read = read_usable(files);
  // As process 1 it would ignore a signal that nobody handles yet.
  std::signal(SIGTERM, [](int) { std::_Exit(0); });
  for (Duration waited{0}; !read && waited < options.tls_wait; waited += kTlsLookInterval) {
    if (waited == Duration{0})
      program::report(kProgram, "waiting for certificates: " + read.error().message);
    std::this_thread::sleep_for(kTlsLookInterval);
    read = read_usable(files);
  }
  std::signal(SIGTERM, SIG_DFL);
  return read;
}

} // namespace

int main(int argc, char** argv) {
  const auto line = extender::parse_command_line(argc, argv);
  if (line.end.ends)
    return program::print_end(line.end);
  const auto& options = line.options;
  std::optional<http::ServerTls> tls;
  if (!options.tls_cert_file.empty()) {
    auto read = read_tls(options);
    if (!read)
      return program::report(kProgram, read.error().message);
    tls = std::move(*read);
  }
  const auto read_variable = [](const char* name) -> const char* { return std::getenv(name); };
  const auto traces = telemetry::trace_settings(options.otlp_endpoint, kProgram, read_variable);
  if (!traces)
    return program::report(kProgram, traces.error().message);
  const auto environment = program::config_environment(read_variable);
  auto frame = program::Program::create(
      {kProgram, std::string(api::field_manager::kSchedulerExtender)}, options.common, environment);
  if (!frame)
    return program::report(kProgram, frame.error().message);
  const auto tracing = telemetry::Tracing::create(
      {(*frame)->executor(), (*frame)->registry(), (*frame)->log().logger("extender.traces")},
      *traces, program::make_identity((*frame)->make_rng()), (*frame)->make_rng().next());
  Extender extender(**frame, options, std::move(tls), *tracing);
  if (auto started = extender.start(); !started)
    return program::report(kProgram, started.error().message, program::kExitFailure);
  return (*frame)->run([&](std::stop_token stop) { return extender.run(std::move(stop)); });
}
