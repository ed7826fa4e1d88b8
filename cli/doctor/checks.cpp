#include "cli/doctor/checks.hpp"

#include <algorithm>

#include "cli/doctor/scheduler_config.hpp"
#include "cli/output/text.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/pki/certificate.hpp"

namespace berth::cli {
namespace {

constexpr const char* kScheduler = "scheduler configuration";
constexpr const char* kCertificatesPage = "docs/tasks/certificates.md says who makes it and how";
constexpr const char* kSchedulerPage =
    "docs/tasks/install.md, section 2, says how kube-scheduler gets it";

/// Who shows the certificate, and to whom.
struct CertificateCheck {
  std::string secret{};
  std::string dns_name{}; ///< that it must be for; empty: it is a client's
};

bool is_signed(const ObservedCertificate& found) {
  return std::ranges::any_of(pki::split_bundle(found.authorities), [&](const auto& authority) {
    return pki::is_signed_by(found.certificate, authority);
  });
}

/// What is wrong with it besides its time; empty if nothing is.
std::string defect_of(const ObservedCertificate& found, const pki::CertificateFacts& facts,
                      const CertificateCheck& wanted) {
  if (!is_signed(found))
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

/// What is wrong with how kube-scheduler would ask the extender; empty if nothing is.
std::string defect_of(const ExtenderEntry& entry) {
  if (entry.filter_verb.empty())
    return "has no filterVerb: the extender would not be asked";
  if (!entry.https)
    return "has no enableHTTPS: the extender takes HTTPS only";
  if (entry.ca_file.empty())
    return "has no tlsConfig.caFile: the scheduler would not verify the extender at all";
  if (!entry.names_only)
    return "has no nodeCacheCapable: each call would carry whole nodes, and the extender refuses "
           "them";
  if (!entry.ignorable && entry.bind_verb.empty())
    return "is not ignorable, but has no bindVerb: see the comments in berth-scheduler-config";
  return "";
}

void check_config(const ObservedInstallation& observed, Findings& findings) {
  const auto& text = observed.scheduler_config;
  if (!text && text.error().code == Code::NotFound)
    return findings.warn(kScheduler,
                         "there is no ConfigMap " + observed.ns + "/berth-scheduler-config",
                         "\"kubectl apply -f manifests/scheduler-config.yaml\" brings it");
  if (!text)
    return findings.unreadable(kScheduler, "the ConfigMap berth-scheduler-config", text);
  const auto config = read_scheduler_config(*text);
  if (!config)
    return findings.fault(kScheduler, "the ConfigMap's config.yaml: " + config.error().message,
                          kSchedulerPage);
  if (!config->extender)
    return findings.fault(kScheduler, "the ConfigMap's config.yaml names no extender of Berth's",
                          kSchedulerPage);
  if (const std::string defect = defect_of(*config->extender); !defect.empty())
    return findings.fault(kScheduler, "the extender's entry " + defect, kSchedulerPage);
  if (config->nodes_percent != 100)
    return findings.warn(kScheduler,
                         "percentageOfNodesToScore is not 100: pods may wait although there is "
                         "room on a node that was not in the sample",
                         kSchedulerPage);
  findings.works(kScheduler,
                 "the ConfigMap's extender " + config->extender->url + " is asked as it should be");
}

/// Of what really runs only the flags can be seen: the file is on the node.
void check_running(const ObservedInstallation& observed, Findings& findings) {
  const std::string check = "running scheduler";
  if (!observed.schedulers)
    return findings.unreadable(check, "the pods of kube-scheduler", observed.schedulers);
  if (observed.schedulers->empty())
    return findings.unknown(check, "kube-scheduler runs as no pod here",
                            "docs/tasks/own-scheduler.md, if you cannot configure it");
  const auto without = std::ranges::count_if(
      *observed.schedulers, [](const auto& line) { return line.find("--config") == line.npos; });
  if (without == 0)
    return findings.works(check, "kube-scheduler has a --config file");
  findings.warn(check,
                "kube-scheduler has no --config: it asks no extender, so that pools, reservations "
                "and strategies do not bind unadmitted and unmanaged pods",
                kSchedulerPage);
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

void check_scheduler(const ObservedInstallation& observed, Findings& findings) {
  check_config(observed, findings);
  check_running(observed, findings);
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
