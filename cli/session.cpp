#include "cli/session.hpp"

#include <utility>

#include "lib/async/asio_executor.hpp"
#include "lib/http/beast_transport.hpp"
#include "lib/kube/connection.hpp"

namespace berth::cli {
namespace {

Result<kube::Config> find_config(const CliOptions& options,
                                 const kube::ConfigEnvironment& environment) {
  auto config = kube::load_kubeconfig(environment, options.kubeconfig, options.context);
  if (config || config.error().code != Code::NotFound || !options.kubeconfig.empty() ||
      !options.context.empty())
    return config;
  auto in_cluster = kube::in_cluster_config(environment);
  return in_cluster ? std::move(in_cluster) : std::move(config);
}

kube::ClientOptions client_options(const CliOptions& options) {
  kube::ClientOptions client;
  client.user_agent = "kubectl-berth/" BERTH_VERSION " (linux)";
  client.field_manager = "kubectl-berth";
  client.request_timeout = options.request_timeout;
  return client;
}

} // namespace

struct Session::Impl {
  explicit Impl(const Clock& clock) : executor(clock) {}

  async::AsioExecutor executor;
  std::string default_namespace;
  std::unique_ptr<kube::Connection> connection;
  std::unique_ptr<kube::Client> client;
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(const CliOptions& options,
                                               const kube::ConfigEnvironment& environment,
                                               const Clock& clock, Rng rng) {
  auto impl = std::make_unique<Impl>(clock);
  BERTH_TRY(kube::Config config, find_config(options, environment));
  impl->default_namespace = config.default_namespace;
  BERTH_TRY(impl->connection, kube::Connection::create(impl->executor, std::move(config)));
  impl->client =
      std::make_unique<kube::Client>(impl->connection->transport(), impl->executor, rng,
                                     client_options(options), impl->connection->token_source());
  return std::unique_ptr<Session>(new Session(std::move(impl)));
}

kube::Client& Session::client() {
  return *impl_->client;
}

async::Executor& Session::executor() {
  return impl_->executor;
}

const std::string& Session::default_namespace() const {
  return impl_->default_namespace;
}

async::Task<Result<int>> Session::get_status(std::string url) {
  BERTH_CO_TRY(http::Endpoint endpoint, http::Endpoint::parse(url));
  http::Request request;
  request.method = "GET";
  request.target = std::exchange(endpoint.base_path, "");
  http::ClientTls tls;
  BERTH_CO_TRY(const auto transport,
               http::BeastTransport::create(impl_->executor, std::move(endpoint), std::move(tls)));
  http::SendOptions options;
  options.timeout = kProbeTimeout;
  BERTH_CO_TRY(const http::Response response,
               co_await transport->send(std::move(request), options));
  co_return response.status;
}

async::Task<void> Session::wait(Duration delay) {
  static_cast<void>(co_await async::sleep_for(impl_->executor, delay));
}

void Session::run(async::Task<void> task) {
  const auto run_and_stop = [](Impl& impl, async::Task<void> body) -> async::Task<void> {
    co_await std::move(body);
    impl.executor.stop();
  };
  async::spawn(impl_->executor, run_and_stop(*impl_, std::move(task)));
  impl_->executor.run();
}

} // namespace berth::cli
