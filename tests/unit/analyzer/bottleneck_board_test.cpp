// What of bottlenecks is counted and told besides recommendations.

#include "analyzer/advise/bottleneck_board.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/moves_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using telemetry::BottleneckLabel;
using telemetry::SeverityLabel;

/// Nearly all is promised.
struct PromisedPool : MovesWorld {
  PromisedPool() : MovesWorld(2) {
    add_bare_pod("fixed-0", 9, "n-0");
    add_bare_pod("fixed-1", 9, "n-1");
  }
  [[nodiscard]] std::vector<nlohmann::json> told() {
    auto events = events_about("ResourcePool");
    std::erase_if(events, [](const auto& event) { return event.at("reason") != "RequestsUnused"; });
    return events;
  }
};

ResourceLoad load_of(double capacity) {
  ResourceLoad load;
  load.resource = resources::ResourceName::cpu();
  load.nodes = {{capacity, 0, 0, 0}};
  return load;
}

/// A forecast of the next hour that ends there.
Outlook heading_for(double amount, Reason metrics = Reason::MetricsAvailable) {
  Outlook outlook;
  outlook.resource = resources::ResourceName::cpu();
  outlook.metrics = metrics;
  outlook.use_now = 100;
  outlook.foresight.soon = {{TimePoint{1h}, amount, amount, amount}};
  return outlook;
}

} // namespace

TEST_CASE(
    "requests that nobody uses while work waits are told once, and counted as long as it is so") {
  PromisedPool world;
  world.add_waiting_pod("big", 6);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 1000);
  const auto told = world.told();
  REQUIRE(told.size() == 1);
  CHECK(told[0].at("regarding").at("name") == "p");
  CHECK(told[0].at("note") ==
        "requests hold 15600m of cpu more than is used with a fifth to spare, 78 % of the pool, "
        "while work waits; lower the requests of what runs there");
  const auto& gauges = analyzer.metrics.bottlenecks;
  CHECK(gauges(BottleneckLabel::Allocation, SeverityLabel::Critical).value() == 1);
  CHECK(gauges(BottleneckLabel::Capacity, SeverityLabel::Medium).value() == 1);
  world.measure_for(10min, 9500);
  CHECK(gauges(BottleneckLabel::Allocation, SeverityLabel::Critical).value() == 0);
  world.measure_for(10min, 1000); // it was over for less than an hour
  CHECK(gauges(BottleneckLabel::Allocation, SeverityLabel::Critical).value() == 1);
  CHECK(world.told().size() == 1);
}

TEST_CASE("requests that hold nobody back are counted and not told") {
  PromisedPool world;
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 1000);
  CHECK(world.told().empty());
  CHECK(analyzer.metrics.bottlenecks(BottleneckLabel::Allocation, SeverityLabel::Low).value() == 1);
}

TEST_CASE("use that is foreseen to exceed what there is is a bottleneck before it does") {
  const std::vector<ResourceLoad> loads{load_of(1000)};
  CHECK(with_foreseen(loads, {}).empty());
  CHECK(with_foreseen(loads, {heading_for(1000)}).empty());
  CHECK(with_foreseen(loads, {heading_for(1300, Reason::MetricsStale)}).empty());
  const auto found = with_foreseen(loads, {heading_for(1300)});
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == BottleneckKind::Capacity);
  CHECK(found[0].severity == Severity::High);
  CHECK(found[0].amount == Approx(300));
}

TEST_CASE("the labels of metrics are the names of what they count") {
  using KindLabel = telemetry::Label<BottleneckLabel>;
  for (std::size_t i = 0; i < KindLabel::kCount; ++i)
    CHECK(KindLabel::value(i) == to_string(static_cast<BottleneckKind>(i)));
  using OfSeverity = telemetry::Label<SeverityLabel>;
  for (std::size_t i = 0; i < OfSeverity::kCount; ++i)
    CHECK(OfSeverity::value(i) == to_string(static_cast<Severity>(i)));
}

} // namespace berth::analyzer
