#pragma once
// CertificateKeeper: keeps the Secrets with Berth's certificates as renew() wants them. It never
// creates a Secret, since a right to create cannot be narrowed to names: the installation makes
// them empty, and a missing one is reported until it is there. Without the analyzer's the others
// are kept all the same, since scheduling hangs on them. What signs is written before what is
// signed. Only the leader runs one.

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "lib/async/executor.hpp"
#include "lib/kube/client.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/certificates/secrets.hpp"
#include "operator/failpoint.hpp"
#include "operator/leads.hpp"

namespace berth::op {

struct CertificateOptions {
  std::string ns{}; ///< where the Secrets are
  CertificateNames names{};
  /// MutatingWebhookConfiguration whose entries are to trust the authorities; empty: none.
  std::string webhook{};
  /// APIService of the analyzer's external metrics, which is to trust them too; empty: the analyzer
  /// serves none, and has no certificate.
  std::string api_service{};
};

class CertificateKeeper {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    telemetry::Registry& registry;
    FailpointPlan& failpoints;
    Leads leads;
    telemetry::Logger log;
  };
  CertificateKeeper(Parts parts, CertificateOptions options)
      : parts_(std::move(parts)), options_(std::move(options)),
        authority_(parts_.registry, "authority"), extender_(parts_.registry, "extender"),
        scheduler_(parts_.registry, "scheduler") {
    if (!options_.api_service.empty())
      analyzer_.emplace(parts_.registry, "analyzer");
  }

  /// Looks again and again until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// One look; when the next one is due.
  [[nodiscard]] async::Task<Result<TimePoint>> look();

private:
  struct SecretsAsRead {
    SecretObject authority{};
    SecretObject extender{};
    SecretObject scheduler{};
    std::optional<SecretObject> analyzer{};
  };
  struct Target {
    std::string_view secret;
    telemetry::CertificateMetrics& metrics;
  };
  [[nodiscard]] async::Task<Result<SecretObject>> read(Target target);
  /// Nothing is written if the Secret is so already.
  [[nodiscard]] async::Task<Result<void>> write(Target target, SecretObject known,
                                                SecretData wanted);
  /// Nothing where it serves no external metrics.
  [[nodiscard]] async::Task<Result<std::optional<SecretObject>>> read_analyzer();
  [[nodiscard]] async::Task<Result<void>> write_all(SecretsAsRead known, StockSecrets wanted);
  /// An object by which the API server knows whom to trust when it calls Berth, and the patch that
  /// makes it trust a bundle.
  struct Caller {
    kube::ResourceType type;
    std::string name; ///< empty: there is none
    Result<std::optional<std::string>> (*patch)(std::string_view, std::string_view);
  };
  [[nodiscard]] async::Task<Result<void>> write_trust(Caller caller, std::string bundle);
  static void measure(Target target, const SecretData& data);

  Parts parts_;
  CertificateOptions options_;
  telemetry::CertificateMetrics authority_;
  telemetry::CertificateMetrics extender_;
  telemetry::CertificateMetrics scheduler_;
  std::optional<telemetry::CertificateMetrics> analyzer_; ///< where it serves
};

/// How soon a look that failed is repeated.
inline constexpr Duration kCertificateRetry = std::chrono::seconds{10};

} // namespace berth::op
