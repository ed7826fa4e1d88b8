#include "analyzer/model/moves/defragment.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "lib/resources/int128.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::Int128;
using resources::ResourceName;
using resources::ResourceVector;

constexpr std::int64_t kWholeRequest = 1000;

/// `part` in thousandths of `whole`, from 0 to 1000.
std::int64_t thousandths(Amount part, Amount whole) {
  if (part <= Amount{} || whole <= Amount{})
    return 0;
  return part >= whole ? kWholeRequest
                       : resources::scaled(part, kWholeRequest, whole.value()).value();
}

bool may_hold(const PlacedNode& node) {
  return node.takes_pods && node.keeps_off.empty();
}

std::int64_t block_of(const PlacedNode& node, const ResourceVector& wanted) {
  std::int64_t block = kWholeRequest;
  for (const auto& [resource, amount] : wanted)
    if (Amount{} < amount)
      block = std::min(block, thousandths(node.free.get(resource), amount));
  return block;
}

/// What a node lacks of `wanted` if it has so much free, in thousandths, all resources together.
std::int64_t lack_of(const ResourceVector& free, const ResourceVector& wanted) {
  std::int64_t lack = 0;
  for (const auto& [resource, amount] : wanted)
    if (Amount{} < amount)
      lack += kWholeRequest - thousandths(free.get(resource), amount);
  return lack;
}

/// One node being cleared: what is moved off it, and where to.
class Clearing {
public:
  Clearing(const Placement& placement, std::size_t node, std::vector<std::size_t> pods)
      : placement_(placement), node_(node), candidates_(std::move(pods)),
        free_(placement.nodes[node].free) {}

  /// Whether so few moves make room for it that they are a plan.
  [[nodiscard]] bool make_room_for(const ResourceVector& wanted) {
    while (!wanted.fits_within(free_)) {
      const auto chosen = cheapest(wanted);
      if (chosen == candidates_.end() || moves_.size() == kMovesMax)
        return false;
      const std::size_t pod = *chosen;
      candidates_.erase(chosen);
      if (const auto to = best_fit(pod)) {
        moves_.push_back({pod, *to});
        ++of_group_[placement_.pods[pod].group];
        given_[*to] += placement_.pods[pod].requests;
        free_ += placement_.pods[pod].requests;
      }
    }
    drop_spare(wanted);
    return true;
  }
  [[nodiscard]] DefragmentPlan plan() && {
    DefragmentPlan plan{node_, std::move(moves_)};
    for (const Move& move : plan.moves)
      plan.cost += placement_.pods[move.pod].cost;
    return plan;
  }

private:
  /// The pod that relieves the node most for its cost; the end of the candidates if none does.
  [[nodiscard]] std::vector<std::size_t>::iterator cheapest(const ResourceVector& wanted) {
    auto best = candidates_.end();
    std::int64_t most = 0;
    const std::int64_t lack = lack_of(free_, wanted);
    for (auto it = candidates_.begin(); it != candidates_.end(); ++it) {
      const PlacedPod& pod = placement_.pods[*it];
      const std::int64_t relief = lack - lack_of(free_ + pod.requests, wanted);
      if (relief <= 0 || of_group_[pod.group] >= placement_.groups[pod.group])
        continue;
      if (best == candidates_.end() ||
          Int128{relief} * placement_.pods[*best].cost > Int128{most} * pod.cost) {
        best = it;
        most = relief;
      }
    }
    return best;
  }

  /// Where it leaves least unused of what it asks for, and so no large piece is broken.
  [[nodiscard]] std::optional<std::size_t> best_fit(std::size_t pod) const {
    const ResourceVector& requests = placement_.pods[pod].requests;
    std::optional<std::size_t> best;
    std::int64_t least = 0;
    for (std::size_t at = 0; at < placement_.nodes.size(); ++at) {
      if (!may_move(placement_, {pod, at}))
        continue;
      const PlacedNode& node = placement_.nodes[at];
      const auto given = given_.find(at);
      const ResourceVector room = given == given_.end() ? node.free : node.free - given->second;
      if (!requests.fits_within(room))
        continue;
      std::int64_t left = 0;
      for (const auto& [resource, amount] : requests)
        if (resource != ResourceName::pods()) // their number says nothing of pieces
          left += thousandths(room.get(resource) - amount, node.allocatable.get(resource));
      if (!best || left < least) {
        best = at;
        least = left;
      }
    }
    return best;
  }

  /// Leaves out what turned out not to be needed, the dearest first.
  void drop_spare(const ResourceVector& wanted) {
    std::vector<Move> dearest = moves_;
    std::ranges::stable_sort(dearest, std::ranges::greater{},
                             [&](const Move& move) { return placement_.pods[move.pod].cost; });
    for (const Move& move : dearest) {
      const ResourceVector less = free_ - placement_.pods[move.pod].requests;
      if (!wanted.fits_within(less))
        continue;
      free_ = less;
      std::erase(moves_, move);
    }
  }

  const Placement& placement_;
  std::size_t node_;
  std::vector<std::size_t> candidates_; ///< pods on it that may still be moved
  ResourceVector free_;                 ///< of it, by now
  std::vector<Move> moves_;
  std::map<std::size_t, std::size_t> of_group_; ///< how many of each were moved
  std::map<std::size_t, ResourceVector> given_; ///< what other nodes took over
};

/// Nodes that could hold it if they were empty; those that lack least first.
std::vector<std::size_t> targets_for(const Placement& placement, const ResourceVector& wanted) {
  std::vector<std::size_t> targets;
  for (std::size_t at = 0; at < placement.nodes.size(); ++at)
    if (may_hold(placement.nodes[at]) && wanted.fits_within(placement.nodes[at].allocatable))
      targets.push_back(at);
  std::ranges::stable_sort(
      targets, {}, [&](std::size_t at) { return lack_of(placement.nodes[at].free, wanted); });
  if (targets.size() > kTargetsMax)
    targets.resize(kTargetsMax);
  return targets;
}

std::vector<std::vector<std::size_t>> pods_by_node(const Placement& placement) {
  std::vector<std::vector<std::size_t>> pods(placement.nodes.size());
  for (std::size_t pod = 0; pod < placement.pods.size(); ++pod)
    pods[placement.pods[pod].node].push_back(pod);
  return pods;
}

bool is_enough_together(const Placement& placement, const ResourceVector& wanted) {
  ResourceVector free;
  for (const PlacedNode& node : placement.nodes) {
    if (!node.takes_pods)
      continue;
    for (const auto& [resource, amount] : node.free)
      free.set(resource, free.get(resource) + std::max(amount, Amount{}));
  }
  return wanted.fits_within(free);
}

} // namespace

std::int64_t largest_block(const Placement& placement, const ResourceVector& wanted) {
  std::int64_t largest = 0;
  for (const PlacedNode& node : placement.nodes)
    if (may_hold(node))
      largest = std::max(largest, block_of(node, wanted));
  return largest;
}

std::optional<DefragmentPlan> defragment(const Placement& placement, const ResourceVector& wanted) {
  if (largest_block(placement, wanted) == kWholeRequest || !is_enough_together(placement, wanted))
    return std::nullopt;
  std::optional<DefragmentPlan> best;
  const auto rank = [](const DefragmentPlan& plan) {
    return std::tuple(plan.cost, plan.moves.size(), plan.node);
  };
  const auto pods = pods_by_node(placement);
  for (const std::size_t node : targets_for(placement, wanted)) {
    Clearing clearing(placement, node, pods[node]);
    if (!clearing.make_room_for(wanted))
      continue;
    DefragmentPlan plan = std::move(clearing).plan();
    if (!best || rank(plan) < rank(*best))
      best = std::move(plan);
  }
  return best;
}

} // namespace berth::analyzer
