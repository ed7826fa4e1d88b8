// Who waits for a pool, and that it is not made smaller meanwhile.

#include <catch2/catch.hpp>

#include "lib/api/admission_record.hpp"
#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;
using simulation::Json;

/// The pool "p" is idle, and the quota "team" may use it and then "other".
struct IdlePool : PoolWorld {
  IdlePool() : PoolWorld(10) {
    const auto pool = [](const char* name) {
      const Json nominal = {{"name", "cpu"}, {"nominal", 100}};
      return Json{{"poolRef", {{"name", name}}}, {"resources", Json::array({nominal})}};
    };
    admin.create(simulation::make_object("berth.dev/v1alpha1", "Quota", "", "team")
                     .spec({{"subjects", {{"namespaces", Json::array({"team"})}}},
                            {"pools", Json::array({pool("other"), pool("p")})}}));
  }
  /// As the operator tells: so many workloads wait, and ask for so much of the resource.
  void wait(int workloads, const char* resource = "cpu") {
    const Json row = {{"name", resource}, {"pending", workloads}};
    const Json first = {{"pool", "other"}, {"resources", Json::array({row})}};
    admin.patch("Quota", {"", "team"},
                {{"status",
                  {{"workloads", {{"admitted", 0}, {"pending", workloads}}},
                   {"pools", Json::array({first})}}}},
                "status");
  }
  void idle_for(Duration span) { measure_for(span, 1000, 5); }
  [[nodiscard]] bool is_told_to_shrink() {
    const auto standing = standing_in(*this);
    return standing.size() == 1 && standing[0].spec.kind == RecommendationKind::ShrinkPool;
  }
};

AdvisorOptions with_lease() {
  AdvisorOptions options;
  options.operator_lease = {"berth-system", "berth-operator"};
  return options;
}

simulation::AnyBuilder operator_lease() {
  return simulation::make_object("coordination.k8s.io/v1", "Lease", "berth-system",
                                 "berth-operator")
      .spec({{"holderIdentity", "op-1"}, {"leaseDurationSeconds", 15}});
}

} // namespace

TEST_CASE("a pool for which work waits at the gate is not made smaller until that runs") {
  IdlePool world;
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}}}));
  SimulatedAnalyzer analyzer(world);
  world.idle_for(55min);
  REQUIRE(world.is_told_to_shrink());
  world.wait(3);
  world.idle_for(1min);
  CHECK(world.is_told_to_shrink()); // it may only be on its way
  world.idle_for(3min);
  CHECK(standing_in(world).empty());
  CHECK(valid_of(world.recommendations().at(0)).reason == Reason::PodsPending);
  world.idle_for(1h);
  CHECK(standing_in(world).empty());
  const auto policy =
      api::decode<api::ScalingPolicy>(world.admin.get("ScalingPolicy", {"berth-system", "p"}));
  REQUIRE(policy);
  const auto* advised = api::find_condition(policy->status.conditions, "SizeAdvised");
  REQUIRE(advised != nullptr);
  CHECK(advised->reason == Reason::PodsPending);
  CHECK(advised->message ==
        "Work of quota team waits for the pool: the pool is not made smaller meanwhile");
  world.wait(0);
  world.idle_for(10min);
  CHECK(world.is_told_to_shrink());
}

TEST_CASE("work that is on hold, or waits for what is not on nodes, waits for no pool") {
  IdlePool world;
  const Json licences = {{"name", "licences"}, {"kind", "Virtual"}, {"capacity", 5}};
  world.admin.patch("ResourcePool", {"", "p"},
                    {{"spec", {{"resources", Json::array({licences})}}}});
  SimulatedAnalyzer analyzer(world);
  world.wait(3, "licences");
  world.idle_for(55min);
  CHECK(world.is_told_to_shrink());
  world.wait(3);
  world.admin.patch("Quota", {"", "team"}, {{"spec", {{"stop", "Hold"}}}});
  world.idle_for(10min);
  CHECK(world.is_told_to_shrink());
  world.admin.patch("Quota", {"", "team"}, {{"spec", {{"stop", "None"}}}});
  world.idle_for(5min);
  CHECK_FALSE(world.is_told_to_shrink());
}

TEST_CASE("a pool to which a pod was admitted that has no node yet is not made smaller") {
  IdlePool world;
  world.admin.create(simulation::make_namespace("team"));
  SimulatedAnalyzer analyzer(world);
  world.idle_for(55min);
  REQUIRE(world.is_told_to_shrink());
  allocation::AdmissionRecord record;
  record.decision = allocation::DecisionId{"d-1"};
  record.quota = QuotaName{"team"};
  record.pool = PoolName{"p"};
  world.admin.create(simulation::make_pod("team", "train")
                         .cpu("2")
                         .annotation("berth.dev/admitted", api::encode_admission(record)));
  world.idle_for(4min);
  CHECK(standing_in(world).empty());
  world.admin.remove("Pod", {"team", "train"}, 0);
  world.idle_for(10min);
  CHECK(world.is_told_to_shrink());
}

TEST_CASE("while the operator is dead nobody knows who waits, and no pool is made smaller") {
  IdlePool world;
  world.admin.create(operator_lease());
  SimulatedAnalyzer analyzer(world, with_lease());
  world.idle_for(70min);
  CHECK(world.recommendations().empty());
  for (int minute = 0; minute < 10; ++minute) {
    world.admin.patch("Lease", {"berth-system", "berth-operator"},
                      {{"spec", {{"renewTime", format_time(world.executor.now())}}}});
    world.idle_for(1min);
  }
  CHECK(world.is_told_to_shrink());
}

TEST_CASE("an operator that never had a Lease is not taken for dead, one that lost it is") {
  IdlePool world;
  SimulatedAnalyzer analyzer(world, with_lease());
  world.idle_for(55min);
  CHECK(world.is_told_to_shrink());
  world.admin.create(operator_lease());
  world.idle_for(1min); // seen for the first time: nothing is known of it
  CHECK(world.is_told_to_shrink());
  world.admin.remove("Lease", {"berth-system", "berth-operator"});
  world.idle_for(2min);
  CHECK(standing_in(world).empty());
}

} // namespace berth::analyzer
