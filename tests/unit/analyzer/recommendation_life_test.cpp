// The life of a recommendation: renewed, superseded, resolved, expired, removed; over restarts too.

#include <catch2/catch.hpp>

#include "analyzer/advise/target.hpp"
#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;
using api::RecommendationKind;
using simulation::make_object;

} // namespace

TEST_CASE("a recommendation that holds is renewed at half its time, and is otherwise left alone") {
  WatchedPool world(10);
  world.measure_for(15min, 9000);
  REQUIRE(standing_in(world).size() == 1);
  const auto first = standing_in(world)[0];
  const std::size_t before = world.analyzer.writes("/scalingrecommendations");
  world.measure_for(1h, 9000);
  const auto later = standing_in(world);
  REQUIRE(later.size() == 1);
  CHECK(later[0].meta.uid == first.meta.uid);
  CHECK(later[0].spec.expires_at > world.executor.now());
  CHECK(later[0].spec.action == first.spec.action);
  // Every 8 minutes the spec; the status only if its words change.
  CHECK(world.analyzer.writes("/scalingrecommendations") - before <= 2 * 8);
  CHECK(world.analyzer.writes("/scalingrecommendations") - before >= 6);
}

TEST_CASE("a finding that is gone is resolved, and removed after a day") {
  WatchedPool world(10);
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
  WatchedPool world(10);
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
  WatchedPool world(10);
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
  WatchedPool world(10);
  world.measure_for(12min, 9000);
  REQUIRE(world.recommendations().size() == 1);
  const auto name = world.recommendations()[0].meta.name;
  world.admin.patch("ScalingRecommendation", {"berth-system", name},
                    {{"status", {{"conditions", nullptr}}}}, "status");
  REQUIRE(world.recommendations()[0].status.conditions.empty());
  world.measure_for(2min, 9000);
  CHECK(standing_in(world).size() == 1);
}

TEST_CASE("a replica that does not lead measures and writes nothing, and takes over warm") {
  WatchedPool world(10);
  world.analyzer.leads = false;
  world.executor.run_for(10s);
  const std::size_t before = world.analyzer.writes();
  world.measure_for(20min, 9000);
  CHECK(world.analyzer.writes() == before);
  CHECK(world.recommendations().empty());
  world.analyzer.leads = true;
  world.measure_for(1min, 9000);
  CHECK(standing_in(world).size() == 1);
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
