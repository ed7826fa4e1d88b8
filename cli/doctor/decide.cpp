#include "cli/doctor/decide.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "cli/doctor/checks.hpp"
#include "cli/health/health.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

constexpr std::array kKinds{"allocationpolicies",    "allocationrequests", "quotas",
                            "reservations",          "resourcepools",      "scalingpolicies",
                            "scalingrecommendations"};
constexpr std::array kGuards{"berth-guard-auto-scaling", "berth-guard-bindings",
                             "berth-guard-node-groups",  "berth-guard-node-name",
                             "berth-guard-pods",         "berth-guard-pool-scaling",
                             "berth-guard-requests"};
constexpr std::array kGuardBindings{
    "berth-guard-auto-scaling",         "berth-guard-bindings",       "berth-guard-node-groups",
    "berth-guard-node-name-namespaces", "berth-guard-node-name-pods", "berth-guard-pods",
    "berth-guard-pool-scaling",         "berth-guard-requests"};
constexpr std::array kPrograms{"berth-analyzer", "berth-operator", "berth-scheduler-extender"};

/// More faults than this are only counted.
constexpr std::size_t kFaultsShownMax = 20;

/// The minor version in "v1.37.1"; below zero if it cannot be read.
std::int64_t minor_of(std::string_view version) {
  constexpr std::string_view kMajor = "v1.";
  std::int64_t minor = -1;
  if (!version.starts_with(kMajor))
    return minor;
  const char* begin = version.data() + kMajor.size();
  // Where no number stands it is left as it is.
  static_cast<void>(std::from_chars(begin, version.data() + version.size(), minor));
  return minor;
}

void check_kubernetes(const ObservedInstallation& observed, Findings& findings) {
  if (!observed.kubernetes)
    return findings.unreadable("kubernetes", "the version of the API server", observed.kubernetes);
  const std::int64_t minor = minor_of(*observed.kubernetes);
  if (kKubernetesMinorMin <= minor && minor <= kKubernetesMinorMax)
    return findings.works("kubernetes", "the API server is " + *observed.kubernetes);
  findings.warn("kubernetes",
                "the API server is " + *observed.kubernetes + "; Berth is made for v1." +
                    std::to_string(kKubernetesMinorMin) + " to v1." +
                    std::to_string(kKubernetesMinorMax),
                "use a version of Berth that is made for it");
}

void check_definitions(const ObservedInstallation& observed, Findings& findings) {
  if (!observed.served && observed.served.error().code == Code::NotFound)
    return findings.fault("definitions", "berth.dev/v1alpha1 is not served",
                          "\"kubectl apply -f crds/\" installs the definitions");
  if (!observed.served)
    return findings.unreadable("definitions", "what berth.dev serves", observed.served);
  const std::string missing = missing_from(*observed.served, kKinds);
  if (missing.empty())
    findings.works("definitions", "all kinds of berth.dev/v1alpha1 are served");
  else
    findings.fault("definitions", "not served: " + missing,
                   "\"kubectl apply -f crds/\" installs the definitions");
}

void check_guard(const ObservedInstallation& observed, Findings& findings) {
  if (!observed.guards || !observed.guard_bindings)
    return findings.unreadable("guard", "ValidatingAdmissionPolicies and their bindings",
                               observed.guards ? observed.guard_bindings : observed.guards);
  const std::string missing = missing_from(*observed.guards, kGuards);
  const std::string unbound = missing_from(*observed.guard_bindings, kGuardBindings);
  if (missing.empty() && unbound.empty())
    return findings.works("guard", "its policies are there and bound");
  findings.fault("guard",
                 (missing.empty() ? "not bound: " + unbound : "missing: " + missing) +
                     ": users could let their own pods in",
                 kInstall);
}

/// "0.1.0" of "ghcr.io/berth-dev/berth:0.1.0"; empty where the image is named by digest alone.
std::string tag_of(const std::string& image) {
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string::npos ? 0 : slash);
  return colon == std::string::npos || image.find('@') != std::string::npos
             ? std::string()
             : image.substr(colon + 1);
}

/// A scheduler that the chart deploys is Kubernetes' own program.
bool is_ours(const std::string& program) {
  return std::ranges::find(kPrograms, program) != kPrograms.end();
}

void check_program(const ObservedProgram& program, const std::string& ns, Findings& findings) {
  const std::string check = "program " + program.name;
  const std::string replicas = std::to_string(program.ready) + " of " +
                               std::to_string(program.wanted) + " replicas are ready";
  const std::string look = "\"kubectl -n " + ns + " describe deployment " + program.name +
                           "\" says why not, and \"kubectl -n " + ns + " logs deployment/" +
                           program.name + "\"";
  const std::string tag = tag_of(program.image);
  if (program.ready == 0)
    findings.fault(check, replicas, look);
  else if (program.ready < program.wanted)
    findings.warn(check, replicas, look);
  else if (is_ours(program.name) && !tag.empty() && tag != BERTH_VERSION)
    findings.warn(check, "it is version " + tag + "; this program is " BERTH_VERSION,
                  "install the plugin of the same version");
  else
    findings.works(check, replicas);
}

void check_programs(const ObservedInstallation& observed, Findings& findings) {
  if (!observed.programs)
    return findings.unreadable("programs", "Deployments of " + observed.ns, observed.programs);
  Names there;
  for (const ObservedProgram& program : *observed.programs) {
    there.insert(program.name);
    check_program(program, observed.ns, findings);
  }
  const std::string missing = missing_from(there, kPrograms);
  if (!missing.empty())
    findings.warn("programs", "no Deployment in " + observed.ns + ": " + missing,
                  "if Berth is in another namespace, name it with -n; otherwise " +
                      std::string(kInstall));
}

void check_leader(const ObservedInstallation& observed, TimePoint now, Findings& findings) {
  const std::string mend = "\"kubectl -n " + observed.ns +
                           " logs deployment/berth-operator\" says why none leads; nothing is "
                           "admitted until one does";
  if (!observed.lease && observed.lease.error().code == Code::NotFound)
    return findings.fault("leader", "there is no Lease " + observed.ns + "/berth-operator",
                          mend + "; one that runs with --leader-elect=false has no Lease");
  if (!observed.lease)
    return findings.unreadable("leader", "the Lease berth-operator", observed.lease);
  const HealthCheck lease = check_lease(*observed.lease, now);
  if (lease.works)
    findings.works("leader", lease.message);
  else
    findings.fault("leader", lease.message, mend);
}

void check_rights(const ObservedInstallation& observed, Findings& findings) {
  std::string refused;
  for (const ObservedRight& right : observed.rights) {
    if (!right.allowed)
      return findings.unreadable("rights", "your rights", right.allowed);
    if (!*right.allowed)
      refused += (refused.empty() ? "" : ", ") + right.verb + " " + right.resource + " (" +
                 right.needed_for + ")";
  }
  if (refused.empty())
    findings.works("rights", "you may do all that this program can do");
  else
    findings.unknown("rights", "you may not, in all namespaces: " + refused,
                     "ask whoever runs the cluster for them, if you need those commands");
}

void check_faults(const ObservedInstallation& observed, Findings& findings) {
  if (!observed.faults)
    return findings.unreadable("objects", "pools, quotas and reservations", observed.faults);
  if (observed.faults->empty())
    return findings.works("objects", "pools, quotas and reservations are in order");
  const auto& faults = *observed.faults;
  for (std::size_t at = 0; at < std::min(faults.size(), kFaultsShownMax); ++at)
    findings.warn("objects",
                  faults[at].object + ": " + faults[at].reason + ": " + faults[at].message,
                  "docs/reference/reasons.md explains " + faults[at].reason);
  if (faults.size() > kFaultsShownMax)
    findings.warn("objects", "and " + std::to_string(faults.size() - kFaultsShownMax) + " more",
                  "\"kubectl berth status\" lists them all");
}

} // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
  case Verdict::Works: return "works";
  case Verdict::Unknown: return "unknown";
  case Verdict::Warning: return "warning";
  case Verdict::Error: return "error";
  }
  return "";
}

std::vector<Finding> diagnose(const ObservedInstallation& observed, TimePoint now) {
  Findings findings;
  check_kubernetes(observed, findings);
  check_definitions(observed, findings);
  check_gate(observed, findings);
  check_guard(observed, findings);
  check_programs(observed, findings);
  check_leader(observed, now, findings);
  check_extender(observed, findings);
  check_certificates(observed, now, findings);
  check_scheduler(observed, findings);
  check_metrics(observed, now, findings);
  check_rights(observed, findings);
  check_faults(observed, findings);
  check_policies(observed, findings);
  return std::move(findings).all();
}

} // namespace berth::cli
