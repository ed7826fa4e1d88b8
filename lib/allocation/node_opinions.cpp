#include "lib/allocation/node_opinions.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace berth::allocation {
namespace {

constexpr std::size_t chunk_of(NodeIndex node) {
  return node / NodeLoads::kChunkNodes;
}

/// Whether a hold's index means the same reservation in both.
bool have_same_reservations(const Holds& left, const Holds& right) {
  return std::ranges::equal(
      left.open, right.open, {}, [](const OpenReservation& open) { return open.spec->name; },
      [](const OpenReservation& open) { return open.spec->name; });
}

} // namespace

NodeOpinions::NodeOpinions(PlacementQuery query) : query_(std::move(query)) {
  query_.charged_node = {};
  query_.planned_nodes = {};
}

bool NodeOpinions::is_for(const PlacementQuery& query) const {
  return query_.pool == query.pool && query_.reservation == query.reservation &&
         query_.strategy == query.strategy && query_.is_favoured == query.is_favoured &&
         query_.shape == query.shape;
}

void NodeOpinions::forget_unless_on(const std::shared_ptr<const NodeTable>& nodes) {
  if (ground_.nodes == nodes)
    return;
  ground_ = {};
  loads_ = {};
  holds_ = nullptr;
}

void NodeOpinions::update(const ClusterSnapshot& snapshot, const EligibleNodes& eligible,
                          std::span<const NodeIndex> nodes) {
  forget_outdated(snapshot);
  std::optional<NodeJudge> judge;
  for (const NodeIndex asked : nodes) {
    if (asked == kNoNode || is_judged_[chunk_of(asked)])
      continue;
    if (!judge)
      judge.emplace(snapshot, query_);
    const std::size_t first = chunk_of(asked) * NodeLoads::kChunkNodes;
    const std::size_t end = std::min(first + NodeLoads::kChunkNodes, opinions_.size());
    for (auto node = static_cast<NodeIndex>(first); node < end; ++node)
      opinions_[node] = judge->judge(node, eligible[node]);
    is_judged_[chunk_of(asked)] = true;
  }
}

NodeOpinions::Ground NodeOpinions::ground_of(const ClusterSnapshot& snapshot) const {
  Ground ground{snapshot.nodes, nullptr, nullptr};
  const auto pool = std::ranges::find(snapshot.pools, query_.pool,
                                      [](const auto& spec) -> const auto& { return spec->name; });
  if (pool != snapshot.pools.end())
    ground.pool = *pool;
  if (query_.strategy == Strategy::FragmentationAware)
    ground.fragmentation = snapshot.fragmentation;
  return ground;
}

void NodeOpinions::forget_outdated(const ClusterSnapshot& snapshot) {
  Ground ground = ground_of(snapshot);
  if (ground != ground_) {
    ground_ = std::move(ground);
    opinions_.resize(ground_.nodes->size());
    is_judged_.assign(snapshot.loads.chunks(), false);
  } else {
    for (std::size_t chunk = 0; chunk < is_judged_.size(); ++chunk)
      if (!loads_.shares_chunk(snapshot.loads, chunk))
        is_judged_[chunk] = false;
    if (holds_ != snapshot.holds)
      forget_changed_holds(*snapshot.holds);
  }
  loads_ = snapshot.loads;
  holds_ = snapshot.holds;
}

/// Walks over the nodes with holds in either, since both are sorted by node.
void NodeOpinions::forget_changed_holds(const Holds& now) {
  const bool are_comparable = have_same_reservations(*holds_, now);
  std::span<const NodeHold> before = holds_->holds;
  std::span<const NodeHold> after = now.holds;
  const auto take = [](std::span<const NodeHold>& holds, NodeIndex node) {
    std::size_t count = 0;
    while (count < holds.size() && holds[count].node == node)
      ++count;
    return std::exchange(holds, holds.subspan(count)).first(count);
  };
  while (!before.empty() || !after.empty()) {
    const NodeIndex node = std::min(before.empty() ? kNoNode : before.front().node,
                                    after.empty() ? kNoNode : after.front().node);
    const auto was = take(before, node);
    const auto is = take(after, node);
    if (!are_comparable || !std::ranges::equal(was, is))
      is_judged_[chunk_of(node)] = false;
  }
}

} // namespace berth::allocation
