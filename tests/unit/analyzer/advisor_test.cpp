// The analyzer against the simulated API server, in simulated time: what it publishes, what it
// recommends, and what it leaves alone.

#include <catch2/catch.hpp>

#include "analyzer/advise/target.hpp"
#include "tests/unit/analyzer/simulated_analyzer.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;
using api::RecommendationKind;
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

std::optional<Amount> used_cpu(AnalyzerWorld& world) {
  for (const auto& resource : world.pool().status.resources)
    if (resource.name == resources::ResourceName::cpu())
      return resource.used;
  return std::nullopt;
}

const api::Condition& valid_of(const api::ScalingRecommendation& recommendation) {
  const auto* valid = api::find_condition(recommendation.status.conditions, "Valid");
  REQUIRE(valid != nullptr);
  return *valid;
}

/// Those that stand.
std::vector<api::ScalingRecommendation> standing_in(AnalyzerWorld& world) {
  auto all = world.recommendations();
  std::erase_if(all, [](const auto& one) { return valid_of(one).status != ConditionStatus::True; });
  return all;
}

} // namespace

TEST_CASE("measured use is published, and whether it can be relied on") {
  AnalyzerWorld world;
  world.add_pool(3);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(2min, 4000);
  CHECK(used_cpu(world) == Amount{12'000});
  CHECK(metrics_condition(world).status == ConditionStatus::True);
  CHECK(metrics_condition(world).reason == Reason::MetricsAvailable);
  CHECK(metrics_condition(world).message == "3 of 3 ready nodes have fresh measurements");
}

TEST_CASE("T1: measured use says when and of which nodes it was measured") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.add_node("unmeasured");
  world.node_names.pop_back();
  world.measure_for(5min, 4000);
  const auto status = world.pool().status;
  CHECK(status.resources.at(0).used == Amount{40'000});
  CHECK(status.resources.at(0).measured_capacity == Amount{100'000});
  REQUIRE(status.measured_at);
  CHECK(*status.measured_at <= world.executor.now());
  CHECK(*status.measured_at > world.executor.now() - 10min);
}

TEST_CASE("T1: the time of a measurement is written anew while the pool is busy, and else not") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(5min, 6000);
  const auto quiet = world.pool().status.measured_at;
  world.measure_for(10min, 6000);
  CHECK(world.pool().status.measured_at == quiet);
  world.measure_for(5min, 7000);
  const auto busy = world.pool().status.measured_at;
  world.measure_for(2min, 7000);
  REQUIRE(world.pool().status.measured_at);
  CHECK(*world.pool().status.measured_at > *busy);
}

TEST_CASE("without a metrics-server nothing is published as zero") {
  AnalyzerWorld world;
  world.add_pool(3);
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(10min);
  CHECK(used_cpu(world) == std::nullopt);
  CHECK(metrics_condition(world).status == ConditionStatus::False);
  CHECK(metrics_condition(world).reason == Reason::MetricsMissing);
  CHECK(world.recommendations().empty());
}

TEST_CASE("measurements that stop coming are taken back after three intervals") {
  AnalyzerWorld world;
  world.add_pool(3);
  SimulatedAnalyzer analyzer(world);
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
  AnalyzerWorld world;
  world.add_pool(3);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(10min, 9500);
  REQUIRE(standing_in(world).size() == 1);
  analyzer.transport.set_down(true);
  world.executor.run_for(30min);
  analyzer.transport.set_down(false);
  world.measure_for(12min, 9500);
  CHECK(used_cpu(world) == Amount{28'500});
  CHECK(standing_in(world).size() == 1);
}

TEST_CASE("a pool in which too few nodes are measured is not judged") {
  AnalyzerWorld world;
  world.add_pool(4);
  SimulatedAnalyzer analyzer(world);
  for (int minute = 0; minute < 15; ++minute) {
    for (int i = 0; i < 3; ++i)
      world.measure("n-" + std::to_string(i), 9900, 50);
    world.executor.run_for(1min);
  }
  CHECK(used_cpu(world) == std::nullopt);
  CHECK(metrics_condition(world).message == "3 of 4 ready nodes have fresh measurements");
  CHECK(world.recommendations().empty());
}

TEST_CASE("a pool that stays full is recommended to grow, with the exact patch and its evidence") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 9000);
  const auto found = world.recommendations();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.kind == RecommendationKind::GrowPool);
  CHECK(spec.target_ref == api::ScalingTarget{api::ScalingTargetKind::ResourcePool, "p"});
  CHECK(spec.action.patch == R"({"spec":{"elastic":{"maxNodes":14,"minNodes":14}}})");
  CHECK(spec.action.patch_type == api::ActionPatchType::Merge);
  CHECK(spec.priority == api::RecommendationPriority::High);
  CHECK(spec.expires_at > world.executor.now());
  REQUIRE(spec.evidence);
  CHECK(spec.evidence->metric == "cpu");
  CHECK_FALSE(spec.evidence->model.empty());
  REQUIRE(spec.expected_improvement);
  CHECK(spec.expected_improvement->from == resources::Quantity::of(90));
  CHECK(spec.expected_improvement->to == resources::Quantity::of(64));
  CHECK(valid_of(found[0]).status == ConditionStatus::True);
  CHECK(valid_of(found[0]).reason == Reason::HighUtilization);
  CHECK(valid_of(found[0]).message ==
        "cpu is at 90 % of 10 nodes; 14 nodes would bring it to 65 %");
  REQUIRE(found[0].meta.owners.size() == 1);
  CHECK(found[0].meta.owners[0].uid == world.pool().meta.uid);
}

TEST_CASE("the patch is one that the API server takes") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 9000);
  const auto found = world.recommendations();
  REQUIRE(found.size() == 1);
  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(found[0].spec.action.patch));
  REQUIRE(world.pool().spec.elastic);
  CHECK(world.pool().spec.elastic->min_nodes == 14);
  CHECK(world.pool().spec.elastic->max_nodes == 14);
}

TEST_CASE("a rising pool is recommended to grow before it is full, with the forecast") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  int cpu_milli = 3000;
  for (; world.recommendations().empty() && cpu_milli < 8500; cpu_milli += 100)
    world.measure_for(1min, cpu_milli);
  const auto found = world.recommendations();
  REQUIRE(found.size() == 1);
  CHECK(cpu_milli < 8000);
  CHECK(found[0].spec.priority == api::RecommendationPriority::Medium);
  REQUIRE(found[0].spec.evidence);
  const auto& forecast = found[0].spec.evidence->forecast;
  REQUIRE_FALSE(forecast.empty());
  for (const auto& point : forecast) {
    CHECK(point.at > world.executor.now() - 1min);
    CHECK(point.p10 <= point.p50);
    CHECK(point.p50 <= point.p90);
  }
  CHECK(forecast.back().p50.milli_value() >= Amount{85'000});
  CHECK(valid_of(found[0]).message.starts_with("cpu is heading for "));
}

TEST_CASE("whatever is recommended to grow is more likely needed than not") {
  for (const int per_minute : {-400, -200, -50, 0, 50, 200}) {
    CAPTURE(per_minute);
    AnalyzerWorld world;
    world.add_pool(10);
    SimulatedAnalyzer analyzer(world);
    for (int minute = 0; minute < 40; ++minute)
      world.measure_for(1min, std::clamp(8800 + per_minute * minute, 4500, 9900));
    for (const auto& one : world.recommendations()) {
      CHECK(one.spec.kind == RecommendationKind::GrowPool);
      CHECK(one.spec.confidence_percent >= 50);
    }
  }
}

TEST_CASE("an idle pool is recommended to shrink only after an hour of measurements") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(40min, 1000, 5);
  CHECK(world.recommendations().empty());
  world.measure_for(15min, 1000, 5);
  const auto found = world.recommendations();
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::ShrinkPool);
  CHECK(found[0].spec.action.patch == R"({"spec":{"elastic":{"maxNodes":8,"minNodes":0}}})");
  CHECK(found[0].spec.priority == api::RecommendationPriority::Low);
  CHECK(valid_of(found[0]).reason == Reason::LowUtilization);
}

TEST_CASE("a quiet cluster is not written to") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(5min, 6000);
  const std::size_t settled = analyzer.writes();
  CHECK(settled > 0);
  world.measure_for(2h, 6000);
  CHECK(analyzer.writes() == settled);
  world.measure_for(10min, 6050); // half a percent of the pool
  CHECK(analyzer.writes() == settled);
  world.measure_for(2min, 6200);
  CHECK(analyzer.writes() == settled + 1);
  CHECK(used_cpu(world) == Amount{62'000});
}

TEST_CASE("a pool that had a busy spell is not recommended to shrink for a day") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 6000, 5);
  world.measure_for(23h, 1000, 5);
  CHECK(world.recommendations().empty());
  world.measure_for(2h, 1000, 5);
  REQUIRE(standing_in(world).size() == 1);
  CHECK(standing_in(world)[0].spec.kind == RecommendationKind::ShrinkPool);
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
  CHECK(analyzer.writes() == settled);
  CHECK(used_cpu(world) == Amount{12'000});
}

TEST_CASE("a recommendation that holds is renewed at half its time, and is otherwise left alone") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(15min, 9000);
  REQUIRE(standing_in(world).size() == 1);
  const auto first = standing_in(world)[0];
  const std::size_t before = analyzer.writes("/scalingrecommendations");
  world.measure_for(1h, 9000);
  const auto later = standing_in(world);
  REQUIRE(later.size() == 1);
  CHECK(later[0].meta.uid == first.meta.uid);
  CHECK(later[0].spec.expires_at > world.executor.now());
  CHECK(later[0].spec.action == first.spec.action);
  // Every 8 minutes the spec; the status only if its words change.
  CHECK(analyzer.writes("/scalingrecommendations") - before <= 2 * 8);
  CHECK(analyzer.writes("/scalingrecommendations") - before >= 6);
}

TEST_CASE("a finding that is gone is resolved, and removed after a day") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 9000);
  REQUIRE(standing_in(world).size() == 1);
  world.measure_for(15min, 6000);
  CHECK(standing_in(world).empty());
  REQUIRE(world.recommendations().size() == 1);
  CHECK(valid_of(world.recommendations()[0]).reason == Reason::Resolved);
  world.measure_for(23h, 6000);
  CHECK(world.recommendations().size() == 1);
  world.measure_for(2h, 6000);
  CHECK(world.recommendations().empty());
}

TEST_CASE("another number of nodes is a new recommendation that supersedes the first") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 8600);
  REQUIRE(standing_in(world).size() == 1);
  const auto first = standing_in(world)[0];
  world.measure_for(70min, 10'000);
  const auto now_standing = standing_in(world);
  REQUIRE(now_standing.size() == 1);
  CHECK(now_standing[0].meta.name != first.meta.name);
  CHECK(now_standing[0].spec.priority == api::RecommendationPriority::Critical);
  for (const auto& one : world.recommendations())
    if (one.meta.name == first.meta.name)
      CHECK(valid_of(one).reason == Reason::Superseded);
}

TEST_CASE("a number of nodes is raised at once and taken back only after the cooldown") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  for (int cpu_milli = 4000; world.recommendations().empty(); cpu_milli += 250)
    world.measure_for(1min, cpu_milli);
  const auto nodes = [&] { return units_of(standing_in(world).at(0)).value_or(0); };
  const std::int32_t first = nodes();
  for (int minute = 0; minute < 4; ++minute) {
    world.measure_for(1min, 7500); // it rises no further
    CHECK(nodes() >= first);
  }
  world.measure_for(30min, 7500);
  CHECK(nodes() < first);
}

TEST_CASE("a recommendation that nobody confirms expires when the analyzer is back") {
  AnalyzerWorld world;
  world.add_pool(10);
  {
    SimulatedAnalyzer analyzer(world);
    world.measure_for(20min, 9000);
    REQUIRE(standing_in(world).size() == 1);
  }
  world.executor.run_for(1h);
  SimulatedAnalyzer again(world);
  world.executor.run_for(2min);
  REQUIRE(world.recommendations().size() == 1);
  CHECK(valid_of(world.recommendations()[0]).status == ConditionStatus::False);
  CHECK(valid_of(world.recommendations()[0]).reason == Reason::Expired);
}

TEST_CASE("a restart keeps the standing recommendation as it was") {
  AnalyzerWorld world;
  world.add_pool(10);
  std::string uid;
  {
    SimulatedAnalyzer analyzer(world);
    world.measure_for(20min, 9000);
    REQUIRE(standing_in(world).size() == 1);
    uid = standing_in(world)[0].meta.uid;
  }
  SimulatedAnalyzer again(world);
  world.measure_for(14min, 9000);
  REQUIRE(world.recommendations().size() == 1);
  CHECK(standing_in(world).at(0).meta.uid == uid);
}

TEST_CASE("a status that a crash left unwritten is written by the next cycle") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(12min, 9000);
  REQUIRE(world.recommendations().size() == 1);
  const auto name = world.recommendations()[0].meta.name;
  world.admin.patch("ScalingRecommendation", {"berth-system", name},
                    {{"status", {{"conditions", nullptr}}}}, "status");
  REQUIRE(world.recommendations()[0].status.conditions.empty());
  world.measure_for(2min, 9000);
  CHECK(standing_in(world).size() == 1);
}

TEST_CASE("the analyzer and the operator write their own parts of a pool's status") {
  AnalyzerWorld world;
  world.add_pool(3);
  SimulatedAnalyzer analyzer(world);
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

TEST_CASE("a replica that does not lead measures and writes nothing, and takes over warm") {
  AnalyzerWorld world;
  world.add_pool(10);
  SimulatedAnalyzer analyzer(world);
  analyzer.leads = false;
  world.executor.run_for(10s);
  const std::size_t before = analyzer.writes();
  world.measure_for(20min, 9000);
  CHECK(analyzer.writes() == before);
  CHECK(world.recommendations().empty());
  analyzer.leads = true;
  world.measure_for(1min, 9000);
  CHECK(standing_in(world).size() == 1);
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

TEST_CASE("a ScalingPolicy says where, from when on, and whether at all") {
  AnalyzerWorld world;
  world.admin.create(simulation::make_namespace("research"));
  world.add_pool(10);
  world.admin.create(
      make_object("berth.dev/v1alpha1", "ScalingPolicy", "research", "gpu-pool")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                 {"thresholds", {{"cpu", {{"warningPercent", 50}, {"criticalPercent", 60}}}}}}));
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 6500);
  const auto found = world.recommendations("research");
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::GrowPool);
  CHECK(found[0].meta.owners.at(0).kind == "ScalingPolicy");
  CHECK(world.recommendations("berth-system").empty());

  world.admin.patch("ScalingPolicy", {"research", "gpu-pool"}, {{"spec", {{"mode", "Off"}}}});
  world.measure_for(2min, 6500);
  REQUIRE(world.recommendations("research").size() == 1);
  CHECK(valid_of(world.recommendations("research")[0]).reason == Reason::Resolved);
}

TEST_CASE("recommendations for a pool that is gone end") {
  AnalyzerWorld world;
  world.admin.create(simulation::make_namespace("research"));
  world.add_pool(10);
  world.admin.create(make_object("berth.dev/v1alpha1", "ScalingPolicy", "research", "gpu-pool")
                         .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}}}));
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 9000);
  REQUIRE(world.recommendations("research").size() == 1);
  world.admin.remove("ResourcePool", {"", "p"});
  world.measure_for(2min, 9000);
  REQUIRE(world.recommendations("research").size() == 1);
  CHECK(valid_of(world.recommendations("research")[0]).status == ConditionStatus::False);
}

} // namespace berth::analyzer
