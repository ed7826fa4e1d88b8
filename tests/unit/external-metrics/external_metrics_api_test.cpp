// external.metrics.k8s.io as its callers see it: who is answered what.

#include "analyzer/external_metrics/api.hpp"

#include <catch2/catch.hpp>

#include "lib/api/json.hpp"
#include "tests/unit/kube/scripted_transport.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::Json;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
const std::string kVersionPath = "/apis/external.metrics.k8s.io/v1beta1";
const std::string kCpu = kVersionPath + "/namespaces/shop/berth-forecast-cpu";

/// The API over a scripted API server, which allows what `allowed` says.
struct ApiBench {
  ApiBench() {
    transport.on_send = [this](const http::Request& request) -> Result<http::Response> {
      if (failure)
        return fail(*failure);
      reviews.push_back(Json::parse(request.body));
      return kube::testing::json_response(201, review_answer);
    };
    FrontProxy proxy;
    proxy.client_ca_pem = "a CA";
    proxy.allowed_names = {"front-proxy-client"};
    proxy.username_headers = {"X-Remote-User"};
    proxy.group_headers = {"X-Remote-Group"};
    proxy.extra_header_prefixes = {"X-Remote-Extra-"};
    front_proxy.store(std::make_shared<const FrontProxy>(proxy));
  }

  void show(std::optional<resources::Quantity> value, std::string unknown = "") {
    ForecastTable table;
    table.as_of = executor.now();
    ForecastValue one;
    one.metric = ForecastMetric::Cpu;
    one.labels = {{"policy", "web"}, {"horizon-seconds", "300"}};
    one.is_shortest = true;
    one.value = value;
    one.unknown = std::move(unknown);
    table.by_namespace["shop"].push_back(one);
    board.put_up(std::move(table));
  }
  [[nodiscard]] http::Request request(const std::string& target,
                                      const std::string& user = "alice") {
    http::Request asked;
    asked.method = "GET";
    asked.target = target;
    asked.headers = {{"X-Remote-User", user}, {"X-Remote-Group", "dev"}};
    asked.peer_common_name = "front-proxy-client";
    asked.peer_valid_until = executor.now() + 1h;
    return asked;
  }
  http::Response answer(http::Request asked) {
    return kube::testing::await(executor, api.handle(std::move(asked)));
  }
  http::Response answer(const std::string& target) { return answer(request(target)); }
  /// The Status that a request is refused with.
  Json refusal(const http::Response& response, int status, const char* reason) {
    CHECK(response.status == status);
    CHECK(response.headers.find("Content-Type") == "application/json");
    CHECK_FALSE(response.headers.find("Location"));
    Json body = Json::parse(response.body);
    CHECK(body["kind"] == "Status");
    CHECK(body["status"] == "Failure");
    CHECK(body["code"] == status);
    CHECK(body["reason"] == reason);
    return body;
  }
  [[nodiscard]] double counted(telemetry::MetricsAnswer outcome) {
    return metrics.requests(outcome).value();
  }

  async::SimulatedExecutor executor{kStart};
  kube::testing::ScriptedTransport transport{executor};
  kube::Client client{transport, executor, Rng{7}, {}};
  telemetry::Registry registry;
  telemetry::ExternalMetricsMetrics metrics{registry};
  ForecastBoard board{executor, 60s};
  FrontProxyPointer front_proxy{};
  AccessReviews access{client, executor, metrics};
  Api api{{board, front_proxy, access, executor, metrics}};
  std::string review_answer = R"({"status": {"allowed": true}})";
  std::optional<Error> failure;
  std::vector<Json> reviews;
};

} // namespace

TEST_CASE("discovery names the group, its version and every metric") {
  ApiBench bench;
  const Json group = Json::parse(bench.answer("/apis/external.metrics.k8s.io").body);
  CHECK(group["kind"] == "APIGroup");
  CHECK(group["preferredVersion"]["groupVersion"] == "external.metrics.k8s.io/v1beta1");
  CHECK(group["versions"].size() == 1);
  const Json version = Json::parse(bench.answer(kVersionPath).body);
  CHECK(version["kind"] == "APIResourceList");
  CHECK(version["groupVersion"] == "external.metrics.k8s.io/v1beta1");
  REQUIRE(version["resources"].size() == kForecastMetrics);
  CHECK(version["resources"][0]["name"] == "berth-forecast-replicas");
  CHECK(version["resources"][0]["kind"] == "ExternalMetricValueList");
  CHECK(version["resources"][0]["namespaced"] == true);
  CHECK(version["resources"][0]["verbs"] == Json::array({"get"}));
  REQUIRE(bench.reviews.size() == 2);
  CHECK(bench.reviews[1]["spec"]["nonResourceAttributes"] ==
        Json{{"verb", "get"}, {"path", kVersionPath}});
}

TEST_CASE("a value that is known is answered as a quantity with its labels and time") {
  ApiBench bench;
  bench.show(resources::Quantity::of_milli(2050));
  const http::Response response = bench.answer(kCpu + "?labelSelector=policy%3Dweb");
  CHECK(response.status == 200);
  const Json list = Json::parse(response.body);
  CHECK(list["kind"] == "ExternalMetricValueList");
  CHECK(list["apiVersion"] == "external.metrics.k8s.io/v1beta1");
  REQUIRE(list["items"].size() == 1);
  CHECK(list["items"][0] == Json{{"metricName", "berth-forecast-cpu"},
                                 {"metricLabels", {{"policy", "web"}, {"horizon-seconds", "300"}}},
                                 {"timestamp", "2026-03-02T00:00:00Z"},
                                 {"value", "2050m"}});
  CHECK(bench.counted(telemetry::MetricsAnswer::Ok) == 1);
}

TEST_CASE("a value that is not known is an error with the reason, never 0") {
  ApiBench bench;
  CHECK(bench.refusal(bench.answer(kCpu), 503, "ServiceUnavailable")["message"] ==
        "MetricsStale: the analyzer has made no forecasts lately");
  bench.show(std::nullopt, "MetricsMissing: cpu is not measured");
  CHECK(bench.refusal(bench.answer(kCpu), 503, "ServiceUnavailable")["message"] ==
        "ScalingPolicy shop/web: MetricsMissing: cpu is not measured");
  bench.show(resources::Quantity::of(1));
  CHECK(bench.answer(kCpu).status == 200);
  bench.executor.run_for(181s);
  bench.refusal(bench.answer(kCpu), 503, "ServiceUnavailable");
  CHECK(bench.counted(telemetry::MetricsAnswer::Unknown) == 3);
}

TEST_CASE("where no policy matches the list is empty, and counts as unknown") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  const Json list = Json::parse(bench.answer(kCpu + "?labelSelector=policy%3Dapi").body);
  CHECK(list["items"] == Json::array());
  CHECK(bench.counted(telemetry::MetricsAnswer::Unknown) == 1);
}

TEST_CASE("whoever is not the front proxy is refused before anything is asked or told") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  http::Request bare = bench.request(kCpu);
  bare.peer_common_name.clear();
  bare.peer_valid_until.reset();
  http::Request stranger = bench.request(kCpu);
  stranger.peer_common_name = "kubelet";
  http::Request over = bench.request(kCpu);
  over.peer_valid_until = bench.executor.now();
  const http::Request nobody = bench.request(kCpu, "");
  for (const http::Request& asked : {bare, stranger, over, nobody})
    bench.refusal(bench.answer(asked), 401, "Unauthorized");
  for (const std::string& target :
       {std::string("/openapi/v2"), std::string("/readyz?verbose"), kCpu + "?labelSelector=%3D"}) {
    http::Request unknown = bare;
    unknown.target = target;
    bench.refusal(bench.answer(unknown), 401, "Unauthorized");
  }
  bench.front_proxy.store(nullptr);
  bench.refusal(bench.answer(kCpu), 401, "Unauthorized");
  CHECK(bench.reviews.empty());
  CHECK(bench.counted(telemetry::MetricsAnswer::Unauthorized) == 8);
}

TEST_CASE("rights are the API server's to give: the review says who, what and where") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  http::Request asked = bench.request(kCpu);
  asked.headers.add("X-Remote-Extra-Scopes", "read");
  CHECK(bench.answer(asked).status == 200);
  REQUIRE(bench.reviews.size() == 1);
  CHECK(bench.reviews[0]["kind"] == "SubjectAccessReview");
  CHECK(bench.reviews[0]["spec"] == Json{{"user", "alice"},
                                         {"groups", {"dev", "system:authenticated"}},
                                         {"extra", {{"scopes", {"read"}}}},
                                         {"resourceAttributes",
                                          {{"verb", "list"},
                                           {"group", "external.metrics.k8s.io"},
                                           {"version", "v1beta1"},
                                           {"resource", "berth-forecast-cpu"},
                                           {"namespace", "shop"}}}});
}

TEST_CASE("who may not is told so in the API server's words") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  for (const char* answer :
       {R"({"status": {"allowed": false}})", R"({"status": {"allowed": true, "denied": true}})"}) {
    bench.review_answer = answer;
    CHECK(bench.refusal(bench.answer(kCpu), 403, "Forbidden")["message"] ==
          "User \"alice\" cannot list resource \"berth-forecast-cpu\" in API group "
          "\"external.metrics.k8s.io\" in the namespace \"shop\"");
    bench.executor.run_for(1min);
  }
  CHECK(bench.refusal(bench.answer(kVersionPath), 403, "Forbidden")["message"] ==
        "User \"alice\" cannot get path \"" + kVersionPath + "\"");
}

TEST_CASE("a right that cannot be asked about is not had") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  for (const char* answer :
       {"{}", R"({"status": {}})", R"({"status": {"allowed": "true"}})", "x"}) {
    bench.review_answer = answer;
    bench.refusal(bench.answer(kCpu), 503, "ServiceUnavailable");
  }
  bench.failure = Error{Code::Forbidden, "no right to ask", {}};
  bench.refusal(bench.answer(kCpu), 503, "ServiceUnavailable");
  CHECK(bench.counted(telemetry::MetricsAnswer::Error) == 5);
  CHECK(bench.metrics.access_reviews(telemetry::ReviewOutcome::Error).value() == 5);
}

TEST_CASE("a right is asked about once in ten seconds, a refusal too, and for each user alone") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  const bool allowed = GENERATE(true, false);
  const int status = allowed ? 200 : 403;
  if (!allowed)
    bench.review_answer = R"({"status": {"allowed": false}})";
  CHECK(bench.answer(kCpu).status == status);
  CHECK(bench.answer(kCpu).status == status);
  CHECK(bench.reviews.size() == 1);
  CHECK(bench.answer(bench.request(kCpu, "bob")).status == status);
  CHECK(bench.reviews.size() == 2);
  bench.review_answer =
      allowed ? R"({"status": {"allowed": false}})" : R"({"status": {"allowed": true}})";
  bench.executor.run_for(AccessReviews::kAllowedKeptFor);
  CHECK(bench.answer(kCpu).status == (allowed ? 403 : 200));
}

TEST_CASE("what is known of rights is bounded") {
  ApiBench bench;
  bench.transport.latency = Duration{0}; // so that none of it is too old
  bench.show(resources::Quantity::of(1));
  for (std::size_t i = 0; i <= AccessReviews::kKeptMax; ++i)
    static_cast<void>(bench.answer(bench.request(kCpu, "user-" + std::to_string(i))));
  const std::size_t asked = bench.reviews.size();
  CHECK(asked == AccessReviews::kKeptMax + 1);
  static_cast<void>(bench.answer(bench.request(kCpu, "user-0"))); // had to go
  CHECK(bench.reviews.size() == asked + 1);
  static_cast<void>(bench.answer(bench.request(kCpu, "user-1000")));
  CHECK(bench.reviews.size() == asked + 1);
}

TEST_CASE("more reviews at once than are allowed are turned away, not queued") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  std::vector<int> statuses;
  const auto ask = [&](std::string user) -> async::Task<void> {
    const auto response = co_await bench.api.handle(bench.request(kCpu, user));
    statuses.push_back(response.status);
  };
  for (std::size_t i = 0; i <= AccessReviews::kInFlightMax; ++i)
    async::start(ask("user-" + std::to_string(i)));
  CHECK(statuses == std::vector<int>{503});
  bench.executor.run_for(1s);
  CHECK(std::ranges::count(statuses, 200) == AccessReviews::kInFlightMax);
}

TEST_CASE("a user who asks for much at once takes no other user's turn") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  std::vector<int> statuses;
  const auto ask = [&](std::string user, std::string ns) -> async::Task<void> {
    http::Request asked =
        bench.request(kVersionPath + "/namespaces/" + ns + "/berth-forecast-cpu", user);
    const auto response = co_await bench.api.handle(std::move(asked));
    statuses.push_back(response.status);
  };
  for (std::size_t i = 0; i < AccessReviews::kInFlightMax; ++i)
    async::start(ask("greedy", "ns-" + std::to_string(i)));
  CHECK(statuses.size() == AccessReviews::kInFlightMax - AccessReviews::kInFlightByUserMax);
  CHECK(std::ranges::count(statuses, 503) == static_cast<std::ptrdiff_t>(statuses.size()));
  statuses.clear();
  async::start(ask("autoscaler", "shop"));
  bench.executor.run_for(1s);
  CHECK(std::ranges::count(statuses, 200) == AccessReviews::kInFlightByUserMax + 1);
  statuses.clear();
  async::start(ask("greedy", "another"));
  bench.executor.run_for(1s);
  CHECK(statuses == std::vector<int>{200}); // its turns are given back
}

TEST_CASE("the API server itself is not asked about: its group may everything") {
  ApiBench bench;
  http::Request asked = bench.request(kVersionPath, "system:kube-aggregator");
  asked.headers.add("X-Remote-Group", "system:masters");
  CHECK(bench.answer(asked).status == 200);
  CHECK(bench.reviews.empty());
}

TEST_CASE("what is not there is not found, and what cannot be read is a bad request") {
  ApiBench bench;
  bench.show(resources::Quantity::of(1));
  for (const char* target : {"/openapi/v2", "/openapi/v3", "/apis", "/", "/metrics"})
    bench.refusal(bench.answer(target), 404, "NotFound");
  CHECK(bench.reviews.empty());
  bench.refusal(bench.answer(kVersionPath + "/namespaces/shop/queue-length"), 404, "NotFound");
  bench.refusal(bench.answer(kCpu + "?labelSelector=%3D"), 400, "BadRequest");
  bench.refusal(bench.answer(kVersionPath + "/namespaces/../berth-forecast-cpu"), 400,
                "BadRequest");
  bench.refusal(bench.answer(kCpu + "?labelSelector=" + std::string(5000, 'a')), 413,
                "RequestEntityTooLarge");
  http::Request written = bench.request(kCpu);
  written.method = "POST";
  bench.refusal(bench.answer(written), 405, "MethodNotAllowed");
}

} // namespace berth::analyzer
