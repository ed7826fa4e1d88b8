#include "tests/contract/api_under_test.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <catch2/catch.hpp>

namespace berth::contract {
namespace {

constexpr Duration kPollInterval = std::chrono::milliseconds{50};
constexpr int kPollsMax = 600;
constexpr const char* kUserAgent = "berth-contract/1";

/// Unique among the runs and tests that may share a real server.
std::string next_namespace() {
  static int count = 0;
  return "contract-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

/// One server for the whole program: a simulated one starts empty all the same, since each test has
/// a namespace of its own and the simulation is deterministic.
std::unique_ptr<Server> start_server() {
  const char* kubeconfig = std::getenv("BERTH_TEST_KUBECONFIG");
  return kubeconfig == nullptr || *kubeconfig == '\0' ? start_simulated_server()
                                                      : connect_to_real_server(kubeconfig);
}

kube::ClientOptions client_options() {
  kube::ClientOptions options;
  options.user_agent = kUserAgent;
  options.field_manager = "berth-contract";
  return options;
}

Json container() {
  return {{"name", "main"}, {"image", "registry.k8s.io/pause:3.10"}};
}

} // namespace

ApiUnderTest::ApiUnderTest()
    : server_(start_server()),
      client_(std::make_unique<kube::Client>(server_->transport(), server_->executor(), Rng(1),
                                             client_options())),
      ns_(next_namespace()) {
  std::printf("contract: %s server\n", server_->is_real() ? "real" : "simulated");
  const Json object = {{"kind", "Namespace"}, {"apiVersion", "v1"}, {"metadata", {{"name", ns_}}}};
  REQUIRE(post("/api/v1/namespaces", object).status == 201);
  // Where the ServiceAccount admission runs, no pod can be created before this exists.
  if (server_->is_real())
    wait_until([&] { return get(core("serviceaccounts", "default")).status == 200; });
}

ApiUnderTest::~ApiUnderTest() {
  http::Request farewell{"DELETE", "/api/v1/namespaces/" + ns_, {}, ""};
  (void)await(server_->transport().send(std::move(farewell), {}));
}

Answer ApiUnderTest::request(const std::string& method, const std::string& target, const Json& body,
                             const std::string& content_type) {
  http::Request asked{method, target, {}, body.is_null() ? "" : body.dump()};
  asked.headers.add("User-Agent", kUserAgent);
  asked.headers.add("Accept", "application/json");
  if (!body.is_null())
    asked.headers.add("Content-Type", content_type);
  auto response = await(server_->transport().send(std::move(asked), {}));
  if (!response)
    FAIL(method << " " << target << ": " << response.error().message);
  Answer answer{response->status, std::move(response->headers), {}};
  answer.body = Json::parse(response->body, nullptr, false);
  UNSCOPED_INFO(method << " " << target << " -> " << answer.status << " "
                       << response->body.substr(0, 600));
  return answer;
}

Answer ApiUnderTest::apply(const std::string& target, const std::string& manager,
                           const Json& config, bool force) {
  return request("PATCH", target + "?fieldManager=" + manager + (force ? "&force=true" : ""),
                 config, "application/apply-patch+yaml");
}

Json ApiUnderTest::binding(const std::string& pod, const std::string& uid) const {
  Json object = {{"kind", "Binding"},
                 {"apiVersion", "v1"},
                 {"metadata", {{"name", pod}}},
                 {"target", {{"kind", "Node"}, {"name", node()}}}};
  if (!uid.empty())
    object["metadata"]["uid"] = uid;
  return object;
}

std::string ApiUnderTest::core(const std::string& plural, const std::string& name) const {
  return "/api/v1/namespaces/" + ns_ + "/" + plural + (name.empty() ? "" : "/" + name);
}

std::string ApiUnderTest::group(const std::string& version, const std::string& plural,
                                const std::string& name) const {
  return "/apis/" + version + "/namespaces/" + ns_ + "/" + plural +
         (name.empty() ? "" : "/" + name);
}

void ApiUnderTest::wait_until(const std::function<bool()>& done) {
  for (int poll = 0; poll < kPollsMax; ++poll) {
    if (done())
      return;
    const std::stop_token never;
    const bool passed = await(async::sleep_for(server_->executor(), kPollInterval, never));
    REQUIRE(passed);
  }
  FAIL("this did not happen in time");
}

Json pod(const std::string& name) {
  return {{"kind", "Pod"},
          {"apiVersion", "v1"},
          {"metadata", {{"name", name}}},
          {"spec", {{"schedulerName", "nobody"}, {"containers", Json::array({container()})}}}};
}

Json gated_pod(const std::string& name) {
  Json object = pod(name);
  object["spec"]["schedulingGates"] = Json::array({{{"name", "contract.berth.dev/gate"}}});
  return object;
}

Json config_map(const std::string& name) {
  return {{"kind", "ConfigMap"},
          {"apiVersion", "v1"},
          {"metadata", {{"name", name}}},
          {"data", {{"key", "value"}}}};
}

} // namespace berth::contract
