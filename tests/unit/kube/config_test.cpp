#include <catch2/catch.hpp>

#include "lib/kube/base64.hpp"
#include "lib/kube/config.hpp"
#include "lib/kube/kubeconfig.hpp"
#include "tests/unit/kube/temporary_folder.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;

namespace {

const std::string kWhole = R"(
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: local
  cluster:
    server: https://127.0.0.1:6443
    tls-server-name: kubernetes
    certificate-authority: certs/ca.pem
contexts:
- name: dev
  context: {cluster: local, user: me, namespace: team-a}
- name: bare
  context: {cluster: local}
users:
- name: me
  user:
    client-certificate-data: Y2VydA==
    client-certificate: ignored.pem
    client-key-data: a2V5
    token: abc
)";

ConfigEnvironment environment(std::map<std::string, std::string> variables) {
  ConfigEnvironment made;
  made.variables = std::move(variables);
  made.service_account_folder = "/nonexistent";
  return made;
}

std::string error_of(const Result<Config>& config) {
  return config ? "no error" : config.error().message;
}

/// A kubeconfig with one context whose user has this text.
std::string with_user(const std::string& user) {
  return "current-context: c\n"
         "clusters: [{name: k, cluster: {server: 'https://k'}}]\n"
         "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
         "users: [{name: u, user: {" +
         user + "}}]\n";
}

} // namespace

TEST_CASE("A kubeconfig gives server, credentials and namespace of its current context") {
  TemporaryFolder folder;
  const auto path = folder.write("config", kWhole);
  const auto config = load_kubeconfig({}, path, "");
  REQUIRE(config);
  CHECK(config->server == "https://127.0.0.1:6443");
  CHECK(config->tls_server_name == "kubernetes");
  CHECK(config->certificate_authority.file == folder.path("certs/ca.pem"));
  CHECK(config->client_certificate.inline_pem == "cert");
  CHECK(config->client_key.inline_pem == "key");
  CHECK(config->token == "abc");
  CHECK(config->default_namespace == "team-a");
}

TEST_CASE("Data in a kubeconfig goes before the file of the same name") {
  TemporaryFolder folder;
  auto config = load_kubeconfig({}, folder.write("config", kWhole), "");
  REQUIRE(config);
  folder.write("certs/ca.pem", "authority");
  const auto tls = read_tls(*config);
  REQUIRE(tls);
  CHECK(tls->ca_pem == "authority");
  CHECK(tls->cert_pem == "cert");
  CHECK(tls->key_pem == "key");
  CHECK(tls->server_name == "kubernetes");
}

TEST_CASE("A context can be named, and one without a user has no credentials") {
  TemporaryFolder folder;
  const auto path = folder.write("config", kWhole);
  const auto config = load_kubeconfig({}, path, "bare");
  REQUIRE(config);
  CHECK(config->token.empty());
  CHECK(config->client_certificate.empty());
  CHECK(config->default_namespace == "default");
  CHECK(error_of(load_kubeconfig({}, path, "other")) ==
        path + ": context \"other\" does not exist");
}

TEST_CASE("Of several files the first to define a thing wins and missing ones are passed over") {
  TemporaryFolder folder;
  const auto first =
      folder.write("first", "current-context: dev\n"
                            "clusters: [{name: local, cluster: {server: 'https://first'}}]\n");
  const auto second = folder.write("second", kWhole);
  const auto list = folder.path("none") + ":" + first + "::" + second;
  const auto config = load_kubeconfig(environment({{"KUBECONFIG", list}}), "", "");
  REQUIRE(config);
  CHECK(config->server == "https://first");
  CHECK(config->token == "abc");
  const auto none = load_kubeconfig(environment({{"KUBECONFIG", folder.path("none")}}), "", "");
  CHECK(error_of(none) == "no kubeconfig found at " + folder.path("none"));
}

TEST_CASE("Without $KUBECONFIG the file in the home directory is read") {
  TemporaryFolder folder;
  folder.write(".kube/config", kWhole);
  const auto config = load_config(environment({{"HOME", folder.path("")}}), "", "");
  REQUIRE(config);
  CHECK(config->token == "abc");
}

TEST_CASE("Ways to log in that do not exist here are refused by name") {
  struct Case {
    const char* user;
    const char* message;
  };
  const auto given = GENERATE(
      Case{"auth-provider: {name: gcp}",
           "user \"u\": auth-provider is gone from Kubernetes; use exec"},
      Case{"username: a, password: b", "user \"u\": passwords are not accepted"},
      Case{"as: admin", "user \"u\": impersonation (as) is not supported"},
      Case{"as-groups: [x]", "user \"u\": impersonation (as-groups) is not supported"},
      Case{"magic: 1", "user \"u\": magic is not known"},
      Case{"client-certificate-data: YQ==", "user \"u\": client-certificate and client-key must"});
  TemporaryFolder folder;
  const auto path = folder.write("config", with_user(given.user));
  CHECK(error_of(load_kubeconfig({}, path, "")).starts_with(path + ": " + given.message));
}

TEST_CASE("Faults of a kubeconfig are named with file and field") {
  struct Case {
    std::string text;
    const char* message;
  };
  const auto given =
      GENERATE(Case{"clusters: 7", "clusters: must be a list"},
               Case{"clusters: [7]", "clusters[0]: must be a map"},
               Case{"clusters: [{cluster: {server: x}}]", "clusters[0].name: must be set"},
               Case{"users: [{name: a, user: {client-key-data: '!'}}]",
                    "users[0].user.client-key-data: is not base64"},
               Case{"users: [{name: a, user: {exec: {args: 7}}}]",
                    "users[0].user.exec.args: must be a list"},
               Case{"clusters: [{name: a, cluster: {insecure-skip-tls-verify: maybe}}]",
                    "clusters[0].cluster.insecure-skip-tls-verify: must be true or false"},
               Case{"current-context: a\ncurrent-context: b", "current-context appears twice"},
               Case{"[1, 2]", "must be a map"}, Case{"a: [", "not usable YAML"},
               Case{"", "current-context is not set"},
               Case{"current-context: x", "context \"x\" does not exist"});
  TemporaryFolder folder;
  const auto path = folder.write("config", given.text);
  INFO(given.text);
  CHECK(error_of(load_kubeconfig({}, path, "")).starts_with(path + ": " + given.message));
}

TEST_CASE("A kubeconfig that is too large, too deep or full of aliases is refused") {
  TemporaryFolder folder;
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'z'; ++c)
    bomb += std::string(1, c) + ": &" + c + " [" + std::string(1, '*') + char(c - 1) + ",*" +
            char(c - 1) + ",*" + char(c - 1) + ",*" + char(c - 1) + ",*" + char(c - 1) + "]\n";
  const auto text =
      GENERATE_COPY(as<std::string>{}, bomb, std::string(10'000, '['),
                    "a: " + std::string((1U << 20U) + 1, 'x'), "&x\n- *x", "a: &a\n  b: *a\n");
  const auto config = load_kubeconfig({}, folder.write("config", text), "");
  CHECK_FALSE(config);
}

TEST_CASE("An insecure cluster with a certificate authority is a contradiction") {
  TemporaryFolder folder;
  auto text = kWhole;
  text.replace(text.find("tls-server-name"), 0, "insecure-skip-tls-verify: true\n    ");
  CHECK(
      error_of(load_kubeconfig({}, folder.write("config", text), "")).find("exclude each other") !=
      std::string::npos);
}

TEST_CASE("A relative exec command starts from its file's folder, a bare name from PATH") {
  TemporaryFolder folder;
  const auto relative = load_kubeconfig(
      {},
      folder.write("config", with_user("exec: {apiVersion: client.authentication.k8s.io/v1, "
                                       "command: ./bin/login, args: [a, b], "
                                       "env: [{name: X, value: y}], provideClusterInfo: true}")),
      "");
  REQUIRE(relative);
  REQUIRE(relative->exec);
  CHECK(relative->exec->command == folder.path("bin/login"));
  CHECK(relative->exec->args == std::vector<std::string>{"a", "b"});
  CHECK(relative->exec->env == std::vector<std::pair<std::string, std::string>>{{"X", "y"}});
  CHECK(relative->exec->provide_cluster_info);
  const auto bare =
      load_kubeconfig({}, folder.write("config", with_user("exec: {command: login}")), "");
  REQUIRE(bare);
  CHECK(bare->exec->command == "login");
}

TEST_CASE("Inside a pod the service account is used, with an IPv6 address in brackets") {
  TemporaryFolder folder;
  folder.write("token", "t");
  folder.write("namespace", "berth-system");
  ConfigEnvironment pod;
  pod.variables = {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  pod.service_account_folder = folder.path("");
  const auto config = load_config(pod, "", "");
  REQUIRE(config);
  CHECK(config->server == "https://[fd00::1]:443");
  CHECK(config->token_file == folder.path("") + "/token");
  CHECK(config->default_namespace == "berth-system");
  const auto outside = in_cluster_config({});
  REQUIRE_FALSE(outside);
  CHECK(outside.error().code == Code::NotFound);
  folder.write("token", "");
  CHECK_FALSE(in_cluster_config(pod));
}

TEST_CASE("A kubeconfig that was asked for goes before the pod's service account") {
  TemporaryFolder folder;
  folder.write("token", "t");
  const auto path = folder.write("config", kWhole);
  ConfigEnvironment pod;
  pod.variables = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
                   {"KUBERNETES_SERVICE_PORT", "443"},
                   {"KUBECONFIG", path}};
  pod.service_account_folder = folder.path("");
  CHECK(load_config(pod, "", "")->server == "https://127.0.0.1:6443");
  pod.variables.erase("KUBECONFIG");
  CHECK(load_config(pod, "", "")->server == "https://10.0.0.1:443");
  CHECK(load_config(pod, path, "")->server == "https://127.0.0.1:6443");
}

TEST_CASE("An exec plugin that must have a terminal is refused, one that may is not") {
  TemporaryFolder folder;
  const std::string exec = "exec: {command: login, interactiveMode: ";
  const auto always = folder.write("always", with_user(exec + "Always}"));
  CHECK(error_of(load_kubeconfig({}, always, ""))
            .starts_with(always + ": user \"u\": login wants a terminal"));
  CHECK(load_kubeconfig({}, folder.write("may", with_user(exec + "IfAvailable}")), ""));
}

TEST_CASE("Credentials never go over a connection that is not encrypted") {
  TemporaryFolder folder;
  auto text = kWhole;
  text.replace(text.find("https://"), 8, "http://");
  const auto config = load_kubeconfig({}, folder.write("config", text), "");
  REQUIRE(config);
  CHECK(config->server == "http://127.0.0.1:6443");
  CHECK(config->token.empty());
  CHECK(config->client_key.empty());
  CHECK(config->default_namespace == "team-a");
}

TEST_CASE("Base64 is read as RFC 4648 writes it, folded lines included") {
  CHECK(decode_base64("").value() == "");
  CHECK(decode_base64("Zg==").value() == "f");
  CHECK(decode_base64("Zm8=").value() == "fo");
  CHECK(decode_base64("Zm9v").value() == "foo");
  CHECK(decode_base64("Zm9v\n  YmFy\n").value() == "foobar");
  CHECK(decode_base64("/+8=").value() == "\xff\xef");
  for (const char* bad : {"Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v!", "Z-_="})
    CHECK_FALSE(decode_base64(bad));
  for (const char* text : {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy", "/+8="})
    CHECK(encode_base64(decode_base64(text).value()) == text);
}
