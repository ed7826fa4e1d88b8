// What is read of a NodePool, and how its limits follow the number of nodes.

#include "analyzer/sources/node_pool.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "analyzer/advise/pool_limits.hpp"
#include "tests/unit/analyzer/pool_scene.hpp"

namespace berth::analyzer {
namespace {

using nlohmann::json;
using resources::Amount;
using resources::ResourceName;
using Kind = api::RecommendationKind;

constexpr std::int64_t kGi = std::int64_t{1} << 30U;

/// With these limits; ten nodes of 10 cores and 100 Gi each.
json object(const json& limits) {
  return {{"apiVersion", "karpenter.sh/v1"},
          {"kind", "NodePool"},
          {"metadata", {{"name", "workers"}, {"uid", "np-uid"}}},
          {"spec", {{"limits", limits}}},
          {"status",
           {{"resources", {{"cpu", "100"}, {"memory", "1000Gi"}, {"nodes", "10"}, {"pods", 9}}}}}};
}

NodePool read(const json& given) {
  const auto pool = decode_node_pool(given.dump());
  REQUIRE(pool);
  return *pool;
}

LimitsChange limits(const json& set, std::int32_t from, std::int32_t to) {
  return limits_for(read(object(set)), {from, to}, PoolUsage{});
}

/// The pool "p" of ten nodes, by a NodePool with these limits.
struct NodePoolScene : PoolScene {
  explicit NodePoolScene(const json& limits) {
    pool.spec.elastic->provider = api::ElasticProvider::Karpenter;
    provider = provider_of(read(object(limits)));
  }
};

} // namespace

TEST_CASE("a NodePool says what limits it, what its nodes have and how many they are") {
  const auto pool = read(object({{"cpu", 120}, {"memory", "1200Gi"}, {"nvidia.com/gpu", "8"}}));
  CHECK(pool.version == "v1");
  CHECK(pool.name == "workers");
  CHECK(pool.uid == "np-uid");
  REQUIRE(pool.limits.size() == 2);
  CHECK(pool.limits[0] == NodePoolLimit{ResourceName::cpu(), Amount{120'000}, "120"});
  CHECK(pool.limits[1] == NodePoolLimit{ResourceName::memory(), Amount{1200 * kGi}, "\"1200Gi\""});
  CHECK(pool.in_use.get(ResourceName::cpu()) == Amount{100'000});
  CHECK(pool.nodes == 10);
  CHECK(provider_of(pool).reason == Reason::Ready);
}

TEST_CASE("a NodePool whose limits say nothing is left as it is") {
  json none = object(json::object());
  CHECK(provider_of(read(none)).reason == Reason::ProviderUnavailable);
  none["spec"].erase("limits");
  CHECK(provider_of(read(none)).reason == Reason::ProviderUnavailable);
  json fixed = object({{"cpu", "120"}});
  fixed["spec"]["replicas"] = 3;
  CHECK(provider_of(read(fixed)).message.find("fixed number") != std::string::npos);
  json ending = object({{"cpu", "120"}});
  ending["metadata"]["deletionTimestamp"] = "2026-03-02T00:00:00Z";
  CHECK(provider_of(read(ending)).reason == Reason::ProviderUnavailable);
}

TEST_CASE("a NodePool that cannot be read is refused with the field that is wrong") {
  for (const auto& [limits, field] :
       {std::pair{json{{"cpu", "many"}}, "cpu"}, std::pair{json{{"memory", "-1Gi"}}, "memory"},
        std::pair{json{{"cpu", json::array()}}, "cpu"}, std::pair{json::array({1}), "limits"}}) {
    const auto pool = decode_node_pool(object(limits).dump());
    REQUIRE_FALSE(pool);
    CHECK(pool.error().code == Code::Invalid);
    CHECK(pool.error().message.find(field) != std::string::npos);
  }
  for (const char* text : {"", "[]", "{}", R"({"metadata":{"name":"a"}})"})
    CHECK_FALSE(decode_node_pool(text));
}

TEST_CASE(
    "limits are raised for the nodes that are to come, and only those that do not allow them") {
  const auto change = limits({{"cpu", "120"}, {"memory", "9000Gi"}}, 10, 14);
  REQUIRE(change.limits.size() == 1);
  CHECK(change.limits[0] == LimitChange{"cpu", "\"120\"", "\"140\""});
  CHECK(limits({{"cpu", "140"}}, 10, 14).limits.empty());
}

TEST_CASE("limits are lowered to what is in use and one node more") {
  const auto change = limits({{"cpu", 200}, {"memory", "1050Gi"}}, 10, 8);
  REQUIRE(change.limits.size() == 1);
  CHECK(change.limits[0] == LimitChange{"cpu", "200", "\"110\""});
}

TEST_CASE("a NodePool without nodes is reckoned with the nodes that the pool has") {
  json empty = object({{"cpu", "0"}});
  empty["status"].erase("resources");
  PoolUsage usage;
  usage.nodes = 2;
  usage.capacity.set(ResourceName::cpu(), Amount{16'000});
  const auto change = limits_for(read(empty), {2, 5}, usage);
  REQUIRE(change.limits.size() == 1);
  CHECK(change.limits[0].to == "\"24\"");
}

TEST_CASE("the patch demands the old limits and that very object, and its opposite undoes it") {
  const auto change = limits({{"cpu", 120}}, 10, 14);
  CHECK(limits_patch(change) == R"([{"op":"test","path":"/metadata/uid","value":"np-uid"},)"
                                R"({"op":"test","path":"/spec/limits/cpu","value":120},)"
                                R"({"op":"replace","path":"/spec/limits/cpu","value":"140"}])");
  const json before = object({{"cpu", 120}});
  const json after = before.patch(json::parse(limits_patch(change)));
  CHECK(after["spec"]["limits"]["cpu"] == "140");
  CHECK(after.patch(json::parse(undo_limits_patch(change))) == before);
}

TEST_CASE("a pool grows by the limits of its NodePool, and says when Karpenter waits for pods") {
  NodePoolScene scene(json{{"cpu", "100"}});
  const Plan plan = scene.ask(Kind::GrowPool, 14);
  REQUIRE(plan.pool_change);
  REQUIRE(plan.pool_change->limits);
  CHECK(plan.pool_change->limits->limits.at(0).to == "\"140\"");
  const auto& carried = scene.recommendations.begin()->second.status.carried_out;
  CHECK(carried->patch == limits_patch(*plan.pool_change->limits));
  CHECK(carried->undo_patch == undo_limits_patch(*plan.pool_change->limits));
  NodePoolScene allowed(json{{"cpu", "140"}});
  CHECK_FALSE(allowed.ask(Kind::GrowPool, 14).pool_change);
  CHECK(allowed.applied().reason == Reason::NodesPending);
}

TEST_CASE("a pool shrinks by the limits of its NodePool, until they are close to what it has") {
  NodePoolScene scene(json{{"cpu", "150"}});
  const Plan plan = scene.ask(Kind::ShrinkPool, 8);
  REQUIRE(plan.pool_change);
  CHECK(plan.pool_change->limits->limits.at(0).to == "\"110\"");
  NodePoolScene close(json{{"cpu", "110"}});
  CHECK_FALSE(close.ask(Kind::ShrinkPool, 8).pool_change);
  CHECK(close.applied().reason == Reason::BoundsReached);
}

TEST_CASE("no limit is ever set below what is in use, nor moved against the step") {
  CHECK(rc::check([] {
    NodePool pool;
    pool.nodes = *rc::gen::inRange(0, 50);
    for (const auto& name : {ResourceName::cpu(), ResourceName::memory()}) {
      pool.in_use.set(name, Amount{*rc::gen::inRange<std::int64_t>(0, 1'000'000)});
      const Amount limit{*rc::gen::inRange<std::int64_t>(0, 2'000'000)};
      pool.limits.push_back({name, limit, "1"});
    }
    PoolUsage usage;
    usage.nodes = *rc::gen::inRange(0, 50);
    usage.capacity.set(ResourceName::cpu(), Amount{*rc::gen::inRange(0, 1'000'000)});
    const api::PoolStep step{*rc::gen::inRange(0, 60), *rc::gen::inRange(0, 60)};
    for (const auto& change : limits_for(pool, step, usage).limits) {
      const ResourceName name{change.resource};
      const auto text = json::parse(change.to).get<std::string>();
      const Amount to = amount_of(name, resources::Quantity::parse(text).value());
      const Amount from =
          name == ResourceName::cpu() ? pool.limits[0].amount : pool.limits[1].amount;
      RC_ASSERT(to >= pool.in_use.get(name));
      RC_ASSERT((to > from) == (step.to > step.from));
    }
  }));
}

} // namespace berth::analyzer
