// When a bottleneck of a pool is advised on, and that no other kind of recommendation stands for
// the same.

#include <catch2/catch.hpp>

#include "lib/api/evictions.hpp"
#include "tests/unit/analyzer/moves_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

/// Two of twenty cores are free, and six are waited for.
struct FullPool : MovesWorld {
  FullPool() : MovesWorld(2) {
    add_bare_pod("fixed-0", 9, "n-0");
    add_bare_pod("fixed-1", 9, "n-1");
    add_waiting_pod("big", 6);
  }
  [[nodiscard]] auto advice() { return standing_of(RecommendationKind::ResolveBottleneck); }
};

/// The busy node is used up.
struct Contended : BusyNodeWorld {
  void pass(Duration span, int busy_milli = 9500) { BusyNodeWorld::pass(span, busy_milli); }
  [[nodiscard]] auto advice() { return standing_of(RecommendationKind::ResolveBottleneck); }
};

} // namespace

TEST_CASE("work that waits for more than is free asks for the nodes that hold it") {
  FullPool world;
  SimulatedAnalyzer analyzer(world);
  world.measure_for(15min, 5000);
  const auto found = world.advice();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.priority == api::RecommendationPriority::Medium); // a fifth of the pool
  CHECK(spec.expected_improvement->what == "cpu-capacity-percent");
  CHECK(spec.expected_improvement->from == resources::Quantity::of(20));
  CHECK(spec.expected_improvement->to == resources::Quantity::of(0));
  CHECK(spec.evidence->metric == "share/capacity/cpu");
  CHECK(spec.action.patch == R"({"spec":{"elastic":{"maxNodes":3,"minNodes":3}}})");
  CHECK(valid_of(found[0]).reason == Reason::WorkHeldBack);
  CHECK(valid_of(found[0]).message ==
        "work waits for more than is free, by cpu 4; 3 nodes would do");

  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(spec.action.patch));
  world.measure_for(10min, 5000); // they are on their way: nothing is said again
  CHECK(world.advice().empty());
  CHECK(valid_of(world.only_one(RecommendationKind::ResolveBottleneck)).reason == Reason::Applied);
}

TEST_CASE("a pool that is told to grow is not told the same as a bottleneck") {
  FullPool world;
  SimulatedAnalyzer analyzer(world);
  world.measure_for(20min, 9000);
  CHECK(world.standing_of(RecommendationKind::GrowPool).size() == 1);
  CHECK(world.advice().empty());
}

TEST_CASE("room in pieces that no move puts together asks for one node more") {
  MovesWorld world(2);
  world.add_bare_pod("fixed-0", 6, "n-0");
  world.add_bare_pod("fixed-1", 6, "n-1");
  world.add_waiting_pod("big", 6);
  SimulatedAnalyzer analyzer(world);
  world.measure_for(15min, 5000);
  CHECK(world.standing_of(RecommendationKind::Defragment).empty());
  const auto found = world.standing_of(RecommendationKind::ResolveBottleneck);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.expected_improvement->what == "cpu-fragmentation-percent");
  CHECK(found[0].spec.action.patch == R"({"spec":{"elastic":{"maxNodes":3,"minNodes":3}}})");
}

TEST_CASE("a node that its pods use up gives some of them to nodes with room") {
  Contended world;
  SimulatedAnalyzer analyzer(world);
  world.pass(15min);
  const auto found = world.advice();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.priority == api::RecommendationPriority::High); // a quarter of the pool
  CHECK(spec.expected_improvement->what == "cpu-contention-percent");
  CHECK(spec.expected_improvement->from == resources::Quantity::of(25));
  CHECK(spec.expected_improvement->to == resources::Quantity::of(0));
  const std::vector<api::Eviction> evictions{{{"shop", "web-0"}, world.uid_of("web-0")}};
  CHECK(api::evictions_of(spec.action) == evictions);
  world.pass(5min, 6500);
  CHECK(world.advice().empty());
}

TEST_CASE("what is told to be rebalanced is not told the same as a bottleneck") {
  Contended world;
  world.set_strategy("LoadAware");
  SimulatedAnalyzer analyzer(world);
  world.pass(75min);
  CHECK(world.standing_of(RecommendationKind::Rebalance).size() == 1);
  CHECK(world.advice().empty());
}

TEST_CASE("a node without samples is neither idle nor used up") {
  Contended world;
  SimulatedAnalyzer analyzer(world);
  world.executor.run_for(20min);
  CHECK(world.recommendations().empty());
}

} // namespace berth::analyzer
