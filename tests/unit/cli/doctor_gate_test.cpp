// What doctor finds of a gate that is a webhook: whether the API server can call it, and trusts it.

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/doctor/observe.hpp"
#include "lib/kube/base64.hpp"
#include "tests/support/http/certificates.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"
#include "tests/unit/cli/doctor_scene.hpp"

using namespace berth;
using namespace berth::cli;
using namespace berth::cli::testing;
using namespace std::chrono_literals;

namespace {

/// A healthy installation whose gate is the extender's webhook, with what the API server trusts.
ObservedInstallation with_webhook(const std::string& ca_bundle, Result<std::int64_t> endpoints) {
  ObservedInstallation observed = healthy();
  observed.gates = fail(Code::NotFound, "no such kind");
  const kube::ObjectKey service{"berth-system", "berth-scheduler-extender"};
  observed.gate_webhooks = std::vector<ObservedWebhook>{
      {"berth-gate", "namespaces.gate.berth.dev", ca_bundle, service, 9443},
      {"berth-gate", "pods.gate.berth.dev", ca_bundle, service, 9443}};
  observed.gate_endpoints = std::move(endpoints);
  return observed;
}

ObservedInstallation with_trusted_webhook(Result<std::int64_t> endpoints) {
  ObservedInstallation observed = with_webhook("", std::move(endpoints));
  for (ObservedWebhook& webhook : *observed.gate_webhooks)
    webhook.ca_bundle = observed.extender_certificate->authorities;
  return observed;
}

Finding gate_of(const ObservedInstallation& observed) {
  const auto findings = diagnose(observed, kSceneTime);
  return *std::ranges::find(findings, "gate", &Finding::check);
}

} // namespace

TEST_CASE("A gate by webhook is as good as one by policy") {
  ObservedInstallation observed = healthy();
  observed.gates = fail(Code::NotFound, "no such kind");
  observed.gate_webhooks = std::vector<ObservedWebhook>{};
  CHECK(only_finding(observed).verdict == Verdict::Error);
  CHECK(wrong_of(with_trusted_webhook(1)).empty());
}

TEST_CASE("A webhook that the API server cannot trust is an error, of whichever entry") {
  const auto finds = [](const ObservedInstallation& observed) {
    const Finding found = only_finding(observed);
    CHECK(found.check == "gate");
    CHECK(found.verdict == Verdict::Error);
    return found.message;
  };
  CHECK_THAT(finds(with_webhook("", 2)), Catch::Contains("has no caBundle"));
  CHECK_THAT(finds(with_webhook("no certificate", 2)), Catch::Contains("holds no certificate"));
  const auto stranger = certificate(pki::Usage::Server, "elsewhere.svc", 24h);
  CHECK_THAT(finds(with_webhook(stranger.authorities, 2)), Catch::Contains("nobody signed"));
  ObservedInstallation half = with_trusted_webhook(2);
  half.gate_webhooks->back().ca_bundle.clear();
  CHECK_THAT(finds(half), Catch::Contains("pods.gate.berth.dev has no caBundle"));
}

TEST_CASE(
    "What signs beside others in the bundle is trusted, and an unseen certificate is no fault") {
  ObservedInstallation observed = with_trusted_webhook(2);
  const auto older = certificate(pki::Usage::Server, "elsewhere.svc", 24h);
  for (ObservedWebhook& webhook : *observed.gate_webhooks)
    webhook.ca_bundle = older.authorities + webhook.ca_bundle;
  CHECK(wrong_of(observed).empty());
  CHECK_THAT(gate_of(observed).message, Catch::EndsWith(", and trusted"));
  observed.extender_certificate = fail(Code::Forbidden, "secrets is forbidden");
  CHECK(only_finding(observed).verdict == Verdict::Unknown);
  CHECK_THAT(gate_of(observed).message, !Catch::Contains("trusted"));
}

TEST_CASE("A certificate that the authority vouches for through another is trusted") {
  const http::testing::Authority root("root");
  const http::testing::Authority below("below", root);
  ObservedInstallation observed = with_webhook(root.cert_pem(), 2);
  const std::string leaf = below.issue({}).cert_pem;
  observed.extender_certificate = ObservedCertificate{leaf + below.cert_pem(), root.cert_pem()};
  CHECK(gate_of(observed).verdict == Verdict::Works);
  observed.extender_certificate->certificate = leaf;
  CHECK(gate_of(observed).verdict == Verdict::Error);
}

TEST_CASE("A webhook that calls nobody is an error") {
  for (const Result<std::int64_t>& endpoints :
       {Result<std::int64_t>{0},
        Result<std::int64_t>{fail(Code::NotFound, "the Service x has no port 9443")}}) {
    const Finding found = only_finding(with_trusted_webhook(endpoints));
    CHECK(found.check == "gate");
    CHECK(found.verdict == Verdict::Error);
    CHECK_THAT(found.message, Catch::EndsWith("managed pods are not held back"));
  }
  const Finding unknown = only_finding(with_trusted_webhook(fail(Code::Forbidden, "forbidden")));
  CHECK(unknown.verdict == Verdict::Unknown);
}

TEST_CASE("Doctor reads the webhook and who answers it from the API server") {
  simulation::World world;
  world.admin.create(simulation::make_namespace("berth-system"));
  const auto certificates =
      certificate(pki::Usage::Server, "berth-scheduler-extender.berth-system.svc", 24h * 80);
  const nlohmann::json service = {
      {"namespace", "berth-system"}, {"name", "berth-scheduler-extender"}, {"port", 9443}};
  const nlohmann::json called = {{"service", service},
                                 {"caBundle", kube::encode_base64(certificates.authorities)}};
  world.admin.create(
      simulation::make_object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "",
                              "berth-gate")
          .label("app.kubernetes.io/part-of", "berth")
          .set("/webhooks", {{{"name", "pods.gate.berth.dev"}, {"clientConfig", called}}}));
  const nlohmann::json ports = {{{"name", "https"}, {"port", 8443}},
                                {{"name", "gate"}, {"port", 9443}}};
  world.admin.create(
      simulation::make_object("v1", "Service", "berth-system", "berth-scheduler-extender")
          .spec({{"ports", ports}}));
  const auto endpoint_slice = [&](const std::string& name, const nlohmann::json& slice_ports) {
    return simulation::make_object("discovery.k8s.io/v1", "EndpointSlice", "berth-system", name)
        .label("kubernetes.io/service-name", "berth-scheduler-extender")
        .set("/ports", slice_ports)
        .set("/endpoints", {{{"conditions", {{"ready", true}}}}});
  };
  simulation::SimulatedTransport transport{world.server, "kubernetes-admin", 1};
  kube::Client client{transport, world.executor, Rng{1}, kube::ClientOptions{}};
  const auto gate = [&] {
    const auto observed =
        simulation::await(world.executor, observe_installation(client, "berth-system"));
    const auto findings = diagnose(observed, kSceneTime);
    return *std::ranges::find(findings, "gate", &Finding::check);
  };
  world.admin.create(endpoint_slice("old", {{{"name", "https"}, {"port", 8443}}}));
  CHECK_THAT(gate().message, Catch::Contains("has no ready endpoint for it"));
  world.admin.create(endpoint_slice("new", ports));
  CHECK(gate().verdict == Verdict::Works);
}
