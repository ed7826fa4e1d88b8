#include "lib/kube/exec_plugin.hpp"

#include <utility>

#include "lib/api/json_reading.hpp"
#include "lib/async/blocking.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/base64.hpp"
#include "lib/kube/child_process.hpp"
#include "lib/kube/token_source.hpp"

namespace berth::kube {
namespace {

using api::Json;

constexpr const char* kGroup = "client.authentication.k8s.io/";
constexpr Duration kExpiryLeeway = std::chrono::seconds{10};
/// Calls that come within this time of a failed run get its error instead of another run.
constexpr Duration kFailureKept = std::chrono::seconds{5};

Result<std::string> run_plugin(const ExecPlugin& plugin, const std::string& exec_info) {
  ChildProcess child;
  child.command = plugin.command;
  child.args = plugin.args;
  child.env = plugin.env;
  child.env.emplace_back("KUBERNETES_EXEC_INFO", exec_info);
  auto output = run_child(child);
  if (output || output.error().code != Code::NotFound || plugin.install_hint.empty())
    return output;
  return fail(Code::NotFound, output.error().message + "; " + plugin.install_hint);
}

} // namespace

Result<ExecCredential> decode_exec_credential(std::string_view json,
                                              const std::string& api_version) {
  BERTH_TRY(const Json document, api::parse_json(json));
  if (!document.is_object() || api::text_in(document, "kind") != "ExecCredential")
    return fail(Code::Invalid, "not an ExecCredential");
  if (api::text_in(document, "apiVersion") != api_version)
    return fail(Code::Invalid, "apiVersion must be " + api_version);
  const auto status = document.find("status");
  if (status == document.end() || !status->is_object())
    return fail(Code::Invalid, "status must be set");
  ExecCredential credential;
  if (const std::string token = api::text_in(*status, "token"); !token.empty()) {
    BERTH_TRY(credential.token, clean_token(token, "status.token"));
  }
  credential.cert_pem = api::text_in(*status, "clientCertificateData");
  credential.key_pem = api::text_in(*status, "clientKeyData");
  if (credential.cert_pem.empty() != credential.key_pem.empty())
    return fail(Code::Invalid, "status: clientCertificateData and clientKeyData go together");
  if (credential.token.empty() && credential.cert_pem.empty())
    return fail(Code::Invalid, "status: neither token nor certificate");
  if (const auto expires = api::text_in(*status, "expirationTimestamp"); !expires.empty()) {
    BERTH_TRY(credential.expires, parse_time(expires));
  }
  return credential;
}

std::string exec_info_text(const ExecPlugin& plugin, const Config& config) {
  Json spec{{"interactive", false}};
  if (plugin.provide_cluster_info) {
    Json cluster{{"server", config.server}};
    if (!config.tls_server_name.empty())
      cluster["tls-server-name"] = config.tls_server_name;
    if (config.insecure_skip_tls_verify)
      cluster["insecure-skip-tls-verify"] = true;
    if (!config.proxy_url.empty())
      cluster["proxy-url"] = config.proxy_url;
    if (const auto tls = read_tls(config); tls && !tls->ca_pem.empty())
      cluster["certificate-authority-data"] = encode_base64(tls->ca_pem);
    spec["cluster"] = std::move(cluster);
  }
  const Json info{
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}};
  return api::to_text(info);
}

ExecTokenSource::ExecTokenSource(async::Executor& executor, Config config,
                                 OnCertificate on_certificate)
    : executor_(executor), config_(std::move(config)), on_certificate_(std::move(on_certificate)),
      finished_(executor) {
  ensure(config_.exec.has_value(), "an exec token source needs a plugin");
}

async::Task<Result<std::string>> ExecTokenSource::token() {
  co_await async::switch_to(executor_);
  const std::stop_token never;
  while (running_)
    co_await finished_.wait(never);
  if (!is_fresh()) {
    running_ = true;
    auto renewed = co_await renew();
    running_ = false;
    finished_.notify();
    if (!renewed)
      co_return fail(std::move(renewed).error());
  }
  co_return credential_->token;
}

async::Task<Result<void>> ExecTokenSource::renew() {
  const SteadyPoint now = executor_.clock().steady_now();
  if (failure_ && now - failed_at_ < kFailureKept)
    co_return fail(*failure_);
  const ExecPlugin& plugin = *config_.exec;
  if (plugin.api_version != std::string(kGroup) + "v1" &&
      plugin.api_version != std::string(kGroup) + "v1beta1")
    co_return fail(Code::Invalid, "exec: apiVersion \"" + plugin.api_version + "\" is not known");
  const std::function<Result<std::string>()> run =
      [plugin, info = exec_info_text(plugin, config_)] { return run_plugin(plugin, info); };
  auto output = co_await async::run_blocking(executor_, run);
  Result<ExecCredential> credential = fail(Code::Internal, "");
  if (output)
    credential = decode_exec_credential(*output, plugin.api_version);
  else
    credential = fail(std::move(output).error());
  Result<void> shown;
  if (credential && credential->cert_pem != shown_cert_pem_)
    shown = on_certificate_(*credential);
  if (!credential || !shown) {
    failure_ = (credential ? shown.error() : credential.error())
                   .while_doing("get credentials from " + plugin.command);
    failed_at_ = executor_.clock().steady_now();
    co_return fail(*failure_);
  }
  failure_.reset();
  shown_cert_pem_ = credential->cert_pem;
  credential_ = std::move(*credential);
  co_return Result<void>{};
}

bool ExecTokenSource::is_fresh() const {
  if (!credential_)
    return false;
  return !credential_->expires || executor_.clock().now() < *credential_->expires - kExpiryLeeway;
}

} // namespace berth::kube
