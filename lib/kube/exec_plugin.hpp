#pragma once
// Credentials from an exec plugin, as kubectl runs them (client.authentication.k8s.io). The plugin
// runs on a helper thread, one at a time, without a terminal; what it printed is kept until it
// expires or the server rejects it.

#include <functional>
#include <optional>
#include <string>

#include "lib/async/signal.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/config.hpp"

namespace berth::kube {

/// What an ExecCredential's status holds: a token, a certificate with its key, or both.
struct ExecCredential {
  std::string token;
  std::string cert_pem;
  std::string key_pem;
  std::optional<TimePoint> expires;
};

/// Invalid when it is not an ExecCredential of that version, holds nothing to show, or half of a
/// certificate pair.
[[nodiscard]] Result<ExecCredential> decode_exec_credential(std::string_view json,
                                                            const std::string& api_version);
/// What the plugin finds in KUBERNETES_EXEC_INFO; `config` tells of the cluster if it asked for it.
[[nodiscard]] std::string exec_info_text(const ExecPlugin& plugin, const Config& config);

class ExecTokenSource final : public TokenSource {
public:
  using OnCertificate = std::function<Result<void>(const ExecCredential&)>;

  /// `config.exec` must be set. `on_certificate` is called before a new certificate's token is
  /// given out; its failure is that of the token.
  ExecTokenSource(async::Executor& executor, Config config, OnCertificate on_certificate);

  /// Empty when the plugin gave a certificate only.
  [[nodiscard]] async::Task<Result<std::string>> token() override;
  void reject(std::string_view token) override {
    if (credential_ && credential_->token == token)
      credential_.reset();
  }

private:
  [[nodiscard]] async::Task<Result<void>> renew();
  [[nodiscard]] bool is_fresh() const;

  async::Executor& executor_;
  Config config_;
  OnCertificate on_certificate_;
  std::optional<ExecCredential> credential_;
  std::string shown_cert_pem_;
  bool running_ = false;
  async::Signal finished_;
  std::optional<Error> failure_; ///< of the last run; not repeated at once
  SteadyPoint failed_at_{};
};

} // namespace berth::kube
