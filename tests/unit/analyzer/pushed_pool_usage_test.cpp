// What is said of the disk of nodes, and of what a pool has and no node does.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;
using resources::Amount;
using resources::ResourceName;
using simulation::Json;

/// What the pool says is used of a resource.
std::optional<Amount> used(AnalyzerWorld& world, const ResourceName& resource) {
  for (const auto& row : world.pool().status.resources)
    if (row.name == resource)
      return row.used;
  return std::nullopt;
}

} // namespace

TEST_CASE("the disk of nodes is known where somebody says it, and of those nodes alone") {
  PoolWorld world(3);
  for (const auto& node : world.node_names)
    world.admin.patch("Node", {"", node},
                      {{"status", {{"allocatable", {{"ephemeral-storage", "100Gi"}}}}}}, "status");
  SimulatedAnalyzer analyzer(world);
  world.measure_for(2min, 4000);
  CHECK_FALSE(used(world, ResourceName::ephemeral_storage()));
  world.push_usage("Node", {"", "n-0"}, {{"ephemeral-storage", "90Gi"}, {"cpu", "1"}});
  world.push_usage("Node", {"", "n-1"}, {{"ephemeral-storage", "40Gi"}});
  world.measure_for(2min, 4000);
  for (const auto& row : world.pool().status.resources)
    if (row.name == ResourceName::ephemeral_storage()) {
      CHECK(row.used == Amount{std::int64_t{130} << 30U});
      CHECK(row.measured_capacity == Amount{std::int64_t{200} << 30U});
    }
  CHECK(used(world, ResourceName::ephemeral_storage()));
  CHECK(used_cpu(world) == Amount{12'000}); // the metrics API says that
  world.measure_for(10min, 4000);
  CHECK_FALSE(used(world, ResourceName::ephemeral_storage())); // and nobody says it any more
}

TEST_CASE("disk that fills up asks for more nodes by thresholds of its own") {
  PoolWorld world(3);
  SimulatedAnalyzer analyzer(world);
  for (const auto& node : world.node_names)
    world.admin.patch("Node", {"", node},
                      {{"status", {{"allocatable", {{"ephemeral-storage", "100Gi"}}}}}}, "status");
  for (int minute = 0; minute < 15; ++minute) {
    for (const auto& node : world.node_names)
      world.push_usage("Node", {"", node}, {{"ephemeral-storage", "92Gi"}});
    world.measure_for(1min, 4000);
  }
  const auto found = standing_in(world);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::GrowPool);
  CHECK(valid_of(found[0]).message.starts_with("ephemeral-storage is at 92 % of 3 nodes"));
}

TEST_CASE("what a pool has and no node does is used as the pool itself is told") {
  AnalyzerWorld world;
  world.admin.create(simulation::make_object("berth.dev/v1alpha1", "ResourcePool", "", "p")
                         .spec({{"resources", Json::array({{{"name", "connections"},
                                                            {"kind", "Virtual"},
                                                            {"capacity", "100"}}})}}));
  SimulatedAnalyzer analyzer(world);
  world.push_usage("ResourcePool", {"", "p"}, {{"connections", 37}, {"unheard-of", 1}});
  world.executor.run_for(2min);
  const ResourceName connections("pool.berth.dev/connections");
  CHECK(used(world, connections) == Amount{37});
  CHECK_FALSE(used(world, ResourceName{"pool.berth.dev/unheard-of"}));
  world.executor.run_for(10min);
  CHECK_FALSE(used(world, connections));
}

} // namespace berth::analyzer
