#include "lib/allocation/node_judge.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

ScoringGround ground_of(const ClusterSnapshot& snapshot, const PlacementQuery& query) {
  static const StrategyParams kDefaults;
  const PoolSpec* pool = snapshot.find_pool(query.pool);
  return ScoringGround{snapshot.nodes.get(),
                       snapshot.fragmentation.get(),
                       query.pool,
                       pool == nullptr ? &kDefaults : &pool->strategy_params,
                       query.strategy,
                       rules_in(query.shape->constraints.rules, query.pool),
                       &query.shape->constraints.preferred_nodes};
}

} // namespace

NodeJudge::NodeJudge(const ClusterSnapshot& snapshot, const PlacementQuery& query)
    : snapshot_(snapshot), query_(query),
      request_(to_columns(query.shape->requests, *snapshot.nodes)),
      scorer_(ground_of(snapshot, query), query.is_favoured),
      charged_node_(snapshot.nodes->find(query.charged_node.str())) {}

NodeOpinion NodeJudge::judge(NodeIndex node, Eligibility eligibility) {
  if (eligibility != Eligibility::Eligible)
    return {{NodeVerdict::Kind::Rejected, false, reason_of(eligibility), NodeVerdict::kNoColumn},
            0};
  const NodeRoom found = room(node);
  if (const RoomVerdict fit = verdict(node, found); fit.kind != RoomVerdict::Kind::Fits)
    return {verdict_of(fit), 0};
  const Points held_bonus = is_held_for_us(node) ? kPointsMax + 1 : 0;
  const Points points = held_bonus + scorer_.score(request_, node, found);
  return {{NodeVerdict::Kind::NotChosen, false, Reason::PreferredElsewhere, NodeVerdict::kNoColumn},
          static_cast<std::uint32_t>(points)};
}

NodeRoom NodeJudge::room(NodeIndex node) {
  if (charged_node_ == node) // its place is its own, whatever is held beside it
    return NodeRoom{snapshot_.nodes->capacity(node), charged_by_others(node), {}};
  return NodeRoom{snapshot_.nodes->capacity(node), snapshot_.loads.row(node),
                  held_for_others(node)};
}

RoomVerdict NodeJudge::verdict(NodeIndex node, const NodeRoom& room) const {
  if (charged_node_ != node)
    return room_for(request_, room);
  ColumnRequest own = request_; // its devices are among those that are charged there
  own.devices = {};
  return room_for(own, room);
}

std::span<const std::int64_t> NodeJudge::held_for_others(NodeIndex node) {
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

std::span<const std::int64_t> NodeJudge::charged_by_others(NodeIndex node) {
  const auto row = snapshot_.loads.row(node);
  charged_.assign(row.begin(), row.end());
  for (const ColumnRequest::Part& part : request_.parts)
    charged_[part.column] -= part.amount;
  return charged_;
}

bool NodeJudge::is_held_for_us(NodeIndex node) const {
  if (query_.reservation.empty())
    return false;
  const auto holds = snapshot_.holds->on_node(node);
  return std::any_of(holds.begin(), holds.end(), [&](const NodeHold& hold) {
    return snapshot_.holds->is_for(hold, query_.reservation);
  });
}

NodeVerdict verdict_of(const RoomVerdict& room) {
  using Kind = RoomVerdict::Kind;
  const Reason reason =
      room.kind == Kind::Held ? Reason::NodeReserved : Reason::InsufficientNodeResources;
  return NodeVerdict{NodeVerdict::Kind::Rejected, room.kind == Kind::Short, reason, room.column};
}

} // namespace berth::allocation
