// Workloads of a ScalingPolicy on the simulated API server, in simulated time: how many replicas,
// what each should ask for, and bursts of a pool.

#include <catch2/catch.hpp>

#include <cstdio>
#include <filesystem>

#include "tests/unit/analyzer/simulated_analyzer.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;
using api::RecommendationKind;
using simulation::Json;
using simulation::make_object;

/// A Deployment "web" in the namespace "shop", whose containers ask for 1 core and 1 Gi.
struct WorkloadWorld : AnalyzerWorld {
  WorkloadWorld() {
    admin.create(simulation::make_namespace("shop"));
    add_node("n-0");
  }

  void add_deployment(int replicas,
                      Json resources = {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}}) {
    Json pod_template = {
        {"metadata", {{"labels", {{"app", "web"}}}}},
        {"spec",
         {{"containers",
           Json::array({{{"name", "main"}, {"image", "web"}, {"resources", resources}}})}}}};
    admin.create(make_object("apps/v1", "Deployment", "shop", "web")
                     .spec({{"replicas", replicas},
                            {"selector", {{"matchLabels", {{"app", "web"}}}}},
                            {"template", pod_template}}));
    for (int i = 0; i < replicas; ++i)
      add_pod("web-" + std::to_string(i));
  }
  void add_pod(const std::string& name) {
    admin.create(simulation::make_pod("shop", name)
                     .cpu("1")
                     .memory("1Gi")
                     .label("pod-template-hash", "7c9")
                     .owner("apps/v1", "ReplicaSet", "web-7c9", "rs-uid")
                     .on_node("n-0"));
    set_status(name, Json::object());
    pods.push_back(name);
  }
  /// Running since now, with this said of its container.
  void set_status(const std::string& name, const Json& last_state) {
    const std::string started = format_time(executor.now());
    admin.patch(
        "Pod", {"shop", name},
        {{"status",
          {{"phase", "Running"},
           {"startTime", started},
           {"containerStatuses", Json::array({{{"name", "main"},
                                               {"image", "web"},
                                               {"imageID", ""},
                                               {"ready", true},
                                               {"restartCount", last_state.empty() ? 0 : 1},
                                               {"state", {{"running", {{"startedAt", started}}}}},
                                               {"lastState", last_state}}})}}}},
        "status");
  }
  void add_policy(Json spec = Json::object()) {
    spec["targetRef"] = {{"kind", "Deployment"}, {"name", "web"}};
    admin.create(make_object("berth.dev/v1alpha1", "ScalingPolicy", "shop", "web").spec(spec));
  }
  void measure_pod(const std::string& name, int cpu_milli, int memory_mib) {
    server.put_metrics(simulation::make_pod_metrics("shop", name, std::to_string(cpu_milli) + "m",
                                                    std::to_string(memory_mib) + "Mi")
                           .set("/timestamp", format_time(executor.now())));
  }
  /// Measures every pod, and the node, once a minute.
  void measure_pods_for(Duration span, int cpu_milli, int memory_mib) {
    for (Duration passed{0}; passed < span; passed += 1min) {
      measure("n-0", 1000, 1);
      for (const auto& pod : pods)
        measure_pod(pod, cpu_milli, memory_mib);
      executor.run_for(1min);
    }
  }
  [[nodiscard]] std::vector<api::ScalingRecommendation> standing_in(const std::string& ns) {
    auto all = recommendations(ns);
    std::erase_if(all,
                  [](const auto& one) { return !api::is_true(one.status.conditions, "Valid"); });
    return all;
  }

  std::vector<std::string> pods;
};

const api::Condition* valid_of(const api::ScalingRecommendation& recommendation) {
  return api::find_condition(recommendation.status.conditions, "Valid");
}

} // namespace

TEST_CASE("a busy Deployment is recommended to scale out, by a patch of its scale") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(20min, 900, 500);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.kind == RecommendationKind::ScaleOut);
  CHECK(spec.target_ref == api::ScalingTarget{api::ScalingTargetKind::Deployment, "web"});
  CHECK(spec.action.patch == R"({"spec":{"replicas":6}})");
  CHECK(spec.action.subresource == api::PatchSubresource::Scale);
  CHECK(spec.priority == api::RecommendationPriority::High);
  REQUIRE(spec.evidence);
  CHECK(spec.evidence->metric == "cpu");
  CHECK_FALSE(spec.evidence->forecast.empty());
  CHECK(found[0].meta.owners.at(0).kind == "ScalingPolicy");
  REQUIRE(valid_of(found[0]) != nullptr);
  CHECK(valid_of(found[0])->message ==
        "cpu is at 90 % of 4 replicas; 6 replicas would bring it to 60 %");
}

TEST_CASE("the policy's bounds hold: no more than maxReplicas, no fewer than minReplicas") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}, {"minReplicas", 4}, {"maxReplicas", 5}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(20min, 1000, 500);
  REQUIRE(world.standing_in("shop").size() == 1);
  CHECK(world.standing_in("shop")[0].spec.action.patch == R"({"spec":{"replicas":5}})");
  world.measure_pods_for(2h, 10, 10);
  CHECK(world.standing_in("shop").empty());
}

TEST_CASE("memory that each replica fills for itself asks for no more replicas") {
  WorkloadWorld world;
  world.add_deployment(3);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(30min, 300, 1000);
  CHECK(world.recommendations("shop").empty());
}

TEST_CASE("an idle Deployment is recommended to scale in after an hour, a step at a time") {
  WorkloadWorld world;
  world.add_deployment(10);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(45min, 100, 100);
  CHECK(world.recommendations("shop").empty());
  world.measure_pods_for(20min, 100, 100);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::ScaleIn);
  CHECK(found[0].spec.action.patch == R"({"spec":{"replicas":8}})");
}

TEST_CASE("kubernetes/autoscaler #6420: one pod of many that differs is not averaged away") {
  WorkloadWorld world;
  world.add_deployment(6);
  world.add_policy({{"actions", {"Resize"}}});
  SimulatedAnalyzer analyzer(world);
  for (int minute = 0; minute < 40; ++minute) {
    for (const auto& pod : world.pods)
      world.measure_pod(pod, 100, pod == "web-3" ? 1500 : 800);
    world.measure("n-0", 1000, 1);
    world.executor.run_for(1min);
  }
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::Resize);
  CHECK(found[0].spec.priority == api::RecommendationPriority::High);
  REQUIRE(found[0].spec.evidence);
  CHECK(found[0].spec.evidence->metric == "main/memory");
  CHECK(valid_of(found[0])->reason == Reason::RequestTooSmall);
  // 1500 Mi and Balanced's buffer of 35 %.
  CHECK(found[0].spec.action.patch.find("requests/memory\",\"value\":\"2") != std::string::npos);
}

TEST_CASE("the patch of a resize is one that the API server takes, and is then seen as applied") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Resize"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(30min, 500, 1400);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  const auto response =
      world.admin.request("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web",
                          Json::parse(found[0].spec.action.patch), "application/json-patch+json");
  REQUIRE(response.status == 200);
  world.measure_pods_for(3min, 500, 1400);
  bool applied = false;
  for (const auto& one : world.recommendations("shop"))
    applied = applied || (one.meta.name == found[0].meta.name &&
                          api::is_true(one.status.conditions, "Applied"));
  CHECK(applied);
  world.measure_pods_for(30min, 500, 1400);
  CHECK(world.standing_in("shop").empty()); // what was asked for is enough
}

TEST_CASE("a kill for memory is answered within a cycle, and first of all") {
  WorkloadWorld world;
  world.add_deployment(
      2, {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}, {"limits", {{"memory", "1Gi"}}}});
  world.add_policy({{"actions", {"Resize"}}});
  for (const auto& pod : world.pods)
    world.admin.remove("Pod", {"shop", pod}, 0);
  world.pods.clear();
  for (const char* name : {"web-a", "web-b"}) {
    world.admin.create(simulation::make_pod("shop", name)
                           .request("memory", "1Gi")
                           .set("/spec/containers/0/resources/limits/memory", "1Gi")
                           .label("pod-template-hash", "7c9")
                           .owner("apps/v1", "ReplicaSet", "web-7c9", "rs-uid")
                           .on_node("n-0"));
    world.set_status(name, Json::object());
    world.pods.emplace_back(name);
  }
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(25min, 100, 600);
  CHECK(world.recommendations("shop").empty());
  world.set_status("web-b", {{"terminated",
                              {{"reason", "OOMKilled"},
                               {"exitCode", 137},
                               {"finishedAt", format_time(world.executor.now())}}}});
  world.measure_pods_for(2min, 100, 600);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.priority == api::RecommendationPriority::Critical);
  CHECK(valid_of(found[0])->reason == Reason::KilledForMemory);
  CHECK(found[0].spec.action.patch.find("limits/memory") != std::string::npos);
}

TEST_CASE("what nobody measures is no advice, and what stood stands until its time is over") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy();
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(30min);
  CHECK(world.recommendations("shop").empty());
}

TEST_CASE("a policy without its target is no failure, and one that goes takes its advice with it") {
  WorkloadWorld world;
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(5min);
  world.add_deployment(4);
  world.measure_pods_for(20min, 900, 500);
  REQUIRE(world.standing_in("shop").size() == 1);
  world.admin.remove("ScalingPolicy", {"shop", "web"});
  world.measure_pods_for(2min, 900, 500);
  for (const auto& one : world.recommendations("shop"))
    CHECK(valid_of(one)->status == ConditionStatus::False);
}

TEST_CASE("after its hour a recommendation is verified, and says what came") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(70min, 900, 500);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1);
  const auto* verified = api::find_condition(found[0].status.conditions, "Verified");
  REQUIRE(verified != nullptr);
  CHECK(verified->status == ConditionStatus::True);
  CHECK(verified->reason == Reason::ForecastHeld);
  REQUIRE(found[0].status.outcome);
  CHECK(found[0].status.outcome->before == resources::Quantity::of(90));
  CHECK(found[0].status.outcome->after == resources::Quantity::of(90));
  using telemetry::AdviceKind;
  using telemetry::ForecastOutcome;
  CHECK(analyzer.metrics.verified_recommendations(AdviceKind::ScaleOut, ForecastOutcome::Held)
            .value() >= 1);
  CHECK(analyzer.metrics.pending_plans(AdviceKind::ScaleOut).value() == 1);
}

TEST_CASE("with its history kept in a file a new process goes on where the old one was") {
  const auto path =
      std::filesystem::temp_directory_path() / ("berth-history-" + std::to_string(std::rand()));
  AdvisorOptions options;
  options.history_file = path.string();
  AnalyzerWorld world;
  world.add_pool(10);
  {
    SimulatedAnalyzer analyzer(world, options);
    world.measure_for(40min, 1000, 5);
    CHECK(world.recommendations().empty()); // needs nearly an hour of measurements
  }
  SimulatedAnalyzer again(world, options);
  world.measure_for(15min, 1000, 5);
  const auto found = world.recommendations();
  std::filesystem::remove(path);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::ShrinkPool);
}

TEST_CASE("a history file that is damaged costs the past and nothing else") {
  const auto path =
      std::filesystem::temp_directory_path() / ("berth-history-" + std::to_string(std::rand()));
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  std::fputs("BERTHIST and then nothing", file);
  std::fclose(file);
  AdvisorOptions options;
  options.history_file = path.string();
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world, options);
  world.measure_for(20min, 9000);
  CHECK(world.recommendations().size() == 1);
  std::filesystem::remove(path);
}

namespace {

/// Says, as the operator does, how much of the pool's cpu is charged.
void charge(AnalyzerWorld& world, int cores) {
  const Json row = {{"name", "cpu"}, {"allocated", std::to_string(cores)}};
  world.admin.patch("ResourcePool", {"", "p"}, {{"status", {{"resources", Json::array({row})}}}},
                    "status");
}

std::vector<api::ScalingRecommendation> of_kind(AnalyzerWorld& world, RecommendationKind kind) {
  auto all = world.recommendations();
  std::erase_if(all, [&](const auto& one) {
    return one.spec.kind != kind || !api::is_true(one.status.conditions, "Valid");
  });
  return all;
}

} // namespace

TEST_CASE("a pool that is charged up, but not used up, is recommended to enter a burst") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch(
      "ResourcePool", {"", "p"},
      {{"spec", {{"burst", {{"factorPercent", 120}, {"maxDurationSeconds", 3600}}}}}});
  SimulatedAnalyzer analyzer(world);
  const auto run = [&](int minutes, int cores, int used_milli) {
    for (int i = 0; i < minutes; ++i) {
      charge(world, cores);
      world.measure_for(1min, used_milli);
    }
  };
  run(15, 95, 5000);
  auto found = of_kind(world, RecommendationKind::EnterBurst);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.action.patch ==
        R"({"spec":{"oversubscription":[{"ratioPercent":120,"resource":"cpu"}]}})");
  CHECK(found[0].spec.expected_improvement->from == resources::Quantity::of(95));
  CHECK(found[0].spec.expected_improvement->to == resources::Quantity::of(79));
  CHECK(valid_of(found[0])->reason == Reason::PressureOnPool);

  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(found[0].spec.action.patch));
  run(3, 95, 5000);
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty()); // done
  CHECK(of_kind(world, RecommendationKind::LeaveBurst).empty());
  run(15, 60, 5000); // the pressure is over
  found = of_kind(world, RecommendationKind::LeaveBurst);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.action.patch == R"({"spec":{"oversubscription":[]}})");
  CHECK(found[0].spec.priority == api::RecommendationPriority::Low);
}

TEST_CASE("a burst ends when it has lasted as long as it may, whatever is charged") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"},
                    {{"spec", {{"burst", {{"maxDurationSeconds", 1200}}}}}});
  SimulatedAnalyzer analyzer(world);
  const auto run = [&](int minutes) {
    for (int i = 0; i < minutes; ++i) {
      charge(world, 99);
      world.measure_for(1min, 5000);
    }
  };
  run(15);
  const auto enter = of_kind(world, RecommendationKind::EnterBurst);
  REQUIRE(enter.size() == 1);
  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(enter[0].spec.action.patch));
  run(15);
  CHECK(of_kind(world, RecommendationKind::LeaveBurst).empty());
  run(10);
  const auto leave = of_kind(world, RecommendationKind::LeaveBurst);
  REQUIRE(leave.size() == 1);
  CHECK(leave[0].spec.confidence_percent == 100);
}

TEST_CASE("a pool that is used up is no place for a burst") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"burst", Json::object()}}}});
  SimulatedAnalyzer analyzer(world);
  for (int i = 0; i < 20; ++i) {
    charge(world, 98);
    world.measure_for(1min, 9000);
  }
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty());
  CHECK(of_kind(world, RecommendationKind::GrowPool).size() == 1);
}

namespace {

/// A Prometheus whose every series is at `value` at all times; or that cannot be reached.
struct SteadyPrometheus final : http::Transport {
  async::Task<Result<http::Response>> send(http::Request request, http::SendOptions) override {
    if (is_down)
      co_return fail(Code::Unavailable, "nobody listens");
    ++asked;
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
  Prometheus prometheus(server, "");
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
  Prometheus prometheus(server, "");
  SimulatedAnalyzer analyzer(world, {}, &prometheus);
  world.measure_pods_for(80min, 100, 100); // idle by what is known
  CHECK(world.recommendations("shop").empty());
}

} // namespace berth::analyzer
