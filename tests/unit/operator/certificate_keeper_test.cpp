// The Secrets with Berth's certificates, kept by an operator against the simulated API server.

#include <string>

#include <catch2/catch.hpp>

#include "lib/kube/base64.hpp"
#include "operator/certificates/secrets.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;

constexpr const char* kNamespace = "berth-system";
constexpr const char* kWebhook = "berth-gate";
constexpr const char* kApiService = "v1beta1.external.metrics.k8s.io";

OperatorOptions keeping() {
  OperatorOptions options;
  options.manage_certificates = true;
  return options;
}

void create_secret(OperatorWorld& world, std::string_view name) {
  world.admin.create(
      simulation::make_object("v1", "Secret", kNamespace, std::string(name)).build());
}

/// A namespace with the three Secrets as an installation makes them: empty.
void install_secrets(OperatorWorld& world) {
  world.admin.create(simulation::make_object("v1", "Namespace", "", kNamespace).build());
  for (const std::string_view name : {kAuthoritySecret, kExtenderSecret, kSchedulerSecret})
    create_secret(world, name);
}

std::string value(OperatorWorld& world, std::string_view secret, const std::string& key) {
  const auto object = world.admin.get("Secret", {kNamespace, std::string(secret)});
  const auto data = object.value("data", simulation::Json::object());
  return kube::decode_base64(data.value(key, "")).value_or("");
}

bool is_filled(OperatorWorld& world) {
  return !value(world, kSchedulerSecret, "tls.crt").empty();
}

void patch_secret(OperatorWorld& world, std::string_view name, const simulation::Json& data) {
  world.admin.patch("Secret", {kNamespace, std::string(name)}, {{"data", data}});
}

/// The gate's webhook as an installation makes it: it trusts nobody yet.
simulation::Json new_webhooks() {
  const simulation::Json entry = {{"name", "pods.gate.berth.dev"},
                                  {"clientConfig", {{"service", {{"name", "x"}}}}}};
  return simulation::Json::array({entry});
}

void create_webhook(OperatorWorld& world) {
  world.admin.create(simulation::make_object("admissionregistration.k8s.io/v1",
                                             "MutatingWebhookConfiguration", "", kWebhook)
                         .set("/webhooks", new_webhooks())
                         .build());
}

void create_api_service(OperatorWorld& world) {
  world.admin.create(
      simulation::make_object("apiregistration.k8s.io/v1", "APIService", "", kApiService)
          .spec({{"group", "external.metrics.k8s.io"}, {"version", "v1beta1"}})
          .build());
}

/// The authority that an object names as its caBundle; empty: none.
std::string bundle_of(const simulation::Json& holder) {
  return kube::decode_base64(holder.value("caBundle", "")).value_or("");
}

std::string trusted_by_webhook(OperatorWorld& world) {
  const auto webhook = world.admin.get("MutatingWebhookConfiguration", {"", kWebhook});
  return bundle_of(webhook["webhooks"][0]["clientConfig"]);
}

std::string trusted_by_api_service(OperatorWorld& world) {
  return bundle_of(world.admin.get("APIService", {"", kApiService})["spec"]);
}

/// What the metrics say when no look at certificates for that use has failed.
std::string no_failure(const std::string& use) {
  return "berth_certificate_reloads_total{use=\"" + use + "\",outcome=\"error\"} 0\n";
}

} // namespace

TEST_CASE("Empty Secrets are filled once, and then nothing is written") {
  OperatorWorld world;
  install_secrets(world);
  SimulatedOperator op(world, 7, keeping());
  REQUIRE(world.executor.run_until([&] { return is_filled(world); }, 1min));
  const std::string authority = value(world, kAuthoritySecret, "tls.crt");
  CHECK(pki::is_signed_by(value(world, kExtenderSecret, "tls.crt"), authority));
  CHECK(pki::is_signed_by(value(world, kSchedulerSecret, "tls.crt"), authority));
  CHECK(value(world, kExtenderSecret, "ca.crt") == authority);
  CHECK(value(world, kSchedulerSecret, "ca.crt") == authority);
  const auto facts = pki::facts_of(value(world, kExtenderSecret, "tls.crt"));
  REQUIRE(facts);
  CHECK(facts->dns_names.front() == "berth-scheduler-extender.berth-system.svc");
  world.executor.run_for(2h);
  CHECK(op.writes_asked("/secrets/") == 3);
}

TEST_CASE("A key that somebody took out of a Secret is back within an hour, signed as before") {
  OperatorWorld world;
  install_secrets(world);
  SimulatedOperator op(world, 7, keeping());
  REQUIRE(world.executor.run_until([&] { return is_filled(world); }, 1min));
  const std::string authority = value(world, kAuthoritySecret, "tls.crt");
  const std::string scheduler = value(world, kSchedulerSecret, "tls.crt");
  patch_secret(world, kExtenderSecret, {{"tls.key", nullptr}});
  world.executor.run_for(61min);
  CHECK(pki::belong_together(
      {value(world, kExtenderSecret, "tls.crt"), value(world, kExtenderSecret, "tls.key")}));
  CHECK(pki::is_signed_by(value(world, kExtenderSecret, "tls.crt"), authority));
  CHECK(value(world, kSchedulerSecret, "tls.crt") == scheduler);
}

TEST_CASE("A missing Secret holds up no work, and is filled soon after it is made") {
  OperatorWorld world;
  install_secrets(world);
  world.admin.remove("Secret", {kNamespace, std::string(kSchedulerSecret)});
  world.add_pool("cpu", 1, "4");
  world.add_team("a", "cpu", 4);
  world.admin.create(simulation::make_pod("a", "p").cpu("1").build());
  SimulatedOperator op(world, 7, keeping());
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "p"); }, 1min));
  world.executor.run_for(30s);
  CHECK(op.writes_asked("/secrets/") == 0);
  create_secret(world, kSchedulerSecret);
  CHECK(world.executor.run_until([&] { return is_filled(world); }, 15s));
}

TEST_CASE("A replica that does not lead by its own clock renews nothing") {
  OperatorWorld world;
  install_secrets(world);
  SimulatedOperator op(world, 7, keeping());
  op.leads = false;
  world.executor.run_for(5min);
  CHECK(op.writes_asked("/secrets/") == 0);
  CHECK_FALSE(is_filled(world));
}

TEST_CASE("A certificate that is not valid yet is left as it is, and counted as a failure") {
  OperatorWorld world;
  install_secrets(world);
  const TimePoint now = world.executor.now();
  const auto early = pki::make_authority("berth-authority", {now + 24h, now + 48h});
  REQUIRE(early);
  patch_secret(world, kAuthoritySecret,
               {{"tls.crt", kube::encode_base64(early->certificate)},
                {"tls.key", kube::encode_base64(early->key)}});
  SimulatedOperator op(world, 7, keeping());
  world.executor.run_for(1min);
  CHECK(op.writes_asked("/secrets/") == 0);
  CHECK_THAT(op.exposition(), !Catch::Contains(no_failure("authority")));
}

TEST_CASE("The gate's webhook is made to trust who signs, and again after somebody undid it") {
  OperatorWorld world;
  install_secrets(world);
  create_webhook(world);
  const auto trusted = [&world] { return trusted_by_webhook(world); };
  OperatorOptions options = keeping();
  options.gate_webhook = kWebhook;
  SimulatedOperator op(world, 7, options);
  REQUIRE(world.executor.run_until([&] { return !trusted().empty(); }, 1min));
  CHECK(trusted() == value(world, kExtenderSecret, "ca.crt"));
  world.admin.patch("MutatingWebhookConfiguration", {"", kWebhook}, {{"webhooks", new_webhooks()}});
  CHECK(trusted().empty());
  world.executor.run_for(61min);
  CHECK(trusted() == value(world, kExtenderSecret, "ca.crt"));
  CHECK(op.writes_asked("/mutatingwebhookconfigurations/") == 2);
}

TEST_CASE("A webhook that is missing holds up no certificate, and is counted as a failure") {
  OperatorWorld world;
  install_secrets(world);
  OperatorOptions options = keeping();
  options.gate_webhook = kWebhook;
  SimulatedOperator op(world, 7, options);
  REQUIRE(world.executor.run_until([&] { return is_filled(world); }, 1min));
  world.executor.run_for(10s);
  CHECK_THAT(op.exposition(), !Catch::Contains(no_failure("authority")));
}

TEST_CASE("Without being asked to, an operator looks at no Secret") {
  OperatorWorld world;
  install_secrets(world);
  SimulatedOperator op(world);
  world.executor.run_for(5min);
  for (const auto& exchange : op.transport.exchanges())
    CHECK(exchange.target.find("/secrets") == std::string::npos);
}

TEST_CASE("Where external metrics are served the analyzer has a certificate that the API trusts") {
  OperatorWorld world;
  install_secrets(world);
  create_secret(world, kAnalyzerSecret);
  create_api_service(world);
  const auto trusted = [&world] { return trusted_by_api_service(world); };
  OperatorOptions options = keeping();
  options.external_metrics_api_service = kApiService;
  SimulatedOperator op(world, 7, options);
  REQUIRE(world.executor.run_until([&] { return !trusted().empty(); }, 1min));
  CHECK(trusted() == value(world, kAuthoritySecret, "tls.crt"));
  const auto facts = pki::facts_of(value(world, kAnalyzerSecret, "tls.crt"));
  REQUIRE(facts);
  CHECK(facts->is_for_server);
  CHECK(facts->dns_names.front() == "berth-analyzer.berth-system.svc");
  CHECK(pki::is_signed_by(value(world, kAnalyzerSecret, "tls.crt"), trusted()));
  world.executor.run_for(2h);
  CHECK(op.writes_asked("/secrets/") == 4);
  CHECK(op.writes_asked("/apiservices/") == 1);
}

TEST_CASE("Without the analyzer's Secret the others are renewed and trusted, and a look fails") {
  OperatorWorld world;
  install_secrets(world);
  create_webhook(world);
  create_api_service(world);
  OperatorOptions options = keeping();
  options.gate_webhook = kWebhook;
  options.external_metrics_api_service = kApiService;
  SimulatedOperator op(world, 7, options);
  REQUIRE(world.executor.run_until([&] { return is_filled(world); }, 1min));
  world.executor.run_for(5s);
  CHECK_FALSE(trusted_by_webhook(world).empty());
  const std::string failures =
      "berth_certificate_reloads_total{use=\"analyzer\",outcome=\"error\"} ";
  CHECK_THAT(op.exposition(), Catch::Contains(failures));
  CHECK_THAT(op.exposition(), !Catch::Contains(failures + "0\n"));
  const std::string before = value(world, kExtenderSecret, "tls.crt");
  patch_secret(world, kExtenderSecret, {{"tls.crt", nullptr}});
  world.executor.run_for(15s); // a look that failed is soon repeated
  const std::string renewed = value(world, kExtenderSecret, "tls.crt");
  CHECK(renewed != before);
  CHECK(pki::is_signed_by(renewed, value(world, kAuthoritySecret, "tls.crt")));
  create_secret(world, kAnalyzerSecret);
  CHECK(world.executor.run_until([&] { return !value(world, kAnalyzerSecret, "tls.crt").empty(); },
                                 15s));
}

TEST_CASE("Where none are served the analyzer's Secret is not looked for") {
  OperatorWorld world;
  install_secrets(world);
  create_secret(world, kAnalyzerSecret);
  SimulatedOperator op(world, 7, keeping());
  REQUIRE(world.executor.run_until([&] { return is_filled(world); }, 1min));
  CHECK(value(world, kAnalyzerSecret, "tls.crt").empty());
}
