#include "lib/kube/connection.hpp"

#include <utility>

#include "lib/http/beast_transport.hpp"
#include "lib/kube/exec_plugin.hpp"
#include "lib/kube/token_source.hpp"

namespace berth::kube {
namespace {

constexpr Duration kCertificateCheckInterval = std::chrono::minutes{5};

} // namespace

struct Connection::Impl {
  async::AsioExecutor& executor;
  Config config;
  http::ClientTls tls; ///< in use
  std::unique_ptr<http::BeastTransport> transport;
  std::unique_ptr<TokenSource> token{};
  std::function<void(const Error&)> report{};

  void make_token_source();
  Result<void> use(http::ClientTls fresh);
  Result<void> use_exec_certificate(const ExecCredential& credential);
};

Result<std::unique_ptr<Connection>> Connection::create(async::AsioExecutor& executor,
                                                       Config config) {
  if (!config.proxy_url.empty())
    return fail(Code::Invalid, "proxy-url is not supported");
  BERTH_TRY(http::Endpoint endpoint, http::Endpoint::parse(config.server));
  BERTH_TRY(http::ClientTls tls, read_tls(config));
  BERTH_TRY(auto transport, http::BeastTransport::create(executor, std::move(endpoint), tls));
  auto impl = std::make_unique<Impl>(
      Impl{executor, std::move(config), std::move(tls), std::move(transport)});
  impl->make_token_source();
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Connection::~Connection() = default;

http::Transport& Connection::transport() {
  return *impl_->transport;
}

TokenSource* Connection::token_source() {
  return impl_->token.get();
}

void Connection::report_to(std::function<void(const Error&)> listener) {
  impl_->report = std::move(listener);
}

async::Task<void> Connection::keep_fresh(std::stop_token stop) {
  for (;;) {
    const bool slept = co_await async::sleep_for(impl_->executor, kCertificateCheckInterval, stop);
    if (!slept)
      co_return;
    refresh_certificates();
  }
}

void Connection::refresh_certificates() {
  auto fresh = read_tls(impl_->config);
  Result<void> used;
  if (fresh) {
    if (!impl_->config.exec) {
      used = impl_->use(std::move(*fresh));
    } else {
      // The plugin's certificate stands until the plugin gives another.
      fresh->cert_pem = impl_->tls.cert_pem;
      fresh->key_pem = impl_->tls.key_pem;
      used = impl_->use(std::move(*fresh));
    }
  } else {
    used = fail(std::move(fresh).error());
  }
  if (!used && impl_->report)
    impl_->report(used.error().while_doing("renew the certificates for the API server"));
}

void Connection::Impl::make_token_source() {
  // As in client-go, a file that is kept fresh goes before a fixed token.
  if (config.exec)
    token = std::make_unique<ExecTokenSource>(
        executor, config,
        [this](const ExecCredential& credential) { return use_exec_certificate(credential); });
  else if (!config.token_file.empty())
    token = std::make_unique<FileTokenSource>(config.token_file, executor.clock());
  else if (!config.token.empty())
    token = std::make_unique<StaticTokenSource>(config.token);
}

Result<void> Connection::Impl::use(http::ClientTls fresh) {
  if (fresh == tls)
    return {};
  BERTH_CHECK(transport->set_tls(fresh));
  tls = std::move(fresh);
  return {};
}

Result<void> Connection::Impl::use_exec_certificate(const ExecCredential& credential) {
  http::ClientTls fresh = tls;
  fresh.cert_pem = credential.cert_pem;
  fresh.key_pem = credential.key_pem;
  return use(std::move(fresh));
}

} // namespace berth::kube
