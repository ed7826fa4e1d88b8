// When it is advised that pods go on elsewhere so that work that waits finds room, and what becomes
// of that advice.

#include <catch2/catch.hpp>

#include "lib/api/evictions.hpp"
#include "tests/unit/analyzer/moves_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

/// Ten of thirty cores are free, at most four on one node. Only n-1 can be cleared so that six are:
/// by one pod of two cores.
struct Fragmented : MovesWorld {
  Fragmented() : MovesWorld(3) {
    add_bare_pod("fixed-0", 7, "n-0");
    add_bare_pod("fixed-1", 4, "n-1");
    add_bare_pod("fixed-2", 5, "n-2");
    add_deployment("api", 2, {"n-1", "n-2"});
  }
  void pass(Duration span) { measure_for(span, 5000); }
  [[nodiscard]] auto advice() { return standing_of(RecommendationKind::Defragment); }
};

} // namespace

TEST_CASE("work that waits for room that is there in pieces: the cheapest moves are advised") {
  Fragmented world;
  world.add_waiting_pod("big", 6);
  SimulatedAnalyzer analyzer(world);
  world.pass(15min);
  const auto found = world.advice();
  REQUIRE(found.size() == 1);
  const auto& spec = found[0].spec;
  CHECK(spec.target_ref.kind == api::ScalingTargetKind::ResourcePool);
  CHECK(spec.priority == api::RecommendationPriority::High); // a third of the pool lies scattered
  CHECK(spec.confidence_percent == 91);
  CHECK(spec.expected_improvement->what == "largest-block-percent-of-request");
  CHECK(spec.expected_improvement->from == resources::Quantity::of(67)); // four of six cores
  CHECK(spec.expected_improvement->to == resources::Quantity::of(100));
  REQUIRE(spec.evidence);
  CHECK(spec.evidence->metric == "share/largest-block");
  CHECK_FALSE(spec.evidence->forecast.empty());
  const std::vector<api::Eviction> evictions{{{"shop", "api-0"}, world.uid_of("api-0")}};
  CHECK(api::evictions_of(spec.action) == evictions);
  CHECK(valid_of(found[0]).reason == Reason::Fragmented);
  CHECK(valid_of(found[0]).message ==
        "team/big waits for cpu 6; no node has more than 67 % of that free, and n-1 has all of it "
        "once these go on elsewhere: shop/api-0 from n-1 to n-0");
  // Nobody carries it out, and the bottleneck behind it is not advised on twice.
  CHECK(analyzer.writes("eviction") == 0);
  CHECK(world.standing_of(RecommendationKind::ResolveBottleneck).empty());
}

TEST_CASE("the advice stands as it is while it holds, and pods come and go elsewhere") {
  Fragmented world;
  world.add_waiting_pod("big", 6);
  SimulatedAnalyzer analyzer(world);
  world.pass(15min);
  const std::string patch = world.only_one(RecommendationKind::Defragment).spec.action.patch;
  world.add_bare_pod("more", 1, "n-0"); // two are still free there
  world.pass(20min);
  const auto found = world.only_one(RecommendationKind::Defragment);
  CHECK(found.spec.action.patch == patch);
  CHECK(valid_of(found).status == api::ConditionStatus::True);
}

TEST_CASE("once the pods are elsewhere the advice is applied, and after its hour it is verified") {
  Fragmented world;
  world.add_waiting_pod("big", 6);
  SimulatedAnalyzer analyzer(world);
  world.pass(20min); // by then it was renewed, with a forecast of the next hour
  REQUIRE(world.advice().size() == 1);
  world.admin.remove("Pod", {"shop", "api-0"}, 0);
  world.add_replica("api", "api-2", 2, "n-0");
  world.admin.remove("Pod", {"team", "big"}, 0); // it runs
  world.tell_waiting(0);
  world.pass(3min);
  auto one = world.only_one(RecommendationKind::Defragment);
  CHECK(valid_of(one).reason == Reason::Applied);
  CHECK(api::is_true(one.status.conditions, "Applied"));
  world.pass(70min);
  one = world.only_one(RecommendationKind::Defragment);
  REQUIRE(one.status.outcome);
  CHECK(one.status.outcome->result == api::OutcomeResult::Improved);
  CHECK(one.status.outcome->after == resources::Quantity::of(100));
}

TEST_CASE("advice to defragment ends when nothing waits any more, and is not given before") {
  Fragmented world;
  SimulatedAnalyzer analyzer(world);
  world.pass(15min);
  CHECK(world.advice().empty());
  world.add_waiting_pod("big", 6);
  world.pass(15min);
  REQUIRE(world.advice().size() == 1);
  world.admin.remove("Pod", {"team", "big"}, 0);
  world.tell_waiting(0);
  world.pass(3min);
  CHECK(valid_of(world.only_one(RecommendationKind::Defragment)).reason == Reason::Resolved);
}

TEST_CASE("pods that nobody can spare are not moved") {
  Fragmented world;
  const auto spoil = GENERATE(0, 1, 2, 3);
  CAPTURE(spoil);
  if (spoil == 0) // the only replica
    world.admin.patch("Deployment", {"shop", "api"}, {{"spec", {{"replicas", 1}}}});
  if (spoil == 1) // one is missing already
    world.admin.patch("Deployment", {"shop", "api"}, {{"spec", {{"replicas", 3}}}});
  if (spoil == 2) // it may be anywhere but on a node that is for others
    world.admin.patch(
        "Node", {"", "n-0"},
        {{"spec", {{"taints", Json::array({{{"key", "team"}, {"effect", "NoSchedule"}}})}}}});
  if (spoil == 3)
    world.admin.patch("Pod", {"shop", "api-0"},
                      {{"metadata", {{"labels", {{"berth.dev/preemptible", "false"}}}}}});
  world.add_waiting_pod("big", 6);
  SimulatedAnalyzer analyzer(world);
  world.pass(15min);
  if (spoil == 2) { // n-2 is left, with three cores
    REQUIRE(world.advice().size() == 1);
    CHECK(valid_of(world.advice()[0]).message.ends_with("shop/api-0 from n-1 to n-2"));
  } else {
    CHECK(world.advice().empty());
  }
}

TEST_CASE("a policy that does not let the pool be advised on has nothing moved") {
  Fragmented world;
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}}, {"mode", "Off"}}));
  world.add_waiting_pod("big", 6);
  SimulatedAnalyzer analyzer(world);
  world.pass(15min);
  CHECK(world.recommendations().empty());
}

} // namespace berth::analyzer
