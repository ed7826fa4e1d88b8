#include "lib/program/program.hpp"

#include <array>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

#include "lib/async/task_group.hpp"
#include "lib/http/host_port.hpp"
#include "lib/kube/connection.hpp"
#include "lib/program/heartbeat.hpp"
#include "lib/program/log_level_file.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/process.hpp"

namespace berth::program {
namespace {

/// Between readiness going away and the end, so that load balancers and callers hear of it.
constexpr Duration kShutdownGrace = std::chrono::milliseconds{200};

std::uint64_t system_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

kube::ClientOptions client_options(const ProgramIdentity& identity, const CommonOptions& options) {
  kube::ClientOptions client;
  client.user_agent = identity.name + "/" BERTH_VERSION " (linux)";
  client.field_manager = identity.field_manager;
  client.qps = options.api_qps;
  client.burst = static_cast<std::size_t>(options.api_burst);
  return client;
}

telemetry::LogOptions log_options(const CommonOptions& options) {
  telemetry::LogOptions log;
  log.level = telemetry::level_from(options.log_level).value_or(telemetry::Level::Info);
  return log;
}

} // namespace

struct Program::Impl {
  Impl(ProgramIdentity who, const CommonOptions& used)
      : identity(std::move(who)), options(used), executor(clock), log(clock, log_options(used)),
        rest_metrics(registry), process_metrics(registry, identity.name), heartbeat(executor),
        seeds(system_seed()) {
    registry.before_exposition([this] { measure_process(); });
    health.add_liveness("loop", [this] { return heartbeat.check(); });
    if (!options.log_level_file.empty())
      level_file.emplace(options.log_level_file, log).check();
  }

  [[nodiscard]] Result<void> connect(const kube::ConfigEnvironment& environment);
  [[nodiscard]] std::unique_ptr<kube::Client>
  make_client(const std::function<void(kube::ClientOptions&)>& adjust);
  void count_call(const kube::CallRecord& call) const;
  /// Runs on the thread that serves a scrape.
  void measure_process();
  [[nodiscard]] async::Task<void> run_body(std::function<async::Task<int>(std::stop_token)> body);
  void begin_shutdown();

  ProgramIdentity identity;
  CommonOptions options;
  SystemClock clock;
  async::AsioExecutor executor;
  telemetry::Log log;
  std::optional<LogLevelFile> level_file; ///< if there is one
  telemetry::Registry registry;
  telemetry::Health health;
  telemetry::RestClientMetrics rest_metrics;
  telemetry::ProcessMetrics process_metrics;
  Heartbeat heartbeat;
  Rng seeds;
  std::unique_ptr<kube::Connection> connection;
  std::unique_ptr<kube::Client> client;
  std::stop_source stop;
  int exit_code = 0;
};

Program::Program(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Program::~Program() = default;

Result<std::unique_ptr<Program>> Program::create(ProgramIdentity identity,
                                                 const CommonOptions& options,
                                                 const kube::ConfigEnvironment& environment) {
  auto impl = std::make_unique<Impl>(std::move(identity), options);
  BERTH_CHECK(impl->connect(environment));
  return std::unique_ptr<Program>(new Program(std::move(impl)));
}

Result<void> Program::Impl::connect(const kube::ConfigEnvironment& environment) {
  BERTH_TRY(kube::Config config,
            kube::load_config(environment, options.kubeconfig, options.context));
  BERTH_TRY(connection, kube::Connection::create(executor, std::move(config)));
  connection->report_to([logger = log.logger(identity.name)](const Error& error) {
    logger.error("Kept the old certificates for the API server", error);
  });
  client = make_client([](kube::ClientOptions&) {});
  return {};
}

std::unique_ptr<kube::Client>
Program::Impl::make_client(const std::function<void(kube::ClientOptions&)>& adjust) {
  kube::ClientOptions used = client_options(identity, options);
  used.on_call = [this](const kube::CallRecord& call) { count_call(call); };
  adjust(used);
  return std::make_unique<kube::Client>(connection->transport(), executor, Rng{seeds.next()},
                                        std::move(used), connection->token_source());
}

void Program::Impl::count_call(const kube::CallRecord& call) const {
  const auto method = telemetry::http_method(call.method);
  rest_metrics.requests(telemetry::status_code(call.status), method).add();
  rest_metrics.request_duration_seconds(method).observe(
      std::chrono::duration<double>(call.duration).count());
}

void Program::Impl::measure_process() {
  telemetry::refresh_process(process_metrics);
  process_metrics.log_lines_dropped.set_total(static_cast<double>(log.lines_dropped()));
}

const Clock& Program::clock() const {
  return impl_->clock;
}

async::AsioExecutor& Program::executor() {
  return impl_->executor;
}

telemetry::Log& Program::log() {
  return impl_->log;
}

telemetry::Registry& Program::registry() {
  return impl_->registry;
}

telemetry::Health& Program::health() {
  return impl_->health;
}

kube::Client& Program::client() {
  return *impl_->client;
}

std::unique_ptr<kube::Client>
Program::make_client(const std::function<void(kube::ClientOptions&)>& adjust) {
  return impl_->make_client(adjust);
}

Rng Program::make_rng() {
  return Rng{impl_->seeds.next()};
}

int Program::run(const std::function<async::Task<int>(std::stop_token)>& body) {
  Impl& impl = *impl_;
  const auto logger = impl.log.logger(impl.identity.name);
  const auto address = http::HostPort::parse(impl.options.health_bind_address);
  http::ServerOptions server;
  server.address = address->host;
  server.port = address->port;
  auto health_server = telemetry::HealthServer::start(server, impl.health, impl.registry);
  if (!health_server) {
    const std::string message = "--health-bind-address: " + health_server.error().message;
    return report(impl.identity.name, message, kExitFailure);
  }
  logger.info("Started", {{"version", BERTH_VERSION}, {"health_port", (*health_server)->port()}});
  impl.executor.on_termination([&impl] { impl.begin_shutdown(); });
  async::spawn(impl.executor, impl.run_body(body));
  impl.executor.run();
  (*health_server)->stop();
  logger.info("Stopped", {{"exit_code", impl.exit_code}});
  return impl.exit_code;
}

void Program::Impl::begin_shutdown() {
  log.logger(identity.name).info("Began to stop");
  health.begin_shutdown();
  executor.post_after(kShutdownGrace, [this] { stop.request_stop(); });
}

async::Task<void> Program::Impl::run_body(std::function<async::Task<int>(std::stop_token)> body) {
  async::TaskGroup background(executor);
  background.spawn(heartbeat.run(background.stop_token()));
  background.spawn(connection->keep_fresh(background.stop_token()));
  if (level_file)
    background.spawn(level_file->run(executor, background.stop_token()));
  exit_code = co_await body(stop.get_token());
  background.request_stop();
  co_await background.join();
  executor.stop();
}

kube::ConfigEnvironment config_environment(const std::function<const char*(const char*)>& read) {
  constexpr std::array kNames{"KUBECONFIG", "HOME", "KUBERNETES_SERVICE_HOST",
                              "KUBERNETES_SERVICE_PORT", "PATH"};
  kube::ConfigEnvironment environment;
  for (const char* name : kNames)
    if (const char* value = read(name))
      environment.variables.emplace(name, value);
  return environment;
}

} // namespace berth::program
