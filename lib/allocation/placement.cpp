#include "lib/allocation/placement.hpp"

#include <algorithm>

#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/node_judge.hpp"
#include "lib/allocation/node_opinions.hpp"
#include "lib/allocation/priority.hpp"

namespace berth::allocation {
namespace {

/// A node that has room, in the order in which nodes are taken: the rank among the planned nodes
/// (those not planned are equal), the points, the node. The first two are one number, since
/// thousands are sorted.
struct Ranked {
  std::uint64_t merit;    ///< less is better
  NodeIndex node;         ///< decides between equals
  std::uint32_t position; ///< in the candidate list

  Ranked(std::size_t planned_rank, std::uint32_t points, NodeIndex of, std::uint32_t at)
      : merit((static_cast<std::uint64_t>(planned_rank) << 32U) |
              static_cast<std::uint64_t>(NodeOpinion::kPointsWithBonusMax - points)),
        node(of), position(at) {}

  friend bool operator<(const Ranked& left, const Ranked& right) {
    return left.merit != right.merit ? left.merit < right.merit : left.node < right.node;
  }
};

/// What `wanted` finds among the remembered entries; else a new one in the place of that which was
/// used longest ago, if there are `entries_max` already.
template <class Entry, class Wanted, class Make>
Entry& recall(std::vector<Entry>& entries, std::size_t entries_max, Wanted&& wanted, Make&& make) {
  auto at = std::ranges::find_if(entries, wanted);
  if (at != entries.end())
    return *at;
  if (entries.size() < entries_max)
    return entries.emplace_back(make());
  at = std::ranges::min_element(entries, {}, &Entry::last_used);
  *at = make();
  return *at;
}

} // namespace

struct PlacementScratch::Buffers {
  struct Constrained {
    EligibleNodes nodes;
    std::uint64_t last_used = 0;
  };
  struct Kind {
    NodeOpinions opinions;
    std::uint64_t last_used = 0;
  };

  const EligibleNodes& eligible_nodes(const PlacementQuery& query,
                                      const std::shared_ptr<const NodeTable>& table);
  NodeOpinions& opinions(const PlacementQuery& query,
                         const std::shared_ptr<const NodeTable>& table);
  /// Puts those that may be chosen into `ranked`.
  void judge(const ClusterSnapshot& snapshot, const PlacementQuery& query,
             std::span<const NodeIndex> candidates);
  /// Moves the best to the front of `ranked`.
  void put_best_first(std::size_t count);

  std::vector<Constrained> constrained; ///< at most kConstraintsMax
  std::vector<Kind> kinds;              ///< at most kKindsMax
  std::uint64_t uses = 0;
  std::vector<NodeVerdict> verdicts;
  std::vector<Ranked> ranked;
  std::vector<std::uint32_t> chosen;
};

const EligibleNodes&
PlacementScratch::Buffers::eligible_nodes(const PlacementQuery& query,
                                          const std::shared_ptr<const NodeTable>& table) {
  const Constraints& constraints = query.shape->constraints;
  Constrained& entry = recall(
      constrained, kConstraintsMax,
      [&](const Constrained& known) { return known.nodes.is_for(query.pool, constraints); },
      [&] { return Constrained{EligibleNodes{query.pool, constraints}}; });
  entry.last_used = ++uses;
  entry.nodes.update(table);
  return entry.nodes;
}

NodeOpinions& PlacementScratch::Buffers::opinions(const PlacementQuery& query,
                                                  const std::shared_ptr<const NodeTable>& table) {
  for (Kind& known : kinds)
    known.opinions.forget_unless_on(table);
  Kind& kind = recall(
      kinds, kKindsMax, [&](const Kind& known) { return known.opinions.is_for(query); },
      [&] { return Kind{NodeOpinions{query}}; });
  kind.last_used = ++uses;
  return kind.opinions;
}

void PlacementScratch::Buffers::judge(const ClusterSnapshot& snapshot, const PlacementQuery& query,
                                      std::span<const NodeIndex> candidates) {
  const EligibleNodes& eligible = eligible_nodes(query, snapshot.nodes);
  NodeOpinions& of_kind = opinions(query, snapshot.nodes);
  of_kind.update(snapshot, eligible, candidates);
  std::vector<NodeIndex> planned; // those that exist
  for (const NodeName& name : query.planned_nodes)
    if (const auto node = snapshot.nodes->find(name.str()))
      planned.push_back(*node);
  const NodeIndex charged = snapshot.nodes->find(query.charged_node.str()).value_or(kNoNode);
  verdicts.resize(candidates.size());
  ranked.clear();
  for (std::uint32_t position = 0; position < candidates.size(); ++position) {
    const NodeIndex node = candidates[position];
    if (node == kNoNode) {
      verdicts[position] = NodeVerdict{}; // NodeUnknown
      continue;
    }
    const NodeOpinion opinion =
        node == charged ? NodeJudge(snapshot, query).judge(node, eligible[node]) : of_kind[node];
    verdicts[position] = opinion.verdict;
    if (opinion.verdict.kind == NodeVerdict::Kind::Rejected)
      continue;
    const auto rank = std::ranges::find(planned, node) - planned.begin();
    ranked.emplace_back(static_cast<std::size_t>(rank), opinion.points, node, position);
  }
}

void PlacementScratch::Buffers::put_best_first(std::size_t count) {
  const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(count);
  if (end == ranked.end())
    std::sort(ranked.begin(), end);
  else
    std::partial_sort(ranked.begin(), end, ranked.end());
}

PlacementScratch::PlacementScratch() : buffers_(std::make_unique<Buffers>()) {}
PlacementScratch::~PlacementScratch() = default;
PlacementScratch::PlacementScratch(PlacementScratch&&) noexcept = default;
PlacementScratch& PlacementScratch::operator=(PlacementScratch&&) noexcept = default;

namespace {

/// The pod's shape with the rules that are for it; it may be newer than the snapshot, or unknown to
/// it, and has none of its own then.
ShapePtr ruled_shape(const ClusterSnapshot& snapshot, const PodView& pod) {
  if (snapshot.rules->empty() || !pod.managed)
    return pod.shape;
  const PodView* known = snapshot.find_pod(pod.uid);
  if (known != nullptr && known->labels == pod.labels)
    return same_but_for_rules(*known->shape, *pod.shape)
               ? known->shape
               : with_rules(pod.shape, known->shape->constraints.rules);
  const QuotaName quota = pod.admission ? pod.admission->quota : QuotaName{};
  return with_rules(pod.shape,
                    snapshot.rules->rules_of(pod, path_to_root(*snapshot.quotas, quota)));
}

/// As the cycle saw it when it admitted the pod.
Standing standing_in(const ClusterSnapshot& snapshot, const PoolSpec& pool, const PodView& pod,
                     const ShapePtr& shape) {
  const QuotaName name = pod.admission ? pod.admission->quota : QuotaName{};
  const auto quota = snapshot.quotas->find(name);
  const QuotaSpec* payer = quota ? &snapshot.quotas->spec(*quota) : nullptr;
  return {effective_priority(pod.priority, payer, shape->constraints.rules, pool.name),
          is_over_nominal(snapshot, name, pool.name)};
}

} // namespace

PlacementQuery query_for(const ClusterSnapshot& snapshot, const PodView& pod) {
  PlacementQuery query;
  query.shape = ruled_shape(snapshot, pod);
  if (pod.admission) {
    query.pool = pod.admission->pool;
    query.reservation = pod.admission->reservation;
    query.planned_nodes = pod.admission->planned_nodes;
  }
  if (const auto* charge = snapshot.charges.find(pod.uid);
      charge != nullptr && (*charge)->shape == query.shape)
    query.charged_node = (*charge)->node;
  if (const PoolSpec* pool = snapshot.find_pool(query.pool)) {
    query.strategy = pool->strategy;
    query.is_favoured = is_favoured(pool->strategy, standing_in(snapshot, *pool, pod, query.shape));
  }
  return query;
}

std::optional<Rejection> check(const ClusterSnapshot& snapshot, const NodeName& node,
                               const PlacementQuery& query) {
  const auto index = snapshot.nodes->find(node.str());
  if (!index)
    return Rejection{node, Reason::NodeUnknown, {}, false};
  const PooledNode& pooled = snapshot.nodes->node(*index);
  const Constraints& constraints = query.shape->constraints;
  const Eligibility eligibility = eligibility_of(pooled, query.pool, constraints);
  if (eligibility != Eligibility::Eligible)
    return Rejection{node, reason_of(eligibility), detail_of(eligibility, pooled, constraints),
                     false};
  const RoomVerdict room = NodeJudge(snapshot, query).room_on(*index);
  if (room.kind == RoomVerdict::Kind::Fits)
    return std::nullopt;
  const NodeVerdict verdict = verdict_of(room);
  std::string detail = room.column == NodeVerdict::kNoColumn
                           ? resource_of_no_node(query.shape->requests, *snapshot.nodes)
                           : std::string(snapshot.nodes->columns()[room.column].str());
  return Rejection{node, verdict.reason, std::move(detail), verdict.preemption_may_help};
}

NodeChoice choose_nodes(const ClusterSnapshot& snapshot, const PlacementQuery& query,
                        std::span<const NodeIndex> candidates, std::size_t nodes_max,
                        PlacementScratch& scratch) {
  PlacementScratch::Buffers& buffers = scratch.buffers();
  buffers.judge(snapshot, query, candidates);
  const std::size_t chosen = std::min(nodes_max, buffers.ranked.size());
  buffers.put_best_first(chosen);
  buffers.chosen.clear();
  for (const Ranked& best : std::span(buffers.ranked).first(chosen)) {
    buffers.chosen.push_back(best.position);
    buffers.verdicts[best.position] =
        NodeVerdict{NodeVerdict::Kind::Chosen, false, Reason::Ready, NodeVerdict::kNoColumn};
  }
  return NodeChoice{buffers.chosen, buffers.verdicts};
}

} // namespace berth::allocation
