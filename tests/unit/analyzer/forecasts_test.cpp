// The numbers that autoscalers follow: what they are, and that nothing unknown is a number.

#include "analyzer/external_metrics/forecasts.hpp"

#include <catch2/catch.hpp>

#include "analyzer/external_metrics/board.hpp"
#include "analyzer/external_metrics/label_selector.hpp"
#include "lib/async/simulated_executor.hpp"

#include <limits>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using resources::Quantity;
using resources::ResourceName;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
constexpr double kGi = 1073741824;

/// Measured now, and foreseen for an hour with a p90 that is `growth` more every five minutes.
Outlook outlook_of(const ResourceName& resource, double use_now, double capacity,
                   double growth = 0) {
  Outlook outlook;
  outlook.resource = resource;
  outlook.name = std::string(resource.str());
  outlook.metrics = Reason::MetricsAvailable;
  outlook.capacity = capacity;
  outlook.use_now = use_now;
  for (int i = 1; i <= 12; ++i)
    outlook.foresight.soon.push_back({kNow + i * 5min, use_now / 2, use_now, use_now + i * growth});
  return outlook;
}

/// A policy "web" in "shop" for a Deployment of 4 replicas that ask for 1 core and 1 Gi each.
struct Shop {
  Shop() {
    policy.meta.ns = "shop";
    policy.meta.name = "web";
    policy.spec.target_ref = {api::ScalingTargetKind::Deployment, "web"};
    policy.spec.horizons = {3600s, 300s};
    workload.replicas = 4;
    facts.usage.pods.nodes = 4;
    facts.usage.present = 4;
    facts.used = {outlook_of(ResourceName::cpu(), 2000, 4000, 50),
                  outlook_of(ResourceName::memory(), kGi, 4 * kGi)};
  }

  [[nodiscard]] ForecastTable table() const {
    ClusterView view;
    WorkloadView one;
    one.ref = {api::ScalingTargetKind::Deployment, {"shop", "web"}};
    one.workload = std::make_shared<const Workload>(workload);
    one.policy = std::make_shared<const api::ScalingPolicy>(policy);
    view.workloads.push_back(one);
    return forecasts_of({view, {}, {facts}, kNow});
  }
  [[nodiscard]] Result<std::vector<ForecastValue>> ask(ForecastMetric metric,
                                                       const char* selector = "") const {
    return select(table(), {"shop", metric, *parse_label_selector(selector)});
  }
  /// The only value.
  [[nodiscard]] std::string value(ForecastMetric metric, const char* selector = "") const {
    const auto values = ask(metric, selector);
    REQUIRE(values);
    REQUIRE(values->size() == 1);
    return values->front().value->str();
  }
  [[nodiscard]] std::string unknown(ForecastMetric metric, const char* selector = "") const {
    const auto values = ask(metric, selector);
    REQUIRE_FALSE(values);
    CHECK(values.error().code == Code::Unavailable);
    return values.error().message;
  }

  api::ScalingPolicy policy;
  Workload workload;
  WorkloadFacts facts;
};

} // namespace

TEST_CASE("use is the most that must be reckoned with until the horizon, in cores and bytes") {
  const Shop shop;
  CHECK(shop.value(ForecastMetric::Cpu) == "2050m"); // in five minutes
  CHECK(shop.value(ForecastMetric::Cpu, "horizon-seconds=300") == "2050m");
  CHECK(shop.value(ForecastMetric::Cpu, "horizon-seconds=3600") == "2600m");
  CHECK(shop.value(ForecastMetric::Memory) == "1073741824");
}

TEST_CASE("what is used now counts although less is foreseen") {
  Shop shop;
  shop.facts.used[0] = outlook_of(ResourceName::cpu(), 2000, 4000, -100);
  CHECK(shop.value(ForecastMetric::Cpu) == "2");
}

TEST_CASE("values carry what they are of, and the horizon") {
  const auto values = Shop{}.ask(ForecastMetric::Replicas, "horizon-seconds>0");
  REQUIRE(values);
  REQUIRE(values->size() == 2);
  CHECK(values->at(0).labels == allocation::Labels{{"policy", "web"},
                                                   {"target-kind", "Deployment"},
                                                   {"target-name", "web"},
                                                   {"horizon-seconds", "300"}});
  CHECK(*values->at(1).labels.find("horizon-seconds") == "3600");
}

TEST_CASE("replicas are those that bring the peak to where the strategy wants it") {
  Shop shop; // Balanced: 35 % free above the peak, but 5 below the warning at 70 %: 65 %
  CHECK(shop.value(ForecastMetric::Replicas) == "4");                         // 2.05 / 0.65
  CHECK(shop.value(ForecastMetric::Replicas, "horizon-seconds=3600") == "4"); // 2.6 / 0.65
  shop.facts.used[0] = outlook_of(ResourceName::cpu(), 2000, 4000, 100);
  CHECK(shop.value(ForecastMetric::Replicas, "horizon-seconds=3600") == "5"); // 3.2 / 0.65
  shop.facts.used[0] = outlook_of(ResourceName::cpu(), 500, 4000);
  CHECK(shop.value(ForecastMetric::Replicas) == "2"); // for memory: 1 / 0.7
}

TEST_CASE("memory keeps the replicas that there are, and asks for none") {
  Shop shop;
  shop.facts.used[0] = outlook_of(ResourceName::cpu(), 500, 4000);
  shop.facts.used[1] = outlook_of(ResourceName::memory(), 3.9 * kGi, 4 * kGi);
  CHECK(shop.value(ForecastMetric::Replicas) == "4");
}

TEST_CASE("replicas stay within the policy's bounds") {
  Shop shop;
  shop.policy.spec.min_replicas = 6;
  CHECK(shop.value(ForecastMetric::Replicas) == "6");
  shop.policy.spec.min_replicas = 1;
  shop.policy.spec.max_replicas = 3;
  CHECK(shop.value(ForecastMetric::Replicas) == "3");
}

TEST_CASE("what is not measured, or stale, is unknown and never 0") {
  for (const Reason reason : {Reason::MetricsMissing, Reason::MetricsStale}) {
    Shop shop;
    shop.facts.used[0].metrics = reason;
    const std::string why =
        "ScalingPolicy shop/web: " + std::string(to_string(reason)) + ": cpu is not measured";
    CHECK(shop.unknown(ForecastMetric::Cpu) == why);
    CHECK(shop.unknown(ForecastMetric::Replicas) == why);
    CHECK(shop.value(ForecastMetric::Memory) == "1073741824");
  }
}

TEST_CASE("memory that is unknown leaves replicas unknown: it may forbid fewer") {
  Shop shop;
  shop.facts.used[1].metrics = Reason::MetricsMissing;
  CHECK_FALSE(shop.unknown(ForecastMetric::Replicas).empty());
}

TEST_CASE("a forecast that is missing, over, or too short for the horizon is unknown") {
  Shop shop;
  auto& soon = shop.facts.used[0].foresight.soon;
  soon.resize(7); // 35 minutes, less than two thirds of the hour
  CHECK(shop.unknown(ForecastMetric::Cpu, "horizon-seconds=3600") ==
        "ScalingPolicy shop/web: the forecast of cpu does not reach 3600 s ahead yet");
  CHECK(shop.value(ForecastMetric::Cpu, "horizon-seconds=300") == "2050m");
  soon.clear();
  CHECK_FALSE(shop.unknown(ForecastMetric::Cpu).empty());
  CHECK_FALSE(shop.unknown(ForecastMetric::Replicas).empty());
  soon = {{kNow + 1min, 1, 2, 3}};
  CHECK_FALSE(shop.unknown(ForecastMetric::Cpu).empty());
}

TEST_CASE("a forecast of minutes that are no numbers is unknown") {
  using limits = std::numeric_limits<double>;
  for (const double odd : {limits::infinity(), limits::quiet_NaN()}) {
    CAPTURE(odd);
    Shop shop;
    shop.facts.used[0].foresight.soon[0].p90 = odd;
    CHECK_FALSE(shop.unknown(ForecastMetric::Cpu).empty());
    CHECK_FALSE(shop.unknown(ForecastMetric::Replicas).empty());
    shop = Shop{};
    shop.facts.used[0].foresight.soon[1].p90 = odd; // beyond the shorter horizon
    CHECK(shop.value(ForecastMetric::Cpu) == "2050m");
    CHECK_FALSE(shop.unknown(ForecastMetric::Cpu, "horizon-seconds=3600").empty());
    shop = Shop{};
    shop.facts.used[0].use_now = odd;
    CHECK_FALSE(shop.unknown(ForecastMetric::Cpu).empty());
  }
}

TEST_CASE("replicas cover what replays expect of the next hour, whatever the horizon") {
  Shop shop;
  shop.facts.used[0].replayed_peak = 3200;
  CHECK(shop.value(ForecastMetric::Replicas) == "5"); // 3.2 / 0.65
  CHECK(shop.value(ForecastMetric::Cpu) == "2050m");
}

TEST_CASE("one unknown value of a query leaves the whole query unknown: a part of a sum is wrong") {
  Shop shop;
  shop.facts.used[0].foresight.soon.resize(7);
  CHECK_FALSE(shop.unknown(ForecastMetric::Cpu, "horizon-seconds in (300,3600)").empty());
}

TEST_CASE("nothing that asks for replicas leaves them unknown") {
  Shop shop;
  shop.facts.used.erase(shop.facts.used.begin());
  CHECK(shop.unknown(ForecastMetric::Replicas).find("nothing is measured that replicas follow") !=
        std::string::npos);
}

TEST_CASE("a policy that is Off, or does not scale, has no such values") {
  Shop shop;
  shop.policy.spec.actions = {api::ScalingAction::Resize};
  CHECK(shop.ask(ForecastMetric::Replicas)->empty());
  CHECK(shop.value(ForecastMetric::Cpu) == "2050m");
  shop.policy.spec.mode = api::ScalingMode::Off;
  CHECK(shop.ask(ForecastMetric::Cpu)->empty());
}

TEST_CASE("a selector that matches nothing, and another namespace, give no values") {
  const Shop shop;
  CHECK(shop.ask(ForecastMetric::Cpu, "policy=api")->empty());
  CHECK(shop.ask(ForecastMetric::Cpu, "policy=web,horizon-seconds=60")->empty());
  CHECK(select(shop.table(), {"other", ForecastMetric::Cpu, {}})->empty());
}

TEST_CASE("a pool's policy has its use, and a pool without one has nothing") {
  api::ScalingPolicy policy;
  policy.meta.ns = "ops";
  policy.meta.name = "gpu-pool";
  policy.spec.target_ref = {api::ScalingTargetKind::ResourcePool, "gpu"};
  ClusterView view;
  view.pools.resize(2);
  view.pools[1].policy = std::make_shared<const api::ScalingPolicy>(policy);
  PoolFacts facts;
  facts.used = {outlook_of(ResourceName::cpu(), 8000, 16000)};
  const ForecastTable table = forecasts_of({view, {facts, facts}, {}, kNow});
  REQUIRE(table.by_namespace.size() == 1);
  const auto values = select(table, {"ops", ForecastMetric::Cpu, {}});
  REQUIRE(values);
  REQUIRE(values->size() == 1);
  CHECK(values->front().value == Quantity::of(8));
  CHECK(select(table, {"ops", ForecastMetric::Replicas, {}})->empty());
}

TEST_CASE("a query that is too wide is refused, not cut") {
  ForecastTable table;
  ForecastValue one;
  one.is_shortest = true;
  one.value = Quantity::of(1);
  auto& values = table.by_namespace["shop"];
  values.assign(kForecastValuesMax, one);
  CHECK(select(table, {"shop", ForecastMetric::Replicas, {}})->size() == kForecastValuesMax);
  values.push_back(one);
  CHECK(select(table, {"shop", ForecastMetric::Replicas, {}}).error().code == Code::TooLarge);
}

TEST_CASE("the names of metrics are read as they are written") {
  for (std::size_t i = 0; i < kForecastMetrics; ++i) {
    const auto metric = static_cast<ForecastMetric>(i);
    CHECK(forecast_metric_from(name_of(metric)) == metric);
  }
  CHECK_FALSE(forecast_metric_from("berth-forecast"));
  CHECK_FALSE(forecast_metric_from(""));
}

TEST_CASE("forecasts that nobody renews are not shown, whatever wall clocks say") {
  // Three intervals, but three minutes where those are short.
  const auto [interval, shown_for] =
      GENERATE(table<Duration, Duration>({{Duration{10s}, Duration{180s}},
                                          {Duration{60s}, Duration{180s}},
                                          {Duration{90s}, Duration{270s}}}));
  async::SimulatedExecutor executor(kNow);
  ForecastBoard board(executor, interval);
  CHECK(board.look() == nullptr);
  board.put_up(Shop{}.table());
  executor.jump_wall_clock(24h);
  executor.run_for(shown_for);
  REQUIRE(board.look());
  CHECK(board.look()->as_of == kNow);
  executor.run_for(1ms);
  CHECK(board.look() == nullptr);
  board.put_up(Shop{}.table());
  CHECK(board.look() != nullptr);
}

} // namespace berth::analyzer
