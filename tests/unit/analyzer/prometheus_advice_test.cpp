// Replicas that follow a policy's metric, and what becomes of them when it is not known.

#include <set>

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

/// A Prometheus whose every series is at `value` at all times; or that cannot be reached.
struct SteadyPrometheus final : http::Transport {
  async::Task<Result<http::Response>> send(http::Request request, http::SendOptions) override {
    ++asked;
    expressions.insert(http::query_value(request.target, "query").value_or(""));
    if (slow_in != nullptr)
      co_await async::sleep_for(*slow_in, 6s);
    if (is_down)
      co_return fail(Code::Unavailable, "nobody listens");
    const auto number = [&](const char* name) {
      return std::stod(http::query_value(request.target, name).value_or("0"));
    };
    std::string points;
    for (double at = number("start"); at <= number("end"); at += number("step"))
      points += (points.empty() ? "[" : ",[") + std::to_string(at) + ",\"" + value + "\"]";
    http::Response response;
    response.status = 200;
    response.body = R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},)"
                    R"("values":[)" +
                    points + "]}]}}";
    co_return response;
  }
  async::Task<Result<http::StreamedResponse>> open(http::Request, http::StreamOptions) override {
    co_return fail(Code::Invalid, "not asked for");
  }

  std::string value = "30";
  int asked = 0;
  std::set<std::string> expressions{};
  async::Executor* slow_in = nullptr; ///< each answer takes six seconds of its time
  bool is_down = false;
};

const Json kQueue = {{"name", "queue"},
                     {"source", "Prometheus"},
                     {"query", "sum(queue_length)"},
                     {"targetValue", "10"}};

} // namespace

TEST_CASE("replicas follow a policy's metric from Prometheus, with its past at once") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Replicas"}}, {"metrics", Json::array({kQueue})}});
  SteadyPrometheus server;
  Prometheus prometheus(server);
  SimulatedAnalyzer analyzer(world, {}, &prometheus);
  world.measure_pods_for(7min, 300, 300);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::ScaleOut);
  CHECK(found[0].spec.action.patch == R"({"spec":{"replicas":4}})");
  REQUIRE(found[0].spec.evidence);
  CHECK(found[0].spec.evidence->metric == "metric/queue");
  REQUIRE_FALSE(found[0].spec.evidence->forecast.empty());
  CHECK(found[0].spec.evidence->forecast[0].p50 == resources::Quantity::of(30));
  CHECK(valid_of(found[0])->message ==
        "metric/queue is at 150 % of 2 replicas; 4 replicas would bring it to 75 %");
  CHECK(server.asked <= 9); // once a cycle
}

TEST_CASE("a Prometheus that cannot be reached is an outage of its metrics and no zero") {
  WorkloadWorld world;
  world.add_deployment(5);
  world.add_policy({{"actions", {"Replicas"}}, {"metrics", Json::array({kQueue})}});
  SteadyPrometheus server;
  server.is_down = true;
  Prometheus prometheus(server);
  SimulatedAnalyzer analyzer(world, {}, &prometheus);
  world.measure_pods_for(80min, 100, 100); // idle by what is known
  CHECK(world.recommendations("shop").empty());
}

TEST_CASE("a Prometheus that is down keeps no busy Deployment from growing by its cpu") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}, {"metrics", Json::array({kQueue})}});
  SteadyPrometheus server;
  server.is_down = true;
  Prometheus prometheus(server);
  SimulatedAnalyzer analyzer(world, {}, &prometheus);
  world.measure_pods_for(20min, 900, 500);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::ScaleOut);
  CHECK(found[0].spec.evidence->metric == "cpu");
  CHECK(world.policy_condition("Ready").reason == Reason::MetricsMissing);
}

TEST_CASE("a Prometheus that does not answer is asked once in a cycle") {
  WorkloadWorld world;
  world.add_deployment(2);
  Json metrics = Json::array();
  for (const char* name : {"one", "two", "three", "four"}) {
    Json metric = kQueue;
    metric["name"] = name;
    metrics.push_back(metric);
  }
  world.add_policy({{"actions", {"Replicas"}}, {"metrics", metrics}});
  SteadyPrometheus server;
  server.is_down = true;
  Prometheus prometheus(server);
  SimulatedAnalyzer analyzer(world, {}, &prometheus);
  world.measure_pods_for(10min, 300, 300);
  CHECK(server.asked >= 9);
  CHECK(server.asked <= 12);
}

TEST_CASE("a slow Prometheus keeps no cycle waiting, and each metric has its turn") {
  WorkloadWorld world;
  world.add_deployment(2);
  Json metrics = Json::array();
  for (int i = 0; i < 10; ++i) {
    Json metric = kQueue;
    metric["name"] = "m" + std::to_string(i);
    metric["query"] = "queue_" + std::to_string(i);
    metrics.push_back(metric);
  }
  world.add_policy({{"actions", {"Replicas"}}, {"metrics", metrics}});
  SteadyPrometheus server;
  server.slow_in = &world.executor;
  Prometheus prometheus(server);
  SimulatedAnalyzer analyzer(world, {}, &prometheus);
  world.measure_pods_for(2min, 300, 300);
  CHECK(server.asked == 9); // four in the 20 s of each of two cycles, and the third's first
  world.measure_pods_for(5min, 300, 300);
  CHECK(server.expressions.size() == 10);
}

TEST_CASE("a metric that nobody says is unknown, and the policy says so") {
  WorkloadWorld world;
  world.add_deployment(5);
  Json metric = {
      {"name", "queue"}, {"source", "Pushed"}, {"metric", "queue"}, {"targetValue", "10"}};
  world.add_policy({{"actions", {"Replicas"}}, {"metrics", Json::array({metric})}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(80min, 100, 100); // idle by what is known
  const auto ready = world.policy_condition("Ready");
  CHECK(ready.status == api::ConditionStatus::Unknown);
  CHECK(ready.message.find("metric/queue is not known") == 0);
  CHECK(world.recommendations("shop").empty());
}

TEST_CASE("a metric that is gone is stale, and not what it was or nothing") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}, {"metrics", Json::array({kQueue})}});
  SteadyPrometheus server;
  Prometheus prometheus(server);
  SimulatedAnalyzer analyzer(world, {}, &prometheus);
  world.measure_pods_for(20min, 300, 300); // 30 for four replicas of ten each: as it should be
  REQUIRE(world.recommendations("shop").empty());
  CHECK(world.policy_condition("Ready").status == api::ConditionStatus::True);
  server.is_down = true;
  world.measure_pods_for(80min, 100, 100);
  CHECK(world.policy_condition("Ready").reason == Reason::MetricsStale);
  CHECK(world.recommendations("shop").empty());
}

} // namespace berth::analyzer
