// What doctor finds in an installation: what is right, what is wrong, and what mends it.

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/doctor/doctor.hpp"
#include "cli/doctor/scheduler_config.hpp"
#include "cli/output/document.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/pki/certificate.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;

namespace {

constexpr const char* kConfig = R"(apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
percentageOfNodesToScore: 100
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

std::string lease(Duration age) {
  return R"({"spec": {"holderIdentity": "operator-1", "leaseDurationSeconds": 15, "renewTime": ")" +
         format_micro_time(kSceneTime - age) + "\"}}";
}

ObservedCertificate certificate(pki::Usage usage, const std::string& dns_name, Duration left) {
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

/// An installation in which everything is as it should be.
ObservedInstallation healthy() {
  ObservedInstallation observed;
  observed.ns = "berth-system";
  observed.kubernetes = "v1.37.1";
  observed.served = Names{"allocationpolicies",    "allocationrequests", "quotas",
                          "reservations",          "resourcepools",      "scalingpolicies",
                          "scalingrecommendations"};
  observed.guards = Names{"berth-guard-bindings", "berth-guard-node-name", "berth-guard-pods",
                          "berth-guard-pool-scaling", "berth-guard-requests"};
  observed.guard_bindings = Names{"berth-guard-bindings",       "berth-guard-node-name-namespaces",
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
  observed.schedulers = std::vector<std::string>{"kube-scheduler --config=/etc/s.yaml"};
  observed.metrics = ObservedMetrics{10, kSceneTime - 15s};
  observed.rights = {{"patch", "berth.dev", "quotas", "set-quota", true}};
  observed.faults = std::vector<ObservedFault>{};
  return observed;
}

std::vector<Finding> wrong_of(const ObservedInstallation& observed) {
  auto findings = diagnose(observed, kSceneTime);
  std::erase_if(findings, [](const auto& each) { return each.verdict == Verdict::Works; });
  return findings;
}

/// The one thing that is wrong.
Finding only_finding(const ObservedInstallation& observed) {
  const auto wrong = wrong_of(observed);
  REQUIRE(wrong.size() == 1);
  CHECK_FALSE(wrong.front().mend.empty());
  return wrong.front();
}

/// Everything that can be wrong at once.
ObservedInstallation broken() {
  ObservedInstallation observed = healthy();
  observed.kubernetes = "v1.29.0";
  observed.served->erase("scalingpolicies");
  observed.gates = fail(Code::NotFound, "the server could not find the requested resource");
  observed.guard_bindings->erase("berth-guard-pods");
  observed.programs = std::vector<ObservedProgram>{
      {"berth-operator", "ghcr.io/berth-dev/berth:9.9.9", 2, 2},
      {"berth-scheduler-extender", "ghcr.io/berth-dev/berth:" BERTH_VERSION, 2, 0}};
  observed.lease = lease(1h);
  observed.extender_endpoints = 0;
  observed.extender_certificate = ObservedCertificate{};
  observed.scheduler_certificate = certificate(pki::Usage::Client, "", 24h * 3);
  observed.scheduler_config = "kind: KubeSchedulerConfiguration\n";
  observed.schedulers = std::vector<std::string>{"kube-scheduler"};
  observed.metrics = fail(Code::NotFound, "the server could not find the requested resource");
  observed.rights.front().allowed = false;
  observed.faults = std::vector<ObservedFault>{
      {"Quota lost", "ParentNotFound", "the parent nobody does not exist"}};
  return observed;
}

} // namespace

TEST_CASE("Doctor finds nothing wrong where everything is as it should be") {
  const auto findings = diagnose(healthy(), kSceneTime);
  CHECK(wrong_of(healthy()).empty());
  check_golden("doctor-healthy.txt", render_doctor(findings, Paint{}));
}

TEST_CASE("Doctor says of each thing that is wrong what mends it") {
  const auto findings = diagnose(broken(), kSceneTime);
  for (const Finding& finding : findings)
    CHECK((finding.verdict == Verdict::Works) == finding.mend.empty());
  check_golden("doctor.txt", render_doctor(findings, Paint{}));
  check_golden("doctor.json", json_document(doctor_json(findings)));
}

TEST_CASE("What may not be read is unknown, and no error") {
  ObservedInstallation observed = healthy();
  const Error refused{Code::Forbidden, "secrets is forbidden"};
  observed.extender_certificate = fail(refused);
  CHECK(only_finding(observed).verdict == Verdict::Unknown);
  CHECK(only_finding(observed).message.find("secrets is forbidden") != std::string::npos);
}

TEST_CASE("A gate by webhook is as good as one by policy") {
  ObservedInstallation observed = healthy();
  observed.gates = fail(Code::NotFound, "no such kind");
  CHECK(only_finding(observed).verdict == Verdict::Error);
  observed.gate_webhooks = Names{"berth-gate"};
  CHECK(wrong_of(observed).empty());
}

TEST_CASE("A certificate is looked at for its time, its name, its use and its authority") {
  const auto finds = [](ObservedCertificate found) {
    ObservedInstallation observed = healthy();
    observed.extender_certificate = std::move(found);
    return only_finding(observed);
  };
  const std::string name = "berth-scheduler-extender.berth-system.svc";
  CHECK(finds(certificate(pki::Usage::Server, name, -1s)).message.find("not now") !=
        std::string::npos);
  CHECK(finds(certificate(pki::Usage::Server, name, kCertificateWarning - 1s)).verdict ==
        Verdict::Warning);
  CHECK(finds(certificate(pki::Usage::Server, "elsewhere.svc", 24h * 80)).message ==
        "it is not for the name " + name);
  CHECK(finds(certificate(pki::Usage::Client, name, 24h * 80)).message == "it is not for servers");
  ObservedCertificate strange = certificate(pki::Usage::Server, name, 24h * 80);
  strange.authorities = certificate(pki::Usage::Server, name, 24h * 80).authorities;
  CHECK(finds(strange).message == "none of the authorities in ca.crt signed it");
  CHECK(finds({"no certificate", ""}).verdict == Verdict::Error);
}

TEST_CASE("Each line of the scheduler's configuration that matters is looked at") {
  for (const char* line : {"  filterVerb: filter\n", "  enableHTTPS: true\n",
                           "  tlsConfig: {caFile: /etc/kubernetes/berth/ca.crt}\n",
                           "  nodeCacheCapable: true\n", "  ignorable: true\n"}) {
    std::string text = kConfig;
    const auto at = text.find(line);
    REQUIRE(at != std::string::npos);
    text.erase(at, std::string_view(line).size());
    ObservedInstallation observed = healthy();
    observed.scheduler_config = text;
    INFO(line);
    CHECK(only_finding(observed).verdict == Verdict::Error);
  }
}

TEST_CASE("A scheduler configuration that cannot be read is an error, not a crash") {
  for (const char* text : {"", "[", "- a\n", "kind: Pod\n", "kind: [KubeSchedulerConfiguration]\n"})
    CHECK_FALSE(read_scheduler_config(text));
  const auto config = read_scheduler_config(
      "kind: KubeSchedulerConfiguration\npercentageOfNodesToScore: many\nextenders: {a: b}\n");
  REQUIRE(config);
  CHECK_FALSE(config->extender);
  CHECK(config->nodes_percent == 0);
}

TEST_CASE("Measurements that are old are as bad as none") {
  ObservedInstallation observed = healthy();
  observed.metrics = ObservedMetrics{3, kSceneTime - kMetricsAgeMax};
  CHECK(wrong_of(observed).empty());
  observed.metrics->newest -= 1s;
  CHECK(only_finding(observed).message.find("old") != std::string::npos);
  observed.metrics = ObservedMetrics{};
  CHECK(only_finding(observed).verdict == Verdict::Warning);
}

TEST_CASE("A scheduler that the chart deploys has a version of its own") {
  ObservedInstallation observed = healthy();
  observed.programs->push_back({"berth-scheduler", "registry.k8s.io/kube-scheduler:v1.37.1", 2, 2});
  CHECK(wrong_of(observed).empty());
}

TEST_CASE("Where the API server cannot be reached doctor says that alone") {
  simulation::World world;
  simulation::SimulatedTransport transport{world.server, "kubernetes-admin", 1};
  transport.set_down(true);
  kube::Client client{transport, world.executor, Rng{1}, kube::ClientOptions{}};
  CliOptions options;
  options.command = Command::Doctor;
  const Answer answer =
      simulation::await(world.executor, cli::answer(client, options, Surroundings{}));
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(answer.out.empty());
  CHECK(answer.err.find("kubectl cluster-info") != std::string::npos);
}

TEST_CASE("Doctor asks a cluster without Berth and ends with exit code 1") {
  simulation::World world;
  simulation::SimulatedTransport transport{world.server, "kubernetes-admin", 1};
  kube::Client client{transport, world.executor, Rng{1}, kube::ClientOptions{}};
  CliOptions options;
  options.command = Command::Doctor;
  Surroundings around;
  around.now = world.executor.now();
  const auto before = world.server.writes().size();
  const Answer answer = simulation::await(world.executor, cli::answer(client, options, around));
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(answer.out.find("berth.dev/v1alpha1 is not served") != std::string::npos);
  CHECK(world.server.writes().size() == before);
}
