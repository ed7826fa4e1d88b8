// What the analyzer publishes of the measured use of a pool, and what it leaves alone.

#include <set>

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;
using resources::Amount;
using simulation::Json;
using simulation::make_object;

/// The condition MetricsAvailable of the pool, which must be there.
api::Condition metrics_condition(AnalyzerWorld& world) {
  const auto pool = world.pool();
  const auto* condition = api::find_condition(pool.status.conditions, api::kMetricsAvailable);
  REQUIRE(condition != nullptr);
  return *condition;
}

} // namespace

TEST_CASE("measured use is published, and whether it can be relied on") {
  WatchedPool world(3);
  world.measure_for(2min, 4000);
  CHECK(used_cpu(world) == Amount{12'000});
  CHECK(metrics_condition(world).status == ConditionStatus::True);
  CHECK(metrics_condition(world).reason == Reason::MetricsAvailable);
  CHECK(metrics_condition(world).message == "3 of 3 ready nodes have fresh measurements");
}

TEST_CASE("the analyzer tells how often it looks, and how far its forecasts can be trusted") {
  AnalyzerWorld world;
  world.add_pool(3);
  AdvisorOptions options;
  options.interval = 5min;
  SimulatedAnalyzer analyzer(world, options);
  CHECK(analyzer.metrics.interval_seconds.value() == 300);
  world.measure_for(2h, 4000);
  CHECK_THAT(
      analyzer.registry.exposition(),
      Catch::Contains("berth_analyzer_forecast_trust_ratio{pool=\"p\",resource=\"cpu\"} 1\n"));
}

TEST_CASE("T1: measured use says when and of which nodes it was measured") {
  WatchedPool world(10);
  world.add_node("unmeasured");
  world.node_names.pop_back();
  world.measure_for(5min, 4000);
  const auto status = world.pool().status;
  CHECK(status.resources.at(0).used == Amount{40'000});
  CHECK(status.resources.at(0).measured_capacity == Amount{100'000});
  REQUIRE(status.measured_at);
  CHECK(*status.measured_at <= world.executor.now());
  CHECK(*status.measured_at > world.executor.now() - 10min);
  CHECK(status.unmeasured_nodes == std::vector{NodeName{"unmeasured"}});
}

TEST_CASE("T3: measured use says when its oldest sample was taken, for what came after it") {
  WatchedPool world(2);
  world.measure_for(5min, 9000);
  world.node_names.pop_back(); // its sample is the old one for a while
  const TimePoint lagging = world.executor.now() - 1min;
  world.measure_for(2min, 9000);
  const auto status = world.pool().status;
  REQUIRE(status.measured_at);
  REQUIRE(status.oldest_measured_at);
  CHECK(*status.oldest_measured_at == lagging);
  CHECK(*status.measured_at > lagging);
}

TEST_CASE("T1, R2: the time of a measurement is never old, and is written seldom in a quiet pool") {
  WatchedPool world(10);
  world.measure_for(5min, 6000);
  std::set<TimePoint> times;
  for (int minute = 0; minute < 20; ++minute) {
    world.measure_for(1min, 6000);
    REQUIRE(world.pool().status.measured_at);
    CHECK(*world.pool().status.measured_at > world.executor.now() - 5min);
    times.insert(*world.pool().status.measured_at);
  }
  CHECK(times.size() <= 8);
  world.measure_for(5min, 7000);
  const auto busy = world.pool().status.measured_at;
  world.measure_for(2min, 7000);
  REQUIRE(world.pool().status.measured_at);
  CHECK(*world.pool().status.measured_at > *busy);
}

TEST_CASE("without a metrics-server nothing is published as zero") {
  WatchedPool world(3);
  world.executor.run_for(10min);
  CHECK(used_cpu(world) == std::nullopt);
  CHECK(metrics_condition(world).status == ConditionStatus::False);
  CHECK(metrics_condition(world).reason == Reason::MetricsMissing);
  CHECK(world.recommendations().empty());
}

TEST_CASE("measurements that stop coming are taken back after three intervals") {
  WatchedPool world(3);
  world.measure_for(10min, 4000);
  REQUIRE(used_cpu(world) == Amount{12'000});
  world.executor.run_for(2min);
  CHECK(metrics_condition(world).status == ConditionStatus::True);
  world.executor.run_for(3min);
  CHECK(used_cpu(world) == std::nullopt);
  CHECK(metrics_condition(world).status == ConditionStatus::False);
  CHECK(metrics_condition(world).reason == Reason::MetricsStale);
}

TEST_CASE("asking more often than metrics-server measures makes nothing stale") {
  AnalyzerWorld world;
  world.add_pool(3);
  AdvisorOptions options;
  options.interval = 10s;
  SimulatedAnalyzer analyzer(world, options);
  for (int minute = 0; minute < 15; ++minute) {
    world.measure_for(1min, 9000);
    CHECK(used_cpu(world) == Amount{27'000});
  }
  CHECK(standing_in(world).size() == 1);
}

TEST_CASE("a failing metrics API is an outage of measurements and of nothing else") {
  WatchedPool world(3);
  world.measure_for(10min, 9500);
  REQUIRE(standing_in(world).size() == 1);
  world.analyzer.transport.set_down(true);
  world.executor.run_for(30min);
  world.analyzer.transport.set_down(false);
  world.measure_for(12min, 9500);
  CHECK(used_cpu(world) == Amount{28'500});
  CHECK(standing_in(world).size() == 1);
}

TEST_CASE("a pool in which too few nodes are measured is not judged") {
  WatchedPool world(4);
  for (int minute = 0; minute < 15; ++minute) {
    for (int i = 0; i < 3; ++i)
      world.measure("n-" + std::to_string(i), 9900, 50);
    world.executor.run_for(1min);
  }
  CHECK(used_cpu(world) == std::nullopt);
  CHECK(metrics_condition(world).message == "3 of 4 ready nodes have fresh measurements");
  CHECK(world.recommendations().empty());
}

TEST_CASE("a quiet cluster is not written to, but for the time of the measurement") {
  WatchedPool world(10);
  world.measure_for(5min, 6000);
  const std::size_t settled = world.analyzer.writes();
  CHECK(settled > 0);
  world.measure_for(2h, 6000);
  CHECK(world.analyzer.writes() <= settled + 40); // every three minutes
  world.measure_for(10min, 6050);                 // half a percent of the pool
  CHECK(used_cpu(world) == Amount{60'000});
  world.measure_for(2min, 6200);
  CHECK(used_cpu(world) == Amount{62'000});
}

TEST_CASE("use on nodes that are all cordoned is not written anew for every flicker") {
  AnalyzerWorld world;
  world.add_pool(3);
  for (const auto& node : world.node_names)
    world.admin.patch("Node", {"", node}, {{"spec", {{"unschedulable", true}}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_for(5min, 4000);
  const std::size_t settled = analyzer.writes();
  for (int minute = 0; minute < 10; ++minute)
    world.measure_for(1min, 4000 + minute);
  CHECK(analyzer.writes() <= settled + 4);
  CHECK(used_cpu(world) == Amount{12'000});
}

TEST_CASE("the analyzer and the operator write their own parts of a pool's status") {
  WatchedPool world(3);
  world.measure_for(2min, 4000);
  simulation::SimulatedTransport transport(world.server, "berth-operator", 3);
  kube::ClientOptions options;
  options.field_manager = api::field_manager::kOperator;
  kube::Client op(transport, world.executor, Rng{4}, options);
  api::ResourcePoolStatus allocated;
  allocated.nodes = api::NodeCounts{3, 3};
  auto& cpu = allocated.resources.emplace_back();
  cpu.name = resources::ResourceName::cpu();
  cpu.capacity = Amount{30'000};
  kube::WriteOptions write;
  write.subresource = "status";
  const auto body = api::encode_status<api::ResourcePool>(world.pool().meta, allocated);
  const auto written =
      simulation::await(world.executor, op.patch(kube::types::resource_pool(), {"", "p"},
                                                 kube::PatchType::Apply, body, write));
  REQUIRE(written); // not forced, and no conflict
  world.measure_for(2min, 5000);
  const auto status = world.pool().status;
  CHECK(status.nodes == api::NodeCounts{3, 3});
  CHECK(used_cpu(world) == Amount{15'000});
  CHECK(api::allocated_part(status) == allocated);
  world.executor.run_for(10min); // measurements stop: only the analyzer's part goes
  CHECK(used_cpu(world) == std::nullopt);
  CHECK(api::allocated_part(world.pool().status) == allocated);
}

TEST_CASE("a node counts for the pool that keeps it") {
  AnalyzerWorld world;
  world.add_pool(2);
  world.executor.run_for(1h); // younger
  world.admin.create(make_object("berth.dev/v1alpha1", "ResourcePool", "", "young")
                         .spec({{"nodeSelector", Json::object()}}));
  world.admin.create(simulation::make_node("other").cpu("10").memory("100Gi").build());
  world.node_names.push_back("other");
  SimulatedAnalyzer analyzer(world);
  world.measure_for(2min, 4000);
  CHECK(used_cpu(world) == Amount{8000});
  const auto young = api::decode<api::ResourcePool>(world.admin.get("ResourcePool", {"", "young"}));
  REQUIRE(young);
  CHECK(young->status.resources.at(0).used == Amount{4000});
}

} // namespace berth::analyzer
