// Whether the gate is put on managed pods. Nobody else would say that it is not: a webhook that
// cannot be called is passed over, and the pods run.

#include "cli/doctor/checks.hpp"
#include "cli/output/text.hpp"
#include "lib/pki/certificate.hpp"

namespace berth::cli {
namespace {

constexpr const char* kCheck = "gate";
constexpr std::array kGates{"berth-gate"};
constexpr std::array kGateBindings{"berth-gate-namespaces", "berth-gate-pods"};
constexpr const char* kNotHeld = ": managed pods are not held back";

/// Why the API server would not trust who answers; empty if it would, as far as one can see.
std::string distrust_of(const ObservedWebhook& webhook,
                        const Result<ObservedCertificate>& extender) {
  const std::string name = "the webhook " + webhook.name;
  if (webhook.ca_bundle.empty())
    return name + " has no caBundle: the API server trusts nobody who answers";
  if (pki::split_bundle(webhook.ca_bundle).empty())
    return name + " has a caBundle that holds no certificate";
  if (!extender || extender->certificate.empty())
    return ""; // the check of the certificate tells
  return pki::is_vouched_for(extender->certificate, webhook.ca_bundle)
             ? ""
             : name + " has a caBundle of which nobody signed the extender's certificate";
}

void check_webhooks(const ObservedInstallation& observed, Findings& findings) {
  const auto& webhooks = *observed.gate_webhooks;
  const auto& ready = observed.gate_endpoints;
  const std::string name = webhooks.front().configuration;
  for (const ObservedWebhook& webhook : webhooks)
    if (const std::string distrust = distrust_of(webhook, observed.extender_certificate);
        !distrust.empty())
      return findings.fault(
          kCheck, distrust + kNotHeld,
          "the leading operator, or cert-manager, fills it in within seconds, and "
          "its log says why not; with certificates.mode=Secret it is gate.caBundle");
  if (!ready && ready.error().code == Code::NotFound)
    return findings.fault(
        kCheck, "the webhook " + name + " calls nobody: " + ready.error().message + kNotHeld,
        kInstall);
  if (!ready)
    return findings.unreadable(kCheck, "what the webhook " + name + " calls", ready);
  if (*ready == 0)
    return findings.fault(kCheck,
                          "the webhook " + name + " calls " + webhooks.front().service.name +
                              ", which has no ready endpoint for it" + kNotHeld,
                          "\"kubectl -n " + observed.ns +
                              " logs deployment/berth-scheduler-extender\" says why");
  const auto& shown = observed.extender_certificate;
  const bool was_compared = shown && !shown->certificate.empty();
  findings.works(kCheck, "the webhook " + name + " puts the gate on managed pods: " +
                             counted(*ready, "ready endpoint") +
                             (was_compared ? ", and trusted" : ""));
}

void check_policy(const ObservedInstallation& observed, Findings& findings) {
  std::string missing = missing_from(*observed.gates, kGates);
  const std::string unbound = missing_from(*observed.gate_bindings, kGateBindings);
  if (!missing.empty() && !unbound.empty())
    missing += ", ";
  missing += unbound;
  if (missing.empty())
    findings.works(kCheck, "the policy berth-gate puts the gate on managed pods");
  else
    findings.fault(kCheck, "missing: " + missing + kNotHeld, kInstall);
}

} // namespace

void check_gate(const ObservedInstallation& observed, Findings& findings) {
  if (observed.gate_webhooks && !observed.gate_webhooks->empty())
    return check_webhooks(observed, findings);
  if (!observed.gates && observed.gates.error().code == Code::NotFound)
    return findings.fault(kCheck,
                          std::string("this API server knows no MutatingAdmissionPolicy, and there "
                                      "is no webhook of Berth's") +
                              kNotHeld,
                          "helm upgrade with gate.mode=Webhook, or Kubernetes 1.36 or newer");
  if (!observed.gates || !observed.gate_bindings)
    return findings.unreadable(kCheck, "MutatingAdmissionPolicies and their bindings",
                               observed.gates ? observed.gate_bindings : observed.gates);
  check_policy(observed, findings);
}

} // namespace berth::cli
