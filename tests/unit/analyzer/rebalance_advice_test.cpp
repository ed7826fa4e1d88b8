// When it is advised that pods leave the busiest node of a pool that spreads its work.

#include <catch2/catch.hpp>

#include "lib/api/evictions.hpp"
#include "tests/unit/analyzer/moves_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

/// The busy node uses seven of its ten cores, the others one each.
struct Unbalanced : BusyNodeWorld {
  Unbalanced() { set_strategy("WorstFit"); }
  void pass(Duration span, int busy_milli = 7000) { BusyNodeWorld::pass(span, busy_milli); }
  [[nodiscard]] auto advice() { return standing_of(RecommendationKind::Rebalance); }
};

} // namespace

TEST_CASE("the busiest node of a pool that spreads is advised to give pods to the idle ones") {
  Unbalanced world;
  SimulatedAnalyzer analyzer(world);
  world.pass(75min);
  const auto found = world.advice();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.expected_improvement->what == "cpu-busiest-node-percent");
  CHECK(spec.expected_improvement->from == resources::Quantity::of(70));
  CHECK(spec.expected_improvement->to == resources::Quantity::of(40));
  CHECK(spec.evidence->metric == "share/busiest-node/cpu");
  const std::vector<api::Eviction> evictions{{{"shop", "web-0"}, world.uid_of("web-0")}};
  CHECK(api::evictions_of(spec.action) == evictions);
  CHECK(valid_of(found[0]).reason == Reason::Unbalanced);
}

TEST_CASE("a pool that packs its work is not told to spread it") {
  Unbalanced world;
  const std::string strategy = GENERATE(as<std::string>{}, "BestFit", "FragmentationAware");
  world.set_strategy(strategy.c_str());
  SimulatedAnalyzer analyzer(world);
  world.pass(75min);
  CHECK(world.advice().empty());
}

TEST_CASE("one busy quarter of an hour is no imbalance") {
  Unbalanced world;
  SimulatedAnalyzer analyzer(world);
  world.pass(60min, 1000);
  world.pass(15min);
  CHECK(world.advice().empty());
}

TEST_CASE("karpenter-provider-aws #7146: load that comes and goes for half a day moves nobody") {
  Unbalanced world;
  SimulatedAnalyzer analyzer(world);
  for (int hour = 0; hour < 14; ++hour) {
    world.pass(20min, 7000);
    world.pass(40min, 1000);
    CHECK(world.advice().empty());
  }
}

TEST_CASE("advice to rebalance ends once use is even, and is verified by the busiest node") {
  Unbalanced world;
  SimulatedAnalyzer analyzer(world);
  world.pass(50min);
  REQUIRE(world.advice().size() == 1);
  world.admin.remove("Pod", {"shop", "web-0"}, 0);
  world.add_replica("web", "web-2", 1, "n-3");
  world.pass(3min, 4000);
  auto one = world.only_one(RecommendationKind::Rebalance);
  CHECK(valid_of(one).reason == Reason::Applied);
  world.pass(70min, 4000);
  one = world.only_one(RecommendationKind::Rebalance);
  REQUIRE(one.status.outcome);
  CHECK(one.status.outcome->result == api::OutcomeResult::Improved);
  CHECK(one.status.outcome->after == resources::Quantity::of(40));
}

} // namespace berth::analyzer
