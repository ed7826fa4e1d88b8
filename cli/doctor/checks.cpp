#include "cli/doctor/checks.hpp"

#include <algorithm>

#include "cli/output/text.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/pki/certificate.hpp"

namespace berth::cli {
namespace {

constexpr const char* kCertificatesPage = "docs/tasks/certificates.md says who makes it and how";

/// Who shows the certificate, and to whom.
struct CertificateCheck {
  std::string secret{};
  std::string dns_name{}; ///< that it must be for; empty: it is a client's
};

/// What is wrong with it besides its time; empty if nothing is.
std::string defect_of(const ObservedCertificate& found, const pki::CertificateFacts& facts,
                      const CertificateCheck& wanted) {
  if (!pki::is_vouched_for(found.certificate, found.authorities))
    return "none of the authorities in ca.crt signed it";
  const auto& names = facts.dns_names;
  if (!wanted.dns_name.empty() && std::ranges::find(names, wanted.dns_name) == names.end())
    return "it is not for the name " + wanted.dns_name;
  if (wanted.dns_name.empty() ? !facts.is_for_client : !facts.is_for_server)
    return wanted.dns_name.empty() ? "it is not for clients" : "it is not for servers";
  return "";
}

void check_certificate(const Result<ObservedCertificate>& found, const CertificateCheck& wanted,
                       TimePoint now, Findings& findings) {
  const std::string check = "certificate " + wanted.secret;
  if (!found && found.error().code == Code::NotFound)
    return findings.warn(check, "the Secret does not exist", kCertificatesPage);
  if (!found)
    return findings.unreadable(check, "the Secret", found);
  if (found->certificate.empty())
    return findings.fault(check, "the Secret is empty",
                          "the leading operator fills it within seconds; its log says why not");
  const auto facts = pki::facts_of(found->certificate);
  if (!facts)
    return findings.fault(check, "tls.crt is no certificate: " + facts.error().message,
                          kCertificatesPage);
  const std::string until = "until " + format_time(facts->validity.until);
  if (now < facts->validity.from || facts->validity.until <= now)
    return findings.fault(
        check, "it is valid from " + format_time(facts->validity.from) + " " + until + ", not now",
        kCertificatesPage);
  if (const std::string defect = defect_of(*found, *facts, wanted); !defect.empty())
    return findings.fault(check, defect, kCertificatesPage);
  if (facts->validity.until - now < kCertificateWarning)
    return findings.warn(check, "it is valid " + until + " only", kCertificatesPage);
  findings.works(check, "it is valid " + until);
}

} // namespace

void check_extender(const ObservedInstallation& observed, Findings& findings) {
  const auto& ready = observed.extender_endpoints;
  const std::string look =
      "\"kubectl -n " + observed.ns + " logs deployment/berth-scheduler-extender\" says why";
  if (!ready && ready.error().code == Code::NotFound)
    return findings.warn("extender", ready.error().message,
                         "if the extender is not behind that Service, nothing is wrong");
  if (!ready)
    return findings.unreadable("extender", "the EndpointSlices of its Service", ready);
  if (*ready == 0)
    return findings.fault("extender", "its Service has no ready endpoint", look);
  const std::string count = std::to_string(*ready);
  if (*ready == 1)
    return findings.warn("extender", "its Service has one ready endpoint: no other can step in",
                         look);
  findings.works("extender", "its Service has " + count + " ready endpoints");
}

void check_certificates(const ObservedInstallation& observed, TimePoint now, Findings& findings) {
  check_certificate(
      observed.extender_certificate,
      {"berth-scheduler-extender-tls", "berth-scheduler-extender." + observed.ns + ".svc"}, now,
      findings);
  check_certificate(observed.scheduler_certificate, {"berth-scheduler-client-tls", ""}, now,
                    findings);
}

void check_metrics(const ObservedInstallation& observed, TimePoint now, Findings& findings) {
  constexpr const char* kMend =
      "install or mend metrics-server: the analyzer sees nothing without it";
  const auto& metrics = observed.metrics;
  if (!metrics && metrics.error().code == Code::Forbidden)
    return findings.unreadable("metrics", "metrics.k8s.io", metrics);
  if (!metrics)
    return findings.warn("metrics", "metrics.k8s.io does not answer: " + metrics.error().message,
                         kMend);
  if (metrics->nodes == 0)
    return findings.warn("metrics", "metrics.k8s.io has measured no node", kMend);
  const Duration age = now - metrics->newest;
  if (age > kMetricsAgeMax)
    return findings.warn("metrics", "the newest measurement is " + format_duration(age) + " old",
                         kMend);
  findings.works("metrics", counted(metrics->nodes, "node") + " measured");
}

} // namespace berth::cli
