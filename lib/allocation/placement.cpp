#include "lib/allocation/placement.hpp"

#include <algorithm>

#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/node_scorer.hpp"

namespace berth::allocation {
namespace {

/// A node that has room, in the order in which nodes are taken: the rank among the planned nodes
/// (those not planned are equal), the points, the node. The first two are one number, since
/// thousands are sorted.
struct Ranked {
  std::uint64_t merit;    ///< less is better
  NodeIndex node;         ///< decides between equals
  std::uint32_t position; ///< in the candidate list

  Ranked(std::size_t planned_rank, Points points, NodeIndex of, std::uint32_t at)
      : merit((static_cast<std::uint64_t>(planned_rank) << 32U) |
              static_cast<std::uint64_t>(kPointsWithBonusMax - points)),
        node(of), position(at) {}

  friend bool operator<(const Ranked& left, const Ranked& right) {
    return left.merit != right.merit ? left.merit < right.merit : left.node < right.node;
  }

  static constexpr Points kPointsWithBonusMax = 2 * kPointsMax + 1;
  static_assert(kPointsWithBonusMax < Points{1} << 32U);
};

} // namespace

struct PlacementScratch::Buffers {
  struct Remembered {
    EligibleNodes nodes;
    std::uint64_t last_used = 0;
  };

  const EligibleNodes& eligible_nodes(const PlacementQuery& query,
                                      const std::shared_ptr<const NodeTable>& table);

  std::vector<Remembered> remembered; ///< at most kConstraintsMax
  std::uint64_t uses = 0;
  std::vector<NodeIndex> candidates;
  std::vector<NodeVerdict> verdicts;
  std::vector<Ranked> ranked;
  std::vector<std::uint32_t> chosen;
};

const EligibleNodes&
PlacementScratch::Buffers::eligible_nodes(const PlacementQuery& query,
                                          const std::shared_ptr<const NodeTable>& table) {
  const Constraints& constraints = query.shape->constraints;
  auto at = std::find_if(remembered.begin(), remembered.end(), [&](const Remembered& entry) {
    return entry.nodes.is_for(query.pool, constraints);
  });
  if (at == remembered.end() && remembered.size() < kConstraintsMax) {
    at = remembered.insert(at, Remembered{EligibleNodes{query.pool, constraints}});
  } else if (at == remembered.end()) {
    at = std::min_element(remembered.begin(), remembered.end(),
                          [](const Remembered& left, const Remembered& right) {
                            return left.last_used < right.last_used;
                          });
    at->nodes = EligibleNodes{query.pool, constraints};
  }
  at->last_used = ++uses;
  at->nodes.update(table);
  return at->nodes;
}

namespace {

/// One query against the nodes of one snapshot, prepared once and asked for many nodes.
class Placer {
public:
  Placer(const ClusterSnapshot& snapshot, const PlacementQuery& query);

  /// Valid until the next call.
  [[nodiscard]] NodeRoom room(NodeIndex node);
  [[nodiscard]] RoomVerdict verdict(NodeIndex node, const NodeRoom& room) const;
  [[nodiscard]] Ranked rank(NodeIndex node, const NodeRoom& room, std::uint32_t position);

private:
  [[nodiscard]] bool is_held_for_us(NodeIndex node) const;
  [[nodiscard]] std::span<const std::int64_t> held_for_others(NodeIndex node);
  [[nodiscard]] std::span<const std::int64_t> charged_by_others(NodeIndex node);

  const ClusterSnapshot& snapshot_;
  const PlacementQuery& query_;
  ColumnRequest request_;
  NodeScorer scorer_;
  std::optional<NodeIndex> charged_node_;
  std::vector<NodeIndex> planned_; ///< those that exist
  std::vector<std::int64_t> held_;
  std::vector<std::int64_t> charged_;
};

ScoringGround ground_of(const ClusterSnapshot& snapshot, const PlacementQuery& query) {
  static const StrategyParams kDefaults;
  const PoolSpec* pool = snapshot.find_pool(query.pool);
  return ScoringGround{snapshot.nodes.get(), snapshot.fragmentation.get(),
                       query.pool,           pool == nullptr ? &kDefaults : &pool->strategy_params,
                       query.strategy,       rules_in(query.shape->constraints.rules, query.pool)};
}

Placer::Placer(const ClusterSnapshot& snapshot, const PlacementQuery& query)
    : snapshot_(snapshot), query_(query),
      request_(to_columns(query.shape->requests, *snapshot.nodes)),
      scorer_(ground_of(snapshot, query), query.is_favoured),
      charged_node_(snapshot.nodes->find(query.charged_node.str())) {
  for (const NodeName& name : query.planned_nodes)
    if (const auto node = snapshot.nodes->find(name.str()))
      planned_.push_back(*node);
}

NodeRoom Placer::room(NodeIndex node) {
  if (charged_node_ == node) // its place is its own, whatever is held beside it
    return NodeRoom{snapshot_.nodes->capacity(node), charged_by_others(node), {}};
  return NodeRoom{snapshot_.nodes->capacity(node), snapshot_.loads.row(node),
                  held_for_others(node)};
}

RoomVerdict Placer::verdict(NodeIndex node, const NodeRoom& room) const {
  if (charged_node_ != node)
    return room_for(request_, room);
  ColumnRequest own = request_; // its devices are among those that are charged there
  own.devices = {};
  return room_for(own, room);
}

std::span<const std::int64_t> Placer::held_for_others(NodeIndex node) {
  const auto holds = snapshot_.holds->on_node(node);
  if (holds.empty())
    return {};
  held_.assign(snapshot_.nodes->width(), 0);
  for (const NodeHold& hold : holds)
    if (!snapshot_.holds->is_for(hold, query_.reservation))
      for (std::size_t column = 0; column < held_.size(); ++column)
        held_[column] += hold.amounts[column];
  return held_;
}

std::span<const std::int64_t> Placer::charged_by_others(NodeIndex node) {
  const auto row = snapshot_.loads.row(node);
  charged_.assign(row.begin(), row.end());
  for (const ColumnRequest::Part& part : request_.parts)
    charged_[part.column] -= part.amount;
  return charged_;
}

bool Placer::is_held_for_us(NodeIndex node) const {
  if (query_.reservation.empty())
    return false;
  const auto holds = snapshot_.holds->on_node(node);
  return std::any_of(holds.begin(), holds.end(), [&](const NodeHold& hold) {
    return snapshot_.holds->is_for(hold, query_.reservation);
  });
}

Ranked Placer::rank(NodeIndex node, const NodeRoom& room, std::uint32_t position) {
  const auto at = std::find(planned_.begin(), planned_.end(), node);
  const Points held_bonus = is_held_for_us(node) ? kPointsMax + 1 : 0;
  return Ranked{static_cast<std::size_t>(at - planned_.begin()),
                held_bonus + scorer_.score(request_, node, room), node, position};
}

NodeVerdict verdict_of(const RoomVerdict& room) {
  using Kind = RoomVerdict::Kind;
  const Reason reason =
      room.kind == Kind::Held ? Reason::NodeReserved : Reason::InsufficientNodeResources;
  return NodeVerdict{NodeVerdict::Kind::Rejected, room.kind == Kind::Short, reason, room.column};
}

NodeVerdict verdict_of(Eligibility eligibility) {
  return NodeVerdict{NodeVerdict::Kind::Rejected, false, reason_of(eligibility),
                     NodeVerdict::kNoColumn};
}

} // namespace

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
    const QuotaName quota = pod.admission ? pod.admission->quota : QuotaName{};
    query.is_favoured = is_favoured(
        pool->strategy, Standing{pod.priority, is_over_nominal(snapshot, quota, pool->name)});
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
  Placer placer(snapshot, query);
  const RoomVerdict room = placer.verdict(*index, placer.room(*index));
  if (room.kind == RoomVerdict::Kind::Fits)
    return std::nullopt;
  const NodeVerdict verdict = verdict_of(room);
  std::string detail = room.column == NodeVerdict::kNoColumn
                           ? resource_of_no_node(query.shape->requests, *snapshot.nodes)
                           : std::string(snapshot.nodes->columns()[room.column].str());
  return Rejection{node, verdict.reason, std::move(detail), verdict.preemption_may_help};
}

NodeChoice choose_nodes(const ClusterSnapshot& snapshot, const PlacementQuery& query,
                        std::span<const std::string_view> candidates, std::size_t nodes_max,
                        PlacementScratch& scratch) {
  PlacementScratch::Buffers& buffers = scratch.buffers();
  const EligibleNodes& eligible = buffers.eligible_nodes(query, snapshot.nodes);
  Placer placer(snapshot, query);
  buffers.verdicts.assign(candidates.size(), NodeVerdict{});
  buffers.ranked.clear();
  snapshot.nodes->find_all(candidates, buffers.candidates);
  for (std::uint32_t position = 0; position < candidates.size(); ++position) {
    const NodeIndex node = buffers.candidates[position];
    if (node == kNoNode)
      continue; // NodeUnknown
    NodeVerdict& verdict = buffers.verdicts[position];
    if (eligible[node] != Eligibility::Eligible) {
      verdict = verdict_of(eligible[node]);
      continue;
    }
    const NodeRoom room = placer.room(node);
    if (const RoomVerdict found = placer.verdict(node, room);
        found.kind != RoomVerdict::Kind::Fits) {
      verdict = verdict_of(found);
      continue;
    }
    verdict = NodeVerdict{NodeVerdict::Kind::NotChosen, false, Reason::PreferredElsewhere,
                          NodeVerdict::kNoColumn};
    buffers.ranked.push_back(placer.rank(node, room, position));
  }
  const std::size_t chosen = std::min(nodes_max, buffers.ranked.size());
  const auto chosen_end = buffers.ranked.begin() + static_cast<std::ptrdiff_t>(chosen);
  if (chosen_end == buffers.ranked.end())
    std::sort(buffers.ranked.begin(), buffers.ranked.end());
  else
    std::partial_sort(buffers.ranked.begin(), chosen_end, buffers.ranked.end());
  buffers.chosen.clear();
  for (std::size_t i = 0; i < chosen; ++i) {
    buffers.chosen.push_back(buffers.ranked[i].position);
    buffers.verdicts[buffers.ranked[i].position] =
        NodeVerdict{NodeVerdict::Kind::Chosen, false, Reason::Ready, NodeVerdict::kNoColumn};
  }
  return NodeChoice{buffers.chosen, buffers.verdicts};
}

} // namespace berth::allocation
