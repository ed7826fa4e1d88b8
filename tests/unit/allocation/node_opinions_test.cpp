// What is remembered of nodes and what ends it. That nothing else is needed is a property
// (tests/property/allocation/opinions_property_test.cpp).
#include <catch2/catch.hpp>

#include "lib/allocation/node_opinions.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

/// Nodes n1 to n3 with 8 cores in pool "p", and a scratch that is kept.
struct Chooser : World {
  Chooser() { add_all(pool("p"), node("n1", 8), node("n2", 8), node("n3", 8)); }

  /// The nodes that may be chosen, best first.
  std::vector<std::string> nodes_for(const PodView& pod) {
    const auto shown = snapshot();
    std::vector<NodeIndex> every(shown->nodes->size());
    for (NodeIndex node = 0; node < every.size(); ++node)
      every[node] = node;
    const NodeChoice choice = choose_nodes(*shown, query_for(*shown, pod), every, 9, scratch);
    std::vector<std::string> names;
    for (const std::uint32_t position : choice.chosen)
      names.push_back(shown->nodes->node(every[position]).view.name.str());
    return names;
  }

  PlacementScratch scratch;
};

PodView admitted(const std::string& name, std::int64_t cores, std::string planned = "gone") {
  return pod(name).cpu(cores).admitted(record("team-a", "p", {std::move(planned)}));
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("an opinion ends when something is charged to the node, or taken off it") {
  Chooser world;
  CHECK(world.nodes_for(admitted("x", 4)) == Names{"n1", "n2", "n3"});
  world.add(pod("a").unmanaged().cpu(5).bound("n1"));
  CHECK(world.nodes_for(admitted("x", 4)) == Names{"n2", "n3"});
  world.add(pod("b").unmanaged().cpu(1).bound("n3"));
  CHECK(world.nodes_for(admitted("x", 4)) == Names{"n3", "n2"}); // BestFit
  world.state.remove_pod(PodUid{"uid-a"});
  CHECK(world.nodes_for(admitted("x", 4)) == Names{"n3", "n1", "n2"});
}

TEST_CASE("an opinion is for pods of the same shape only") {
  Chooser world;
  world.add(pod("a").unmanaged().cpu(5).bound("n1"));
  CHECK(world.nodes_for(admitted("x", 3)) == Names{"n1", "n2", "n3"});
  CHECK(world.nodes_for(admitted("x", 4)) == Names{"n2", "n3"});
  CHECK(world.nodes_for(admitted("y", 3)) == Names{"n1", "n2", "n3"});
}

TEST_CASE("an opinion ends when the pool means something else by a good node") {
  Chooser world;
  world.add(pod("a").unmanaged().cpu(1).asks("memory", std::int64_t{20} << 30U).bound("n1"));
  world.add(pod("b").unmanaged().cpu(4).asks("memory", std::int64_t{1} << 30U).bound("n2"));
  PodView asking = pod("x").cpu(1).asks("memory", 1 << 30U).admitted(record("team-a", "p"));
  PoolSpec weighing = pool("p");
  weighing.strategy_params.resource_weights = {{ResourceName::cpu(), 100},
                                               {ResourceName{"memory"}, 0}};
  world.add(weighing);
  CHECK(world.nodes_for(asking).front() == "n2");
  weighing.strategy_params.resource_weights = {{ResourceName::cpu(), 0},
                                               {ResourceName{"memory"}, 100}};
  world.add(weighing);
  CHECK(world.nodes_for(asking).front() == "n1");
  weighing.strategy = Strategy::WorstFit;
  world.add(weighing);
  CHECK(world.nodes_for(asking).front() == "n3");
}

TEST_CASE("R4: an opinion ends when what is held on the node changes, or for whom") {
  Chooser world;
  PodView inside = admitted("x", 4);
  inside.admission->reservation = ReservationName{"r"};
  const PodView outside = admitted("y", 4);
  world.add(reservation("s", 24)); // everything
  CHECK(world.nodes_for(outside).empty());
  CHECK(world.nodes_for(inside).empty());
  world.state.remove_reservation(ReservationName{"s"});
  world.add(reservation("r", 24)); // the same holds under another name
  CHECK(world.nodes_for(outside).empty());
  CHECK(world.nodes_for(inside).size() == 3);
  world.add(reservation("r", 12));
  CHECK(world.nodes_for(outside).size() == 2); // one is held in whole, one in half
  world.state.remove_reservation(ReservationName{"r"});
  CHECK(world.nodes_for(outside).size() == 3);
}

TEST_CASE("N2: pods that the strategy favours and the others have opinions of their own") {
  Chooser world;
  PoolSpec by_priority = pool("p");
  by_priority.strategy = Strategy::PriorityBased;
  world.add_all(by_priority, pod("a").unmanaged().cpu(3).bound("n1"));
  PodView ordinary = admitted("x", 1);
  PodView important = admitted("y", 1);
  important.priority = 1000;
  CHECK(world.nodes_for(ordinary).front() == "n1");
  CHECK(world.nodes_for(important).front() == "n2");
  CHECK(world.nodes_for(ordinary).front() == "n1");
}

TEST_CASE("on the node that a pod is charged to it is judged apart from its kind") {
  Chooser world;
  world.add(admitted("x", 8, "n2"));
  CHECK(world.nodes_for(admitted("y", 8)) == Names{"n1", "n3"});
  CHECK(world.nodes_for(admitted("x", 8, "n2")) == Names{"n2", "n1", "n3"});
  CHECK(world.nodes_for(admitted("y", 8)) == Names{"n1", "n3"});
}

TEST_CASE("the opinions of the kind that asked longest ago are forgotten first") {
  Chooser world;
  world.add(pod("a").unmanaged().cpu(4).bound("n1"));
  for (int round = 0; round < 2; ++round)
    for (std::size_t kind = 0; kind <= PlacementScratch::kKindsMax; ++kind) {
      PodView asking = pod("x")
                           .asks("cpu", 3990 + static_cast<std::int64_t>(kind))
                           .admitted(record("team-a", "p"));
      CHECK(world.nodes_for(asking).size() == (kind <= 10 ? 3 : 2));
    }
}

TEST_CASE("a table of nodes that is gone is not kept for the kinds that do not ask any more") {
  Chooser world;
  world.nodes_for(admitted("x", 1));
  const std::weak_ptr<const NodeTable> before = world.snapshot()->nodes;
  world.add(node("n4", 8));
  CHECK(world.nodes_for(admitted("y", 2)).size() == 4);
  CHECK(before.expired());
  CHECK(world.nodes_for(admitted("x", 1)).size() == 4);
}
