#include <catch2/catch.hpp>

#include "lib/allocation/placement.hpp"
#include "lib/base/name_hash.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

/// n1 has 4 of 8 cores left, n2 all 8, n3 is cordoned, n4 tainted, m1 in another pool.
World five_nodes() {
  World world;
  NodeView cordoned = node("n3", 8);
  cordoned.unschedulable = true;
  NodeView tainted = node("n4", 8);
  tainted.taints = {{"dedicated", "gpu", TaintEffect::NoSchedule}};
  NodeView other = node("m1", 8);
  other.labels.set("pool", "q");
  world.add_all(pool("p"), pool("q"), node("n1", 8), node("n2", 8), cordoned, tainted, other,
                quota("a").of("team-a").pool("p").cpu(100),
                pod("there").unmanaged().bound("n1").cpu(4));
  return world;
}

PlacementQuery query(const PodView& pod) {
  PlacementQuery query;
  query.shape = pod.shape;
  query.pool = PoolName{"p"};
  return query;
}

Rejection rejection(World& world, const char* node, const PlacementQuery& query) {
  const auto found = check(*world.snapshot(), NodeName{node}, query);
  REQUIRE(found.has_value());
  return *found;
}

std::vector<NodeIndex> indexes(const ClusterSnapshot& snapshot,
                               const std::vector<std::string_view>& names) {
  std::vector<NodeIndex> found;
  for (const std::string_view name : names)
    found.push_back(snapshot.nodes->find(name).value_or(kNoNode));
  return found;
}

struct Choice {
  std::vector<std::string> chosen;
  std::vector<NodeVerdict> verdicts;
};

Choice choose(const ClusterSnapshot& snapshot, const PlacementQuery& query,
              const std::vector<std::string_view>& candidates, std::size_t nodes_max) {
  PlacementScratch scratch;
  const NodeChoice choice =
      choose_nodes(snapshot, query, indexes(snapshot, candidates), nodes_max, scratch);
  Choice result;
  for (const std::uint32_t position : choice.chosen)
    result.chosen.emplace_back(candidates[position]);
  result.verdicts.assign(choice.verdicts.begin(), choice.verdicts.end());
  return result;
}

} // namespace

TEST_CASE(
    "N1, N3: each hard constraint rejects with its reason, and says whether preemption helps") {
  World world = five_nodes();
  const PlacementQuery five = query(pod("x").cpu(5));
  CHECK(rejection(world, "ghost", five) ==
        Rejection{NodeName{"ghost"}, Reason::NodeUnknown, "", false});
  CHECK(rejection(world, "m1", five) ==
        Rejection{NodeName{"m1"}, Reason::NodeNotInPool, "pool q", false});
  CHECK(rejection(world, "n3", five) ==
        Rejection{NodeName{"n3"}, Reason::NodeNotReady, "cordoned", false});
  CHECK(rejection(world, "n4", five) ==
        Rejection{NodeName{"n4"}, Reason::NodeTainted, "taint dedicated=gpu", false});
  CHECK(rejection(world, "n1", five) ==
        Rejection{NodeName{"n1"}, Reason::InsufficientNodeResources, "cpu", true});
  CHECK(rejection(world, "n2", query(pod("x").cpu(9))) ==
        Rejection{NodeName{"n2"}, Reason::InsufficientNodeResources, "cpu", false});
  CHECK(rejection(world, "n2", query(pod("x").asks("nvidia.com/gpu", 1))) ==
        Rejection{NodeName{"n2"}, Reason::InsufficientNodeResources, "nvidia.com/gpu", false});
  CHECK(rejection(world, "n2", query(pod("x").selects("zone", "eu"))) ==
        Rejection{NodeName{"n2"}, Reason::NodeSelectorMismatch, "", false});
  CHECK_FALSE(check(*world.snapshot(), NodeName{"n2"}, five));
  CHECK(to_string(rejection(world, "n1", five)) == "InsufficientNodeResources (cpu)");
}

TEST_CASE("N1: selectors, affinity by name and tolerations open nodes as kube-scheduler does") {
  World world = five_nodes();
  const auto snapshot = world.snapshot();
  const auto fits = [&](const char* node, const PodView& pod) {
    return !check(*snapshot, NodeName{node}, query(pod)).has_value();
  };
  CHECK(fits("n4", pod("x").tolerates({"dedicated", Toleration::Operator::Equal, "gpu", {}})));
  CHECK(fits("n2", pod("x").selects("kubernetes.io/hostname", "n2")));
  const auto named = [](const char* name) {
    return NodeSelectorTerm{{}, {{"metadata.name", SelectorOperator::In, {name}}}};
  };
  CHECK(fits("n2", pod("x").affinity({named("n1"), named("n2")})));
  CHECK_FALSE(fits("n2", pod("x").affinity({named("n1")})));
}

TEST_CASE("N1: the pod count of a node is a limit like any other") {
  World world = five_nodes();
  NodeView small = node("n2", 8);
  small.allocatable.set(ResourceName::pods(), Amount{1});
  world.add_all(small, pod("one").unmanaged().bound("n2"));
  CHECK(rejection(world, "n2", query(pod("x"))).detail == "pods");
}

TEST_CASE("N3: the best nodes are chosen and every other candidate has a verdict") {
  World world = five_nodes();
  PlacementQuery best = query(pod("x").cpu(2));
  const auto choice = choose(*world.snapshot(), best, {"n2", "ghost", "n4", "n1", "m1", "n3"}, 1);
  CHECK(choice.chosen == std::vector<std::string>{"n1"}); // BestFit: the fuller one
  REQUIRE(choice.verdicts.size() == 6);
  CHECK(choice.verdicts[0].kind == NodeVerdict::Kind::NotChosen);
  CHECK(choice.verdicts[0].reason == Reason::PreferredElsewhere);
  CHECK(choice.verdicts[1].reason == Reason::NodeUnknown);
  CHECK(choice.verdicts[2].reason == Reason::NodeTainted);
  CHECK(choice.verdicts[3].kind == NodeVerdict::Kind::Chosen);
  CHECK(choice.verdicts[4].reason == Reason::NodeNotInPool);
  CHECK(choice.verdicts[5].reason == Reason::NodeNotReady);
  best.strategy = Strategy::WorstFit;
  CHECK(choose(*world.snapshot(), best, {"n1", "n2"}, 2).chosen ==
        std::vector<std::string>{"n2", "n1"});
}

TEST_CASE("planned nodes are chosen before better ones, as long as they have room") {
  World world = five_nodes();
  const std::vector<NodeName> planned{NodeName{"n4"}, NodeName{"n2"}};
  PlacementQuery with_plan = query(pod("x").cpu(2));
  with_plan.planned_nodes = planned;
  CHECK(choose(*world.snapshot(), with_plan, {"n1", "n2", "n4"}, 2).chosen ==
        std::vector<std::string>{"n2", "n1"});
}

TEST_CASE("a pod does not stand in its own way where it is charged already") {
  World world = five_nodes();
  const PodView planned = pod("x").cpu(8).admitted(record("a", "p", {"n2"}));
  world.add(planned);
  const auto snapshot = world.snapshot();
  const PlacementQuery own = query_for(*snapshot, planned);
  CHECK(own.charged_node == NodeName{"n2"});
  CHECK(own.pool == PoolName{"p"});
  CHECK_FALSE(check(*snapshot, NodeName{"n2"}, own));
  CHECK(rejection(world, "n2", query(pod("y").cpu(1))).reason == Reason::InsufficientNodeResources);
}

TEST_CASE("the scratch follows nodes that change, come and go") {
  World world = five_nodes();
  PlacementScratch scratch;
  const PlacementQuery any = query(pod("x").cpu(1));
  const std::vector<std::string_view> candidates{"n1", "n2", "n9"};
  const auto chosen = [&] {
    const auto snapshot = world.snapshot();
    const NodeChoice choice =
        choose_nodes(*snapshot, any, indexes(*snapshot, candidates), 9, scratch);
    return std::vector<std::uint32_t>(choice.chosen.begin(), choice.chosen.end());
  };
  CHECK(chosen() == std::vector<std::uint32_t>{0, 1});
  NodeView not_ready = node("n1", 8);
  not_ready.ready = false;
  world.add(not_ready);
  CHECK(chosen() == std::vector<std::uint32_t>{1});
  world.add(node("n9", 8));
  CHECK(chosen() == std::vector<std::uint32_t>{1, 2});
  world.state.remove_node(NodeName{"n2"});
  CHECK(chosen() == std::vector<std::uint32_t>{2});
}

TEST_CASE("the scratch forgets the constraints that were used longest ago") {
  World world = five_nodes();
  const auto snapshot = world.snapshot();
  PlacementScratch scratch;
  const std::vector<std::string_view> candidates{"n1", "n2"};
  for (int round = 0; round < 2; ++round)
    for (std::size_t i = 0; i <= PlacementScratch::kConstraintsMax; ++i) {
      const std::string host = i % 2 == 0 ? "n1" : "n2";
      const PodView picky =
          pod("x").selects("kubernetes.io/hostname", host).tolerates({std::to_string(i)});
      const NodeChoice choice =
          choose_nodes(*snapshot, query(picky), indexes(*snapshot, candidates), 1, scratch);
      REQUIRE(choice.chosen.size() == 1);
      CHECK(candidates[choice.chosen[0]] == host);
    }
}

TEST_CASE("N2: amounts of any size are scored without overflow") {
  World world;
  NodeView giant = node("n1", 8);
  giant.allocatable.set(ResourceName::memory(), Amount{INT64_MAX});
  world.add_all(pool("p"), giant);
  PlacementQuery huge = query(pod("x").asks("memory", INT64_MAX - 1));
  for (const Strategy strategy : all_strategies()) {
    huge.strategy = strategy;
    CHECK(choose(*world.snapshot(), huge, {"n1"}, 1).chosen.size() == 1);
  }
}

TEST_CASE("nodes are found by thousands as they are one by one") {
  World world;
  world.add(pool("p"));
  for (int i = 0; i < 1000; i += 3)
    world.add(node("node-" + std::to_string(i), 8));
  const auto snapshot = world.snapshot();
  std::vector<std::string> texts;
  for (int i = 0; i < 1003; ++i)
    texts.push_back("node-" + std::to_string((i * 7) % 1003));
  const std::vector<std::string_view> names(texts.begin(), texts.end());
  std::vector<std::uint64_t> hashes;
  hash_names(names, hashes);
  std::vector<NodeIndex> found;
  snapshot->nodes->find_all(names, hashes, found);
  REQUIRE(found.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    CHECK(found[i] == snapshot->nodes->find(names[i]).value_or(kNoNode));
  CHECK(std::ranges::count(found, kNoNode) == 1003 - 334);
  World().snapshot()->nodes->find_all(names, hashes, found);
  CHECK(std::ranges::count(found, kNoNode) == 1003);
}
