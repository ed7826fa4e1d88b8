#pragma once
// An installation as doctor observes it, in which everything is as it should be, for tests that
// break something of it.

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include "cli/doctor/decide.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/pki/certificate.hpp"
#include "tests/unit/cli/scene.hpp"

namespace berth::cli::testing {

using namespace std::chrono_literals;

inline constexpr const char* kConfig = R"(apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
  pluginConfig:
  - name: NodeResourcesFit
    args: {ignoredResourceGroups: [pool.berth.dev]}
extenders:
- urlPrefix: https://other.example.com
- urlPrefix: https://berth-scheduler-extender.berth-system.svc:8443
  filterVerb: filter
  prioritizeVerb: prioritize
  enableHTTPS: true
  tlsConfig: {caFile: /etc/kubernetes/berth/ca.crt}
  nodeCacheCapable: true
  ignorable: true
)";

inline std::string lease(Duration age) {
  return R"({"spec": {"holderIdentity": "operator-1", "leaseDurationSeconds": 15, "renewTime": ")" +
         format_micro_time(kSceneTime - age) + "\"}}";
}

inline ObservedCertificate certificate(pki::Usage usage, const std::string& dns_name,
                                       Duration left) {
  const pki::Validity always{kSceneTime - 1h, kSceneTime + 24h * 3650};
  const auto authority = pki::make_authority("test", always);
  REQUIRE(authority);
  pki::CertificateRequest request;
  request.common_name = "test";
  if (!dns_name.empty())
    request.dns_names = {dns_name};
  request.usage = usage;
  request.validity = {kSceneTime - 1h, kSceneTime + left};
  const auto issued = pki::issue(*authority, request);
  REQUIRE(issued);
  return {issued->certificate, authority->certificate};
}

/// A policy for those pools, made so many seconds after the first.
inline std::shared_ptr<const api::AllocationPolicy> policy(const std::string& name, int age,
                                                           const std::vector<std::string>& pools,
                                                           const std::string& expression = "") {
  auto made = std::make_shared<api::AllocationPolicy>();
  made->meta.name = name;
  made->meta.created = kSceneTime - 1h + std::chrono::seconds{age};
  for (const std::string& pool : pools)
    made->spec.pool_refs.push_back({PoolName{pool}});
  if (!expression.empty()) {
    auto& rule = made->spec.rules.emplace_back();
    rule.name = "europe";
    rule.match.expression = expression;
  }
  return made;
}

/// An installation in which everything is as it should be.
inline ObservedInstallation healthy() {
  ObservedInstallation observed;
  observed.ns = "berth-system";
  observed.kubernetes = "v1.37.1";
  observed.served = Names{"allocationpolicies",    "allocationrequests", "quotas",
                          "reservations",          "resourcepools",      "scalingpolicies",
                          "scalingrecommendations"};
  observed.guards =
      Names{"berth-guard-auto-scaling", "berth-guard-bindings", "berth-guard-node-groups",
            "berth-guard-node-name",    "berth-guard-pods",     "berth-guard-pool-scaling",
            "berth-guard-requests"};
  observed.guard_bindings = Names{"berth-guard-auto-scaling",   "berth-guard-bindings",
                                  "berth-guard-node-groups",    "berth-guard-node-name-namespaces",
                                  "berth-guard-node-name-pods", "berth-guard-pods",
                                  "berth-guard-pool-scaling",   "berth-guard-requests"};
  observed.gates = Names{"berth-gate"};
  observed.gate_bindings = Names{"berth-gate-namespaces", "berth-gate-pods"};
  const std::string image = "ghcr.io/berth-dev/berth:" BERTH_VERSION;
  observed.programs = std::vector<ObservedProgram>{{"berth-analyzer", image, 1, 1},
                                                   {"berth-operator", image, 2, 2},
                                                   {"berth-scheduler-extender", image, 2, 2}};
  observed.lease = lease(2s);
  observed.extender_endpoints = 2;
  observed.extender_certificate =
      certificate(pki::Usage::Server, "berth-scheduler-extender.berth-system.svc", 24h * 80);
  observed.scheduler_certificate = certificate(pki::Usage::Client, "", 24h * 300);
  observed.scheduler_config = kConfig;
  observed.own_scheduler_config = fail(Code::NotFound, "configmaps \"berth-scheduler\" not found");
  observed.schedulers = std::vector<std::string>{"kube-scheduler --config=/etc/s.yaml"};
  observed.metrics = ObservedMetrics{10, kSceneTime - 15s};
  observed.rights = {{"patch", "berth.dev", "quotas", "set-quota", true}};
  observed.faults = std::vector<ObservedFault>{};
  observed.policies = ObservedPolicies{{policy("default", 0, {})}, {PoolName{"cpu"}}, {}};
  return observed;
}

inline std::vector<Finding> wrong_of(const ObservedInstallation& observed) {
  auto findings = diagnose(observed, kSceneTime);
  std::erase_if(findings, [](const auto& each) { return each.verdict == Verdict::Works; });
  return findings;
}

/// The one thing that is wrong.
inline Finding only_finding(const ObservedInstallation& observed) {
  const auto wrong = wrong_of(observed);
  REQUIRE(wrong.size() == 1);
  CHECK_FALSE(wrong.front().mend.empty());
  return wrong.front();
}

} // namespace berth::cli::testing
