// What is remembered of nodes between calls is never other than a new look would find.
#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "lib/allocation/node_opinions.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr int kNodes = 150; // more than two chunks of loads
constexpr int kPods = 40;

std::string node_name(int number) {
  return "n" + std::to_string(1000 + number);
}
/// Of the whole range in every case, not of more and more.
int any_number(int end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, end));
}
bool one_in(int count) {
  return any_number(count) == 0;
}

NodeView any_node(int number) {
  NodeView made = node(node_name(number), 1 + any_number(16));
  made.labels.set("pool", one_in(4) ? "q" : "p");
  made.unschedulable = one_in(8);
  if (one_in(8))
    made.taints = {{"dedicated", "x"}};
  if (one_in(6)) {
    made.allocatable.set(ResourceName{"nvidia.com/gpu"}, Amount{4});
    made.allocatable.set(ResourceName{"memory"}, Amount{std::int64_t{1} << 33U});
  }
  return made;
}

/// One of few kinds, so that what was remembered of its like is used.
PodBuilder any_kind(const std::string& name) {
  auto made = pod(name).cpu(one_in(2) ? 2 : 5);
  if (one_in(4))
    made.asks("nvidia.com/gpu", 1);
  return made;
}

PodView any_pod() {
  auto made = any_kind("pod-" + std::to_string(any_number(kPods)));
  const std::string where = node_name(any_number(kNodes));
  if (one_in(2))
    made.admitted(record("team-a", "p", {where}));
  else
    made.in("web").unmanaged();
  if (one_in(2))
    made.bound(where);
  return made;
}

PoolSpec any_pool() {
  PoolSpec made = pool("p");
  made.strategy = *rc::gen::element(Strategy::BestFit, Strategy::WorstFit,
                                    Strategy::FragmentationAware, Strategy::PriorityBased);
  made.strategy_params.resource_weights = {{ResourceName::cpu(), any_number(4)}};
  if (one_in(3))
    made.oversubscription_percent = {{ResourceName::cpu(), 100 + any_number(100)}};
  return made;
}

/// One thing that may happen to a cluster; mostly to pods, as in life.
void change(World& world) {
  switch (any_number(20)) {
  case 0: world.add(any_node(any_number(kNodes))); break;
  case 1: world.state.remove_node(NodeName{node_name(any_number(kNodes))}); break;
  case 2: world.add(any_pool()); break;
  case 3:
  case 4: world.add(reservation(one_in(2) ? "r" : "s", 1 + any_number(60))); break;
  case 5: world.state.remove_reservation(ReservationName{one_in(2) ? "r" : "s"}); break;
  case 6:
  case 7: world.state.remove_pod(PodUid{"uid-pod-" + std::to_string(any_number(kPods))}); break;
  default: world.add(any_pod()); break;
  }
}

/// A pod that looks for a node, as the snapshot knows it or not.
PodView any_asking() {
  PodView asking = any_pod();
  asking.priority = any_number(2);
  if (one_in(3))
    asking.uid = PodUid{"uid-asking"};
  if (asking.admission && one_in(3))
    asking.admission->reservation = ReservationName{"r"};
  return asking;
}

/// Most nodes in some order, as the scheduler's own filters leave them, and some that are gone.
std::vector<NodeIndex> any_candidates(const ClusterSnapshot& snapshot) {
  std::vector<NodeIndex> candidates;
  const int stride = *rc::gen::element(1, 7, 11, 149);
  const int first = any_number(kNodes);
  const int left_out = 1 + any_number(20);
  for (int i = 0; i < kNodes; ++i)
    if (i % left_out != 0)
      candidates.push_back(
          snapshot.nodes->find(node_name((first + i * stride) % kNodes)).value_or(kNoNode));
  return candidates;
}

using Verdict = std::tuple<NodeVerdict::Kind, bool, Reason, ColumnIndex>;

std::pair<std::vector<std::uint32_t>, std::vector<Verdict>>
chosen(const ClusterSnapshot& snapshot, const PodView& asking,
       std::span<const NodeIndex> candidates, PlacementScratch& scratch) {
  const NodeChoice choice =
      choose_nodes(snapshot, query_for(snapshot, asking), candidates, 5, scratch);
  std::vector<Verdict> verdicts;
  for (const NodeVerdict& verdict : choice.verdicts)
    verdicts.emplace_back(verdict.kind, verdict.preemption_may_help, verdict.reason,
                          verdict.column);
  return {{choice.chosen.begin(), choice.chosen.end()}, std::move(verdicts)};
}

} // namespace

TEST_CASE("N1, N2: what is remembered of nodes is what a new look would find, whatever changed") {
  PlacementScratch kept; // from cluster to cluster too
  CHECK(rc::check([&kept] {
    World world;
    world.add_all(any_pool(), pool("q"), quota("team-a").of("team-a").pool("p").cpu(1000));
    for (int i = 0; i < kNodes; ++i)
      if (!one_in(10))
        world.add(any_node(i));
    for (int step = 0; step < 30; ++step) {
      for (int changes = any_number(3); changes > 0; --changes)
        change(world);
      const auto snapshot = world.snapshot();
      const PodView asking = any_asking();
      const auto candidates = any_candidates(*snapshot);
      PlacementScratch fresh;
      RC_ASSERT(chosen(*snapshot, asking, candidates, kept) ==
                chosen(*snapshot, asking, candidates, fresh));
    }
  }));
}

TEST_CASE("N1: check() and choose_nodes() agree on every node") {
  PlacementScratch kept;
  CHECK(rc::check([&kept] {
    World world;
    world.add_all(any_pool(), pool("q"), quota("team-a").of("team-a").pool("p").cpu(1000));
    for (int i = 0; i < 20; ++i)
      world.add(any_node(i));
    for (int changes = any_number(30); changes > 0; --changes)
      change(world);
    const auto snapshot = world.snapshot();
    const PodView asking = any_asking();
    const PlacementQuery query = query_for(*snapshot, asking);
    std::vector<NodeIndex> every(snapshot->nodes->size());
    for (NodeIndex node = 0; node < every.size(); ++node)
      every[node] = node;
    const NodeChoice choice = choose_nodes(*snapshot, query, every, 3, kept);
    for (const NodeIndex node : every) {
      const auto rejection = check(*snapshot, snapshot->nodes->node(node).view.name, query);
      const bool is_rejected = choice.verdicts[node].kind == NodeVerdict::Kind::Rejected;
      RC_ASSERT(rejection.has_value() == is_rejected);
      if (rejection)
        RC_ASSERT(rejection->reason == choice.verdicts[node].reason);
    }
  }));
}
