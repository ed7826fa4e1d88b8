// What the mode Auto asks of the provider of a pool's nodes, and what it waits for.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/pool_scene.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using Kind = api::RecommendationKind;

/// The number of machines that the plan asks for.
std::optional<std::int32_t> machines_in(const Plan& plan) {
  return plan.pool_change ? std::optional(plan.pool_change->machines->to) : std::nullopt;
}

} // namespace

TEST_CASE("a pool that should grow has its machines asked for, at once and once") {
  PoolScene scene;
  const Plan plan = scene.grow(14);
  REQUIRE(plan.pool_change);
  CHECK(plan.pool_change->nodes == api::PoolStep{10, 14});
  CHECK(plan.pool_change->reason == Reason::PoolGrown);
  CHECK(plan.pool_change->machines->from == 10);
  CHECK(plan.pool_change->machines->to == 14);
  CHECK(plan.pool_change->machines->resource_version == "41");
  const auto& carried = scene.recommendations.begin()->second.status.carried_out;
  REQUIRE(carried);
  CHECK(carried->patch == R"({"spec":{"replicas":14}})");
  CHECK(carried->undo_patch == R"({"spec":{"replicas":10}})");
  CHECK(carried->nodes == api::PoolStep{10, 14});
  CHECK(scene.applied().reason == Reason::NodesPending);
  scene.now += 1min;
  CHECK(scene.grow(14).empty());
}

TEST_CASE("nodes of the pool that are not machines of the group stay out of the count") {
  PoolScene scene;
  scene.other_nodes = 3;
  scene.set_machines(7, 7);
  CHECK(machines_in(scene.grow(14)) == 11);
  scene.follow();
  scene.now += 1h;
  CHECK(machines_in(scene.shrink(12)) == 9);
}

TEST_CASE("a pool is not made larger than maxNodes, counting nodes that take no work") {
  PoolScene scene;
  scene.pool.spec.elastic->max_nodes = 12;
  scene.nodes.resize(11);
  scene.set_machines(11, 11);
  const Plan plan = scene.grow(20);
  CHECK(machines_in(plan) == 12);
  CHECK(plan.pool_change->note.find("maxNodes is 12") != std::string::npos);
  scene.set_machines(12, 12);
  scene.set_nodes(12);
  scene.now += 1h;
  CHECK_FALSE(scene.grow(20).pool_change);
  CHECK(scene.applied().reason == Reason::BoundsReached);
}

TEST_CASE("a pool is not made smaller than minNodes, and never to nothing") {
  PoolScene scene;
  scene.pool.spec.elastic->min_nodes = 8;
  CHECK(machines_in(scene.shrink(5)) == 8);
  scene.follow();
  scene.now += 1h;
  CHECK_FALSE(scene.shrink(5).pool_change);
  CHECK(scene.applied().reason == Reason::BoundsReached);
  PoolScene empty;
  empty.pool.spec.elastic->min_nodes = 0;
  empty.set_charged(0);
  CHECK(machines_in(empty.shrink(0)) == 1);
}

TEST_CASE("the next step waits until the nodes of the last have come, and for the cooldown") {
  PoolScene scene;
  scene.pool.spec.elastic->cooldown = 10min;
  scene.policy.spec.cooldown = 5min;
  scene.grow(14);
  scene.now += 20min;
  CHECK_FALSE(scene.grow(16).pool_change);
  CHECK(scene.applied().reason == Reason::NodesPending);
  PoolScene quick;
  quick.pool.spec.elastic->cooldown = 10min;
  quick.grow(14);
  quick.follow();
  quick.now += 9min;
  CHECK_FALSE(quick.grow(16).pool_change);
  CHECK(quick.applied().reason == Reason::CoolingDown);
  quick.now += 1min;
  CHECK(machines_in(quick.grow(16)) == 16);
}

TEST_CASE("the policy's cooldown holds where it is the longer one") {
  PoolScene scene;
  scene.policy.spec.cooldown = 40min;
  scene.grow(14);
  scene.follow();
  scene.now += 39min;
  CHECK_FALSE(scene.grow(16).pool_change);
  scene.now += 1min;
  CHECK(scene.grow(16).pool_change);
}

TEST_CASE("nodes that do not come in time are said to be missing, and not asked for again") {
  PoolScene scene;
  scene.grow(14);
  for (int hour = 0; hour < 5; ++hour) {
    scene.now += 1h;
    CHECK_FALSE(scene.grow(14).pool_change);
    CHECK(scene.applied().reason == Reason::NodesMissing);
    CHECK(scene.applied().message.find("10 of 14 machines") != std::string::npos);
  }
  CHECK(machines_in(scene.grow(17)) == 17); // only what goes beyond them
  CHECK(scene.machines.asked == 17);
}

TEST_CASE("machines that somebody else asked for are waited for") {
  PoolScene scene;
  scene.set_machines(14, 10);
  CHECK_FALSE(scene.grow(14).pool_change);
  CHECK(scene.applied().reason == Reason::NodesPending);
  CHECK_FALSE(scene.shrink(8).pool_change);
  CHECK(scene.applied().reason == Reason::NodesPending);
}

TEST_CASE("a step that could not be sent is tried again after the cooldown") {
  PoolScene scene;
  CHECK(scene.ask(Kind::GrowPool, 14).pool_change); // and the API server does not take it
  scene.now += 4min;
  CHECK_FALSE(scene.grow(14).pool_change);
  scene.now += 1min;
  CHECK(machines_in(scene.grow(14)) == 14);
}

TEST_CASE("nothing is made smaller while work waits, the operator is dead or nodes take no work") {
  PoolScene waiting;
  waiting.waiting.pods = 1;
  CHECK_FALSE(waiting.shrink(8).pool_change);
  CHECK(waiting.applied().reason == Reason::PodsPending);
  PoolScene dead;
  dead.is_operator_dead = true;
  CHECK_FALSE(dead.shrink(8).pool_change);
  CHECK(dead.applied().reason == Reason::CapacityUnknown);
  PoolScene cordoned;
  cordoned.usage.nodes = 9;
  CHECK_FALSE(cordoned.shrink(8).pool_change);
  CHECK(cordoned.applied().reason == Reason::NodesPending);
}

TEST_CASE("nothing is made smaller while the pool is in a burst, whose room no node has") {
  PoolScene scene;
  scene.pool.status.burst_active = true;
  CHECK_FALSE(scene.shrink(8).pool_change);
  CHECK(scene.applied().reason == Reason::Bursting);
}

TEST_CASE("what is charged and promised still fits on the nodes that stay") {
  PoolScene scene;
  scene.set_charged(85);
  CHECK(machines_in(scene.shrink(5)) == 9);
  PoolScene promised;
  promised.set_charged(60);
  promised.pool.status.resources[0].promised = resources::Amount{35'000};
  CHECK_FALSE(promised.shrink(5).pool_change);
  CHECK(promised.applied().reason == Reason::InsufficientCapacity);
  PoolScene unknown;
  unknown.pool.status.resources[0].allocated.reset();
  CHECK_FALSE(unknown.shrink(5).pool_change);
  CHECK(unknown.applied().reason == Reason::CapacityUnknown);
}

TEST_CASE("what is not on nodes does not keep them") {
  PoolScene scene;
  api::PoolResource licences;
  licences.name = resources::ResourceName{"licences"};
  licences.kind = api::PoolResourceKind::Virtual;
  scene.pool.spec.resources = {licences};
  scene.set_charged(30);
  auto& row = scene.pool.status.resources.emplace_back();
  row.name = resources::ResourceName{"pool.berth.dev/licences"};
  row.allocatable = resources::Amount{10};
  row.allocated = resources::Amount{10};
  CHECK(machines_in(scene.shrink(5)) == 5);
}

TEST_CASE("a pool that was made smaller and had too little then gets its nodes back, once") {
  PoolScene scene;
  scene.shrink(8);
  scene.follow();
  REQUIRE(scene.usage.nodes == 8);
  auto& status = scene.fare(api::OutcomeResult::Unchanged);
  scene.now += 1h + 1min;
  CHECK_FALSE(scene.look().pool_change); // it was good
  status.outcome->result = api::OutcomeResult::Worse;
  const Plan plan = scene.look();
  CHECK(machines_in(plan) == 10);
  CHECK(plan.pool_change->reason == Reason::Undone);
  CHECK(plan.pool_change->note == "From 8 to 10 nodes again: too much of what was left is used");
  CHECK(status.carried_out->undone_at == scene.now);
  scene.policy.status.last_applied_at = scene.now;
  CHECK_FALSE(scene.look().pool_change);
}

TEST_CASE("nodes that could not be given back are asked for again at the next look") {
  PoolScene scene;
  scene.shrink(8);
  scene.follow();
  auto& status = scene.fare(api::OutcomeResult::Worse);
  scene.now += 1h + 1min;
  REQUIRE(scene.look().pool_change);
  scene.now += 1min; // and the policy does not say that it was sent
  CHECK(machines_in(scene.look()) == 10);
  CHECK(status.carried_out->undone_at == scene.now);
}

TEST_CASE("a pool that somebody else changed since, or long ago, gets nothing back") {
  PoolScene scene;
  scene.shrink(8);
  scene.follow();
  scene.fare(api::OutcomeResult::Worse);
  scene.now += 1h + 31min;
  CHECK_FALSE(scene.look().pool_change);
  scene.now -= 30min;
  scene.set_nodes(9);
  CHECK_FALSE(scene.look().pool_change);
}

TEST_CASE("a pool that was made smaller and had too little then is left alone for six hours") {
  PoolScene scene;
  scene.shrink(8);
  scene.follow();
  scene.fare(api::OutcomeResult::Worse);
  scene.now += 6h;
  CHECK_FALSE(scene.shrink(6).pool_change);
  CHECK(scene.applied().reason == Reason::UndoneLately);
  CHECK(scene.grow(12).pool_change);
  scene.follow();
  scene.now += 1h + 1min;
  CHECK(scene.shrink(6).pool_change);
}

TEST_CASE("what somebody else puts back is not changed again for an hour") {
  PoolScene scene;
  scene.grow(14);
  scene.set_machines(10, 10);
  scene.now += 50min;
  CHECK_FALSE(scene.grow(14).pool_change);
  CHECK(scene.applied().reason == Reason::UndoneLately);
  scene.now += 10min;
  CHECK(scene.grow(14).pool_change);
}

TEST_CASE("a group that another autoscaler owns is left to it, and so is one that cannot answer") {
  PoolScene owned;
  owned.machines.owned_by = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size";
  CHECK_FALSE(owned.grow(14).pool_change);
  CHECK(owned.applied().reason == Reason::ScaledByAutoscaler);
  CHECK(owned.applied().message.find(owned.machines.owned_by) != std::string::npos);
  for (bool MachineGroup::* state : {&MachineGroup::is_paused, &MachineGroup::is_deleted}) {
    PoolScene scene;
    scene.machines.*state = true;
    CHECK_FALSE(scene.grow(14).pool_change);
    CHECK(scene.applied().reason == Reason::ProviderUnavailable);
  }
  PoolScene away;
  away.provider =
      provider_of(Result<MachineGroup>(fail(Code::NotFound, "no such MachineDeployment")));
  CHECK_FALSE(away.grow(14).pool_change);
  CHECK(away.applied().message == "no such MachineDeployment");
}

TEST_CASE("a pool without a provider is only advised on, and its recommendation says so") {
  PoolScene scene;
  scene.pool.spec.elastic->provider = api::ElasticProvider::None;
  CHECK_FALSE(scene.grow(14).pool_change);
  CHECK(scene.applied().reason == Reason::ProviderUnavailable);
  scene.pool.spec.elastic.reset();
  CHECK_FALSE(scene.grow(15).pool_change);
  CHECK(scene.applied().message ==
        "Set elastic.provider in ResourcePool p to have this carried out");
}

} // namespace berth::analyzer
