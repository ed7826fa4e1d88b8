// What autoscalers would be told of a cluster, from its measurements on.

#include <catch2/catch.hpp>

#include "analyzer/external_metrics/label_selector.hpp"
#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

Result<std::vector<ForecastValue>> ask(const SimulatedAnalyzer& analyzer, ForecastMetric metric,
                                       const char* selector = "") {
  return select(analyzer.forecasts, {"shop", metric, *parse_label_selector(selector)});
}

std::int64_t milli(const SimulatedAnalyzer& analyzer, ForecastMetric metric,
                   const char* selector = "") {
  const auto values = ask(analyzer, metric, selector);
  REQUIRE(values);
  REQUIRE(values->size() == 1);
  return values->front().value->milli_value().value();
}

} // namespace

TEST_CASE("a busy Deployment has forecasts as far as was looked back, also beside an autoscaler") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Replicas"}}, {"mode", "Recommend"}});
  world.add_autoscaler();
  SimulatedAnalyzer analyzer(world, {}, nullptr, Shows::Forecasts);
  CHECK_FALSE(ask(analyzer, ForecastMetric::Cpu));
  world.measure_pods_for(20min, 900, 500);
  CHECK(milli(analyzer, ForecastMetric::Cpu) >= 3600);
  CHECK(milli(analyzer, ForecastMetric::Cpu) <= 3700);
  CHECK(milli(analyzer, ForecastMetric::Replicas) == 6000); // 3.6 cores at 65 %
  CHECK(milli(analyzer, ForecastMetric::Memory) >= 1000 * (std::int64_t{2000} << 20U));
  CHECK_FALSE(ask(analyzer, ForecastMetric::Replicas, "horizon-seconds=3600"));
  world.measure_pods_for(120min, 900, 500);
  CHECK(milli(analyzer, ForecastMetric::Replicas, "horizon-seconds=3600") == 6000);
  CHECK_FALSE(ask(analyzer, ForecastMetric::Replicas, "horizon-seconds=86400"));
}

TEST_CASE("once nothing is measured, nothing is known, and it is no 0") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world, {}, nullptr, Shows::Forecasts);
  world.measure_pods_for(20min, 500, 500);
  CHECK(milli(analyzer, ForecastMetric::Cpu) >= 1000);
  world.executor.run_for(10min);
  for (const auto metric :
       {ForecastMetric::Replicas, ForecastMetric::Cpu, ForecastMetric::Memory}) {
    const auto values = ask(analyzer, metric);
    REQUIRE_FALSE(values);
    CHECK(values.error().code == Code::Unavailable);
  }
}

TEST_CASE("a standby serves the same forecasts as who leads") {
  WorkloadWorld world;
  world.add_deployment(2);
  world.add_policy({{"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world, {}, nullptr, Shows::Forecasts);
  analyzer.leads = false;
  const std::size_t before = analyzer.writes();
  world.measure_pods_for(20min, 500, 500);
  CHECK(milli(analyzer, ForecastMetric::Cpu) >= 1000);
  CHECK(analyzer.writes() == before);
}

TEST_CASE("an analyzer that shows its forecasts advises what another would") {
  const auto advised = [](Shows shows) {
    WorkloadWorld world;
    world.add_deployment(4);
    world.add_policy({{"actions", {"Replicas", "Resize"}}});
    SimulatedAnalyzer analyzer(world, {}, nullptr, shows);
    world.measure_pods_for(60min, 900, 100);
    std::string specs;
    for (const auto& one : world.admin.list("ScalingRecommendation", "shop"))
      specs += one["spec"].dump() + '\n';
    return specs;
  };
  const std::string silent = advised(Shows::Nothing);
  CHECK_FALSE(silent.empty());
  CHECK(advised(Shows::Forecasts) == silent);
}

} // namespace berth::analyzer
