// What holds of every plan of moves, whatever runs where: no node is overfilled, nothing is lost or
// made on the way, there are few moves, and none of them is in vain.

#include <algorithm>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "analyzer/model/moves/defragment.hpp"
#include "analyzer/model/moves/rebalance.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

constexpr std::size_t kGroups = 4;

/// Nodes of ten cores, some cordoned or tainted, with pods that fit on them.
Placement any_placement() {
  Placement placement;
  const auto nodes = *rc::gen::inRange<std::size_t>(2, 7);
  for (std::size_t at = 0; at < nodes; ++at) {
    PlacedNode node;
    node.allocatable = {{"cpu", 10'000}, {"memory", 100}};
    node.free = {{"cpu", *rc::gen::inRange(4'000, 10'001)}, {"memory", *rc::gen::inRange(60, 101)}};
    node.takes_pods = *rc::gen::inRange(0, 15) > 0;
    if (*rc::gen::inRange(0, 15) == 0)
      node.keeps_off = {"team=a:NoSchedule"};
    placement.nodes.push_back(std::move(node));
  }
  for (std::size_t group = 0; group < kGroups; ++group)
    placement.groups.push_back(*rc::gen::inRange<std::size_t>(0, 6));
  const auto pods = *rc::gen::inRange(5, 40);
  for (int i = 0; i < pods; ++i) {
    PlacedPod pod;
    pod.node = *rc::gen::inRange<std::size_t>(0, nodes);
    pod.requests = {{"cpu", *rc::gen::inRange(100, 3'000)}, {"memory", *rc::gen::inRange(0, 15)}};
    pod.used = Amount{*rc::gen::inRange(0, 4'000)};
    pod.cost = *rc::gen::inRange(1, 50);
    pod.group = *rc::gen::inRange<std::size_t>(0, kGroups);
    PlacedNode& node = placement.nodes[pod.node];
    if (!pod.requests.fits_within(node.free))
      continue;
    node.free -= pod.requests;
    node.used += pod.used;
    placement.pods.push_back(std::move(pod));
  }
  return placement;
}

ResourceVector a_bit_more_than_any_has(const Placement& placement) {
  Amount most;
  for (const PlacedNode& node : placement.nodes)
    most = std::max(most, node.free.get(ResourceName::cpu()));
  return {{"cpu", most.value() + *rc::gen::inRange(-200, 2'000)},
          {"memory", *rc::gen::inRange(1, 60)}};
}

ResourceVector free_of_all(const Placement& placement) {
  ResourceVector free;
  for (const PlacedNode& node : placement.nodes)
    free += node.free;
  return free;
}

Amount used_of_all(const Placement& placement) {
  Amount used;
  for (const PlacedNode& node : placement.nodes)
    used += node.used;
  return used;
}

/// What every plan keeps.
void assert_sound(const Placement& before, const std::vector<Move>& moves) {
  RC_ASSERT(!moves.empty());
  RC_ASSERT(moves.size() <= kMovesMax);
  std::vector<std::size_t> of_group(kGroups);
  std::vector<bool> is_moved(before.pods.size());
  Placement then = before;
  for (const Move& move : moves) {
    RC_ASSERT(!is_moved[move.pod]);
    is_moved[move.pod] = true;
    RC_ASSERT(may_move(then, move));
    move_pod(then, move);
    ++of_group[before.pods[move.pod].group];
  }
  for (std::size_t group = 0; group < kGroups; ++group)
    RC_ASSERT(of_group[group] <= before.groups[group]);
  for (const PlacedNode& node : then.nodes)
    for (const auto& [resource, amount] : node.free)
      RC_ASSERT(Amount{} <= amount);
  RC_ASSERT(free_of_all(then) == free_of_all(before));
  RC_ASSERT(used_of_all(then) == used_of_all(before));
}

} // namespace

TEST_CASE("a plan that defragments makes the room it was asked for, with no move too many") {
  CHECK(rc::check([] {
    const Placement before = any_placement();
    const ResourceVector wanted = a_bit_more_than_any_has(before);
    const auto plan = defragment(before, wanted);
    RC_TAG(plan.has_value());
    if (!plan)
      return;
    RC_ASSERT(largest_block(before, wanted) < 1000);
    assert_sound(before, plan->moves);
    const Placement after = moved(before, plan->moves);
    RC_ASSERT(wanted.fits_within(after.nodes[plan->node].free));
    RC_ASSERT(largest_block(after, wanted) == 1000);
    std::int64_t cost = 0;
    for (const Move& move : plan->moves) {
      RC_ASSERT(before.pods[move.pod].node == plan->node);
      RC_ASSERT(move.to != plan->node);
      cost += before.pods[move.pod].cost;
      auto fewer = plan->moves;
      std::erase(fewer, move);
      RC_ASSERT(!wanted.fits_within(moved(before, fewer).nodes[plan->node].free));
    }
    RC_ASSERT(plan->cost == cost);
    RC_ASSERT(defragment(before, wanted)->moves == plan->moves);
  }));
}

TEST_CASE("a plan that rebalances lessens what the busiest node bears, move by move") {
  CHECK(rc::check([] {
    const Placement before = any_placement();
    const ResourceName cpu = ResourceName::cpu();
    RebalanceOptions options;
    options.busy_from = *rc::gen::element<std::int64_t>(0, 500, 900);
    options.gain_min = *rc::gen::element<std::int64_t>(10, 100, 300);
    const auto plan = rebalance(before, cpu, options);
    RC_TAG(plan.has_value());
    if (!plan)
      return;
    assert_sound(before, plan->moves);
    Placement then = before;
    for (const Move& move : plan->moves) {
      const std::size_t from = then.pods[move.pod].node;
      const std::int64_t was = use_of(then.nodes[from], cpu);
      RC_ASSERT(was == busiest_use(then, cpu));
      RC_ASSERT(was >= options.busy_from);
      move_pod(then, move);
      RC_ASSERT(use_of(then.nodes[from], cpu) < was);
      RC_ASSERT(use_of(then.nodes[move.to], cpu) < was);
    }
    RC_ASSERT(plan->before == busiest_use(before, cpu));
    RC_ASSERT(plan->after == busiest_use(then, cpu));
    RC_ASSERT(plan->before - plan->after >= options.gain_min);
    RC_ASSERT(rebalance(before, cpu, options)->moves == plan->moves);
  }));
}

} // namespace berth::analyzer
