#include "analyzer/model/moves/rebalance.hpp"

#include <algorithm>
#include <utility>

#include "lib/resources/int128.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::Int128;
using resources::ResourceName;

constexpr std::int64_t kWholeUse = 1000;
/// A move that brings less is not worth its cost.
constexpr std::int64_t kGainOfMoveMin = 10;

std::int64_t share(Amount used, Amount whole) {
  if (used <= Amount{} || whole <= Amount{})
    return 0;
  return resources::scaled(used, kWholeUse, whole.value()).value();
}

std::size_t busiest_node(const Placement& placement, const ResourceName& resource) {
  const auto busiest = std::ranges::max_element(
      placement.nodes, {}, [&](const PlacedNode& node) { return use_of(node, resource); });
  return static_cast<std::size_t>(busiest - placement.nodes.begin());
}

std::int64_t mean_use(const Placement& placement, const ResourceName& resource) {
  Amount used;
  Amount whole;
  for (const PlacedNode& node : placement.nodes) {
    used += node.used;
    whole += node.allocatable.get(resource);
  }
  return share(used, whole);
}

/// A move, and how much less the busier of its two nodes bears than the one did that it is from.
struct Weighed {
  Move move{};
  std::int64_t gain = 0;
  std::int64_t use_then = 0; ///< of the node that it is to
};

/// To the node where it brings most, of equal ones to the one that is used least then.
std::optional<Weighed> best_move_of(const Placement& placement, std::size_t at,
                                    const ResourceName& resource) {
  const PlacedPod& pod = placement.pods[at];
  const PlacedNode& from = placement.nodes[pod.node];
  const std::int64_t left = share(from.used - pod.used, from.allocatable.get(resource));
  std::optional<Weighed> best;
  for (std::size_t to = 0; to < placement.nodes.size(); ++to) {
    const PlacedNode& node = placement.nodes[to];
    const Amount whole = node.allocatable.get(resource);
    if (whole <= Amount{} || !may_move(placement, {at, to}))
      continue;
    const std::int64_t use_then = share(node.used + pod.used, whole);
    const std::int64_t gain = use_of(from, resource) - std::max(left, use_then);
    if (gain < kGainOfMoveMin)
      continue;
    if (!best || std::pair(gain, best->use_then) > std::pair(best->gain, use_then))
      best = Weighed{{at, to}, gain, use_then};
  }
  return best;
}

/// The move off the node that brings most for its cost.
std::optional<Weighed> best_move(const Placement& placement, std::size_t node,
                                 const std::vector<bool>& is_moved, const ResourceName& resource) {
  std::optional<Weighed> best;
  for (std::size_t at = 0; at < placement.pods.size(); ++at) {
    const PlacedPod& pod = placement.pods[at];
    if (pod.node != node || is_moved[at] || pod.used <= Amount{} ||
        placement.groups[pod.group] == 0)
      continue;
    const auto one = best_move_of(placement, at, resource);
    if (!one)
      continue;
    if (!best ||
        Int128{one->gain} * placement.pods[best->move.pod].cost > Int128{best->gain} * pod.cost)
      best = one;
  }
  return best;
}

} // namespace

std::int64_t use_of(const PlacedNode& node, const ResourceName& resource) {
  return share(node.used, node.allocatable.get(resource));
}

std::int64_t busiest_use(const Placement& placement, const ResourceName& resource) {
  return placement.nodes.empty()
             ? 0
             : use_of(placement.nodes[busiest_node(placement, resource)], resource);
}

std::optional<RebalancePlan> rebalance(const Placement& placement, const ResourceName& resource,
                                       const RebalanceOptions& options) {
  if (placement.nodes.size() < 2)
    return std::nullopt;
  Placement then = placement;
  std::vector<bool> is_moved(placement.pods.size());
  const std::int64_t even = mean_use(placement, resource) * options.even_below / kWholeUse;
  RebalancePlan plan;
  plan.before = busiest_use(placement, resource);
  while (plan.moves.size() < kMovesMax) {
    const std::size_t busiest = busiest_node(then, resource);
    const std::int64_t use = use_of(then.nodes[busiest], resource);
    if (use < options.busy_from || use <= even)
      break;
    const auto one = best_move(then, busiest, is_moved, resource);
    if (!one)
      break;
    is_moved[one->move.pod] = true;
    --then.groups[then.pods[one->move.pod].group];
    move_pod(then, one->move);
    plan.moves.push_back(one->move);
  }
  plan.after = busiest_use(then, resource);
  return plan.before - plan.after >= options.gain_min ? std::optional(std::move(plan))
                                                      : std::nullopt;
}

} // namespace berth::analyzer
