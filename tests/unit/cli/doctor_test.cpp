// What doctor finds in an installation: what is right, what is wrong, and what mends it.

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/doctor/doctor.hpp"
#include "cli/doctor/scheduler_config.hpp"
#include "cli/output/document.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"
#include "tests/unit/cli/doctor_scene.hpp"
#include "tests/unit/cli/golden.hpp"

using namespace berth;
using namespace berth::cli;
using namespace berth::cli::testing;
using namespace std::chrono_literals;

namespace {

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
  observed.policies->policies = {policy("old", 0, {"cpu"}), policy("new", 1, {"cpu", "gpuu"}),
                                 policy("strict", 2, {}, "pod.nme == 'a'")};
  return observed;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
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
    ObservedInstallation observed = healthy();
    observed.scheduler_config = replaced(kConfig, line, "");
    INFO(line);
    CHECK(only_finding(observed).verdict == Verdict::Error);
  }
}

TEST_CASE("A profile that looks for a pool's own resources on nodes is warned of") {
  for (const char* other : {"[example.com]", "pool.berth.dev", "[]"}) {
    ObservedInstallation observed = healthy();
    observed.scheduler_config = replaced(kConfig, "[pool.berth.dev]", other);
    CHECK(only_finding(observed).verdict == Verdict::Warning);
  }
  ObservedInstallation observed = healthy();
  observed.scheduler_config = replaced(kConfig, "extenders:", "- schedulerName: more\nextenders:");
  CHECK(only_finding(observed).message.find("pool.berth.dev") != std::string::npos);
}

TEST_CASE("A scheduler configuration that cannot be read is an error, not a crash") {
  for (const char* text : {"", "[", "- a\n", "kind: Pod\n", "kind: [KubeSchedulerConfiguration]\n"})
    CHECK_FALSE(read_scheduler_config(text));
  const auto config = read_scheduler_config(
      "kind: KubeSchedulerConfiguration\nprofiles: many\nextenders: {a: b}\n");
  REQUIRE(config);
  CHECK_FALSE(config->extender);
  CHECK(config->scheduler_names.empty());
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

namespace {

/// With the kube-scheduler that the chart deploys, which has this configuration.
ObservedInstallation with_own_scheduler(const std::string& config) {
  ObservedInstallation observed = healthy();
  observed.programs->push_back({"berth-scheduler", "registry.k8s.io/kube-scheduler:v1.37.1", 2, 2});
  observed.own_scheduler_config = config;
  return observed;
}

std::string own_config() {
  return replaced(kConfig, "default-scheduler", "berth");
}

} // namespace

TEST_CASE("A scheduler that the chart deploys has a version of its own") {
  CHECK(wrong_of(with_own_scheduler(own_config())).empty());
}

TEST_CASE("With a scheduler of Berth's own the cluster's need not ask the extender") {
  ObservedInstallation observed = with_own_scheduler(own_config());
  observed.schedulers = std::vector<std::string>{"kube-scheduler"};
  CHECK(wrong_of(observed).empty());
  observed.schedulers->clear(); // somebody else runs it
  CHECK(wrong_of(observed).empty());
}

TEST_CASE("The configuration of the chart's own scheduler is looked at like the other") {
  const auto finds = [](const std::string& config) {
    const Finding found = only_finding(with_own_scheduler(config));
    CHECK(found.check == "own scheduler");
    CHECK(found.verdict == Verdict::Error);
    return found.message;
  };
  CHECK(finds("kind: KubeSchedulerConfiguration\n").find("names no extender") != std::string::npos);
  CHECK(finds("[").find("YAML") != std::string::npos);
  const char* line = "  tlsConfig: {caFile: /etc/kubernetes/berth/ca.crt}\n";
  CHECK(finds(replaced(own_config(), line, "")).find("would not verify") != std::string::npos);
  CHECK(finds(kConfig).find("default-scheduler") != std::string::npos); // no name of its own
  ObservedInstallation lost = with_own_scheduler("");
  lost.own_scheduler_config = fail(Code::NotFound, "no such ConfigMap");
  CHECK(only_finding(lost).message.find("cannot start") != std::string::npos);
}

namespace {

std::vector<std::string>
policy_troubles(std::vector<std::shared_ptr<const api::AllocationPolicy>> policies,
                std::set<PoolName> pools) {
  ObservedInstallation observed = healthy();
  observed.policies = ObservedPolicies{std::move(policies), std::move(pools), {}};
  std::vector<std::string> messages;
  for (const Finding& finding : wrong_of(observed)) {
    CHECK(finding.check == "policies");
    CHECK(finding.verdict == Verdict::Warning);
    CHECK_FALSE(finding.mend.empty());
    messages.push_back(finding.message);
  }
  return messages;
}

} // namespace

TEST_CASE("Of two policies that name a pool, or that both name none, the younger is told") {
  const std::set<PoolName> pools{PoolName{"cpu"}, PoolName{"gpu"}};
  CHECK(policy_troubles({policy("all", 0, {}), policy("gpus", 1, {"gpu"})}, pools).empty());
  CHECK(policy_troubles({policy("b-newer", 2, {"cpu"}), policy("c-older", 1, {"cpu", "gpu"})},
                        pools) ==
        std::vector<std::string>{"AllocationPolicy b-newer and AllocationPolicy c-older both name "
                                 "the pool cpu: the older one, c-older, is used"});
  CHECK(policy_troubles({policy("default", 1, {}), policy("other", 2, {})}, pools) ==
        std::vector<std::string>{
            "AllocationPolicy other and AllocationPolicy default both name no pool: the older one, "
            "default, is used for the pools that no other names"});
}

TEST_CASE("A policy that no pool uses is told") {
  CHECK(
      policy_troubles({policy("gpus", 0, {"gpuu"})}, {PoolName{"gpu"}}) ==
      std::vector<std::string>{"AllocationPolicy gpus names the pool gpuu, which does not exist"});
  CHECK(policy_troubles({policy("gpus", 0, {"gpu"}), policy("all", 1, {})}, {PoolName{"gpu"}}) ==
        std::vector<std::string>{"AllocationPolicy all is used by no pool: others name them all"});
  CHECK(policy_troubles({policy("all", 1, {})}, {}).empty()); // nothing is there yet
  CHECK(policy_troubles({}, {PoolName{"gpu"}}).empty());
}

TEST_CASE("An expression that does not compile is told with its place") {
  const auto found = policy_troubles({policy("all", 0, {}, "pod.nme == 'a'")}, {PoolName{"gpu"}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].find("AllocationPolicy all: rule europe: match.expression: column 5") == 0);
  CHECK(policy_troubles({policy("all", 0, {}, "pod.name == 'a'")}, {PoolName{"gpu"}}).empty());
}

TEST_CASE("More troubles with policies than fit are counted") {
  std::vector<std::string> missing;
  for (int i = 10; i < 35; ++i)
    missing.push_back("gone-" + std::to_string(i));
  const auto found = policy_troubles({policy("all", 0, missing)}, {PoolName{"gpu"}});
  REQUIRE(found.size() == 21);
  CHECK(found.back() == "and 5 more");
}

TEST_CASE("Doctor reads the policies and the own scheduler's file from the API server") {
  simulation::World world;
  simulation::install_custom_resources(world.admin);
  world.admin.create(simulation::make_object("berth.dev/v1alpha1", "AllocationPolicy", "", "lost")
                         .spec({{"poolRefs", nlohmann::json::array({{{"name", "gone"}}})}}));
  world.admin.create(simulation::make_namespace("berth-system"));
  world.admin.create(simulation::make_object("v1", "ConfigMap", "berth-system", "berth-scheduler")
                         .set("/data", {{"config.yaml", own_config()}}));
  simulation::SimulatedTransport transport{world.server, "kubernetes-admin", 1};
  kube::Client client{transport, world.executor, Rng{1}, kube::ClientOptions{}};
  CliOptions options;
  options.command = Command::Doctor;
  Surroundings around;
  around.now = world.executor.now();
  const Answer answer = simulation::await(world.executor, cli::answer(client, options, around));
  CHECK(answer.out.find("AllocationPolicy lost names the pool gone") != std::string::npos);
  CHECK(answer.out.find("pods whose schedulerName is berth") != std::string::npos);
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
