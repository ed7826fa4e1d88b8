#pragma once
// CertificateKeeper: keeps the Secrets with Berth's certificates as renew() wants them. It never
// creates a Secret, since a right to create cannot be narrowed to names: the installation makes
// them empty, and a missing one is reported until it is there. What signs is written before what is
// signed. Only the leader runs one.

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
        scheduler_(parts_.registry, "scheduler") {}

  /// Looks again and again until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// One look; when the next one is due.
  [[nodiscard]] async::Task<Result<TimePoint>> look();

private:
  struct Target {
    std::string_view secret;
    telemetry::CertificateMetrics& metrics;
  };
  [[nodiscard]] async::Task<Result<SecretObject>> read(Target target);
  /// Nothing is written if the Secret is so already.
  [[nodiscard]] async::Task<Result<void>> write(Target target, SecretObject known,
                                                SecretData wanted);
  /// Makes the API server trust `bundle` when it calls the gate's webhook.
  [[nodiscard]] async::Task<Result<void>> write_trust(std::string bundle);
  static void measure(Target target, const SecretData& data);

  Parts parts_;
  CertificateOptions options_;
  telemetry::CertificateMetrics authority_;
  telemetry::CertificateMetrics extender_;
  telemetry::CertificateMetrics scheduler_;
};

/// How soon a look that failed is repeated.
inline constexpr Duration kCertificateRetry = std::chrono::seconds{10};

} // namespace berth::op
