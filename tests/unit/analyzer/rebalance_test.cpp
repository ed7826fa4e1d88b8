#include "analyzer/model/moves/rebalance.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;

/// A cluster of nodes with ten cores each, whose pods ask for one core.
struct Cluster {
  Placement placement{};

  std::size_t add_node() {
    PlacedNode node;
    node.allocatable = {{"cpu", 10'000}};
    node.free = {{"cpu", 10'000}};
    placement.nodes.push_back(std::move(node));
    return placement.nodes.size() - 1;
  }
  std::size_t add_pod(std::size_t node, int used_milli, std::int64_t cost = 10) {
    PlacedPod pod;
    pod.node = node;
    pod.requests = {{"cpu", 1'000}};
    pod.used = Amount{used_milli};
    pod.cost = cost;
    pod.group = placement.groups.size();
    placement.groups.push_back(1);
    placement.nodes[node].free -= pod.requests;
    placement.nodes[node].used += pod.used;
    placement.pods.push_back(std::move(pod));
    return placement.pods.size() - 1;
  }
  [[nodiscard]] std::optional<RebalancePlan> plan(RebalanceOptions options = {}) const {
    return rebalance(placement, ResourceName::cpu(), options);
  }
};

} // namespace

TEST_CASE("the busiest node gives pods to the one that is used least") {
  Cluster cluster;
  const auto busy = cluster.add_node();
  const auto quiet = cluster.add_node();
  const auto idle = cluster.add_node();
  cluster.add_pod(busy, 3'000);
  cluster.add_pod(busy, 3'000);
  cluster.add_pod(busy, 3'000);
  cluster.add_pod(quiet, 2'000);
  const auto plan = cluster.plan();
  REQUIRE(plan);
  CHECK(plan->before == 900);
  CHECK(plan->after == 500);
  REQUIRE(plan->moves.size() == 2);
  CHECK(plan->moves[0] == Move{0, idle});
  CHECK(plan->moves[1] == Move{1, quiet}); // 5 cores there, 3 on each other one
}

TEST_CASE("of pods that bring the same the cheapest is moved") {
  Cluster cluster;
  const auto busy = cluster.add_node();
  cluster.add_node();
  cluster.add_pod(busy, 4'000, 30);
  const auto cheap = cluster.add_pod(busy, 4'000, 10);
  const auto plan = cluster.plan();
  REQUIRE(plan);
  REQUIRE(plan->moves.size() == 1);
  CHECK(plan->moves[0].pod == cheap);
}

TEST_CASE("nodes that are little used, or nearly even, are left alone") {
  Cluster little;
  const auto node = little.add_node();
  little.add_node();
  little.add_pod(node, 2'000);
  little.add_pod(node, 2'000);
  CHECK_FALSE(little.plan());
  Cluster even;
  const auto one = even.add_node();
  const auto other = even.add_node();
  for (int i = 0; i < 4; ++i) {
    even.add_pod(one, 2'000);
    even.add_pod(other, 1'800);
  }
  CHECK_FALSE(even.plan());
}

TEST_CASE("one pod that is busy by itself would be as busy anywhere else") {
  Cluster cluster;
  const auto node = cluster.add_node();
  cluster.add_node();
  cluster.add_pod(node, 9'000);
  CHECK_FALSE(cluster.plan());
}

TEST_CASE("what is not measured of a pod moves nothing") {
  Cluster cluster;
  const auto node = cluster.add_node();
  cluster.add_node();
  cluster.add_pod(node, 0);
  cluster.placement.nodes[node].used = Amount{9'000};
  CHECK_FALSE(cluster.plan());
}

TEST_CASE("a pod goes to no node that has no room for what it asks for") {
  Cluster cluster;
  const auto busy = cluster.add_node();
  const auto full = cluster.add_node();
  cluster.add_pod(busy, 4'000);
  cluster.add_pod(busy, 4'000);
  CHECK(cluster.plan());
  cluster.placement.nodes[full].free = {{"cpu", 500}};
  CHECK_FALSE(cluster.plan());
}

} // namespace berth::analyzer
