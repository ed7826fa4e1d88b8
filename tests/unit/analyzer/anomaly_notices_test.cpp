// What is told of unusual use, to whom, and how often.

#include <catch2/catch.hpp>

#include <filesystem>

#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using telemetry::AnomalyLabel;

AdvisorOptions every_step() {
  AdvisorOptions options;
  options.interval = 5min; // one sample makes a step
  return options;
}

struct QuietPool : PoolWorld {
  QuietPool() : PoolWorld(2) {}

  /// Its nodes use so much, for so long.
  void pass(Duration span, int cpu_milli) {
    for (Duration passed{0}; passed < span; passed += 5min) {
      for (const auto& node : node_names)
        measure(node, cpu_milli, 50);
      executor.run_for(5min);
    }
  }
  [[nodiscard]] std::vector<nlohmann::json> told() {
    auto events = events_about("ResourcePool");
    std::erase_if(events, [](const auto& event) {
      return !std::string(event.at("reason")).starts_with("Usage");
    });
    return events;
  }
};

} // namespace

TEST_CASE("a spike in a pool's use is one event on the pool and counted once") {
  QuietPool world;
  SimulatedAnalyzer analyzer(world, every_step());
  world.pass(26h, 2000);
  CHECK(world.told().empty());
  world.pass(1h, 9000);
  world.pass(3h, 2000);
  const auto told = world.told();
  REQUIRE(told.size() == 1);
  CHECK(told[0].at("reason") == "UsageSpiked");
  CHECK(told[0].at("type") == "Warning");
  CHECK(told[0].at("regarding").at("name") == "p");
  CHECK_FALSE(told[0].contains("series")); // it was not repeated either
  const std::string note = told[0].at("note");
  CAPTURE(note);
  CHECK(note.starts_with("cpu was at "));
  CHECK(note.find(", far above its usual ") != std::string::npos);
  CHECK(analyzer.metrics.anomalies(AnomalyLabel::Spike).value() == 1);
  CHECK(analyzer.metrics.anomalies(AnomalyLabel::Drop).value() == 0);
  CHECK(analyzer.metrics.anomaly_series(telemetry::WatchState::Watched).value() == 2);
}

TEST_CASE("a restart with the history does not tell of the same spike again") {
  const auto file = std::filesystem::temp_directory_path() / "berth-anomaly-history";
  std::filesystem::remove(file);
  QuietPool world;
  AdvisorOptions options = every_step();
  options.history_file = file.string();
  {
    SimulatedAnalyzer analyzer(world, options);
    world.pass(26h, 2000);
    world.pass(30min, 9000);
    REQUIRE(world.told().size() == 1);
  }
  SimulatedAnalyzer analyzer(world, options);
  world.pass(30min, 9000);
  world.pass(3h, 2000);
  CHECK(world.told().size() == 1);
  CHECK(analyzer.metrics.anomalies(AnomalyLabel::Spike).value() == 0);
  std::filesystem::remove(file);
}

TEST_CASE("only who leads tells of a spike") {
  QuietPool world;
  SimulatedAnalyzer analyzer(world, every_step());
  analyzer.leads = false;
  world.pass(26h, 2000);
  world.pass(1h, 9000);
  CHECK(world.told().empty());
  CHECK(analyzer.metrics.anomalies(AnomalyLabel::Spike).value() == 0);
}

} // namespace berth::analyzer
