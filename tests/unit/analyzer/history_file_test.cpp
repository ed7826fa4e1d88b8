// What the analyzer knows over a restart, from its history file.

#include <catch2/catch.hpp>

#include <cstdio>
#include <filesystem>

#include "tests/unit/analyzer/simulated_analyzer.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

} // namespace

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

} // namespace berth::analyzer
