#include "analyzer/model/moves/defragment.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using resources::ResourceVector;

/// A cluster of nodes with ten cores each.
struct Cluster {
  Placement placement{};

  /// Of its ten cores so many are held by pods that cannot be moved.
  std::size_t add_node(int fixed_cores) {
    PlacedNode node;
    node.allocatable = {{"cpu", 10'000}};
    node.free = {{"cpu", 10'000 - 1'000 * fixed_cores}};
    placement.nodes.push_back(std::move(node));
    return placement.nodes.size() - 1;
  }
  /// Of a workload of its own.
  std::size_t add_pod(std::size_t node, int cores, std::int64_t cost = 10) {
    PlacedPod pod;
    pod.node = node;
    pod.requests = {{"cpu", 1'000 * cores}};
    pod.cost = cost;
    pod.group = placement.groups.size();
    placement.groups.push_back(1);
    placement.nodes[node].free -= pod.requests;
    placement.pods.push_back(std::move(pod));
    return placement.pods.size() - 1;
  }
  [[nodiscard]] std::optional<DefragmentPlan> plan_for(int cores) const {
    return defragment(placement, ResourceVector{{"cpu", 1'000 * cores}});
  }
};

} // namespace

TEST_CASE("room for a request is made on the node where that costs least") {
  Cluster cluster;
  const auto dear = cluster.add_node(3);
  const auto cheap = cluster.add_node(2);
  cluster.add_node(6);
  cluster.add_pod(dear, 4, 50);
  const auto pod = cluster.add_pod(cheap, 4, 10);
  const auto plan = cluster.plan_for(7);
  REQUIRE(plan);
  CHECK(plan->node == cheap);
  CHECK(plan->moves == std::vector<Move>{{pod, 2}});
  CHECK(plan->cost == 10);
  const ResourceVector wanted{{"cpu", 7'000}};
  CHECK(largest_block(cluster.placement, wanted) == 571); // 4 of 7 cores
  CHECK(largest_block(moved(cluster.placement, plan->moves), wanted) == 1000);
}

TEST_CASE("what fits already, or can never fit, asks for no moves") {
  Cluster cluster;
  const auto node = cluster.add_node(5);
  cluster.add_node(5);
  cluster.add_pod(node, 1);
  CHECK_FALSE(cluster.plan_for(5));  // fits on the second node
  CHECK_FALSE(cluster.plan_for(10)); // only 9 cores are free
  CHECK_FALSE(cluster.plan_for(11)); // no node is so large
}

TEST_CASE("one pod that relieves enough is moved, not several small ones") {
  Cluster cluster;
  const auto node = cluster.add_node(0);
  cluster.add_node(6);
  for (int i = 0; i < 4; ++i)
    cluster.add_pod(node, 1);
  const auto large = cluster.add_pod(node, 4);
  const auto plan = cluster.plan_for(6);
  REQUIRE(plan);
  CHECK(plan->moves == std::vector<Move>{{large, 1}});
}

TEST_CASE("no more pods of a workload are moved than it can spare") {
  Cluster cluster;
  const auto node = cluster.add_node(4);
  cluster.add_node(6);
  const auto first = cluster.add_pod(node, 2);
  const auto second = cluster.add_pod(node, 2);
  REQUIRE(cluster.plan_for(6));
  cluster.placement.pods[second].group = cluster.placement.pods[first].group;
  CHECK_FALSE(cluster.plan_for(6));
}

TEST_CASE("pods go to no node that keeps them off or is cordoned") {
  Cluster cluster;
  const auto node = cluster.add_node(4);
  const auto other = cluster.add_node(6);
  cluster.add_pod(node, 3);
  REQUIRE(cluster.plan_for(6));
  auto tainted = cluster;
  tainted.placement.nodes[other].keeps_off = {"dedicated=a:NoSchedule"};
  CHECK_FALSE(tainted.plan_for(6));
  auto cordoned = cluster;
  cordoned.placement.nodes[other].takes_pods = false;
  CHECK_FALSE(cordoned.plan_for(6));
}

TEST_CASE("a plan with too many moves is none") {
  Cluster cluster;
  const auto node = cluster.add_node(0);
  const auto other = cluster.add_node(0);
  cluster.placement.nodes[node].allocatable = {{"cpu", 20'000}};
  cluster.placement.nodes[node].free = {{"cpu", 20'000}};
  cluster.placement.nodes[other].free = {{"cpu", 11'000}};
  for (std::size_t i = 0; i <= kMovesMax; ++i)
    cluster.add_pod(node, 1);
  REQUIRE(cluster.plan_for(19));
  CHECK(cluster.plan_for(19)->moves.size() == kMovesMax);
  CHECK_FALSE(cluster.plan_for(20));
}

} // namespace berth::analyzer
