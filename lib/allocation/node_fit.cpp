#include "lib/allocation/node_fit.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace berth::allocation {
namespace {

/// The strategies multiply by kPointsMax; two numbers below this limit leave room for it.
constexpr int kScoredBits = 52;
/// Resources that a score looks at; a pod that asks for more is scored by the first of them.
constexpr std::size_t kScoredMax = 8;

ResourceRoom scored_room(std::int64_t used, std::int64_t capacity) {
  const int excess =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(capacity))) - kScoredBits;
  if (excess <= 0)
    return ResourceRoom{used, capacity};
  return ResourceRoom{used >> excess, capacity >> excess};
}

std::string taint_text(const Taint& taint) {
  return "taint " + taint.key + (taint.value.empty() ? "" : "=" + taint.value);
}

} // namespace

Eligibility eligibility_of(const PooledNode& node, const PoolName& pool,
                           const Constraints& constraints) {
  if (!pool.empty() && node.pool != pool)
    return Eligibility::NotInPool;
  if (!node.view.ready || node.view.unschedulable)
    return Eligibility::NotReady;
  if (!selectors_match(node.view, constraints))
    return Eligibility::SelectorMismatch;
  if (untolerated_taint(node.view, constraints) != nullptr)
    return Eligibility::Tainted;
  return Eligibility::Eligible;
}

Reason reason_of(Eligibility eligibility) {
  switch (eligibility) {
  case Eligibility::Eligible: return Reason::Ready;
  case Eligibility::NotInPool: return Reason::NodeNotInPool;
  case Eligibility::NotReady: return Reason::NodeNotReady;
  case Eligibility::SelectorMismatch: return Reason::NodeSelectorMismatch;
  case Eligibility::Tainted: return Reason::NodeTainted;
  }
  return Reason::InternalError;
}

std::string detail_of(Eligibility eligibility, const PooledNode& node,
                      const Constraints& constraints) {
  if (eligibility == Eligibility::NotInPool)
    return node.pool.empty() ? "no pool" : "pool " + node.pool.str();
  if (eligibility == Eligibility::NotReady)
    return node.view.unschedulable ? "cordoned" : "not ready";
  if (eligibility == Eligibility::Tainted)
    if (const Taint* taint = untolerated_taint(node.view, constraints))
      return taint_text(*taint);
  return {};
}

EligibleNodes::EligibleNodes(PoolName pool, Constraints constraints)
    : pool_(std::move(pool)), constraints_(std::move(constraints)) {}

void EligibleNodes::update(const std::shared_ptr<const NodeTable>& table) {
  if (table == table_)
    return;
  const bool same_size = table_ != nullptr && table_->size() == table->size();
  eligibility_.resize(table->size());
  for (NodeIndex node = 0; node < table->size(); ++node)
    if (!same_size || table_->nodes()[node] != table->nodes()[node])
      eligibility_[node] = eligibility_of(table->node(node), pool_, constraints_);
  table_ = table;
}

ColumnRequest to_columns(const ResourceVector& request, const NodeTable& table) {
  ColumnRequest columns;
  const bool asks_for_more_than_pods =
      std::any_of(request.begin(), request.end(), [](const ResourceVector::Entry& entry) {
        return entry.amount > Amount{} && entry.name != ResourceName::pods();
      });
  for (const auto& [name, amount] : request) {
    if (amount <= Amount{} || name.is_virtual())
      continue;
    const auto column = table.column(name);
    if (!column) {
      columns.is_nowhere = true;
      continue;
    }
    const bool is_scored = !asks_for_more_than_pods || name != ResourceName::pods();
    columns.parts.push_back(ColumnRequest::Part{*column, amount.value(), is_scored});
  }
  return columns;
}

std::string resource_of_no_node(const ResourceVector& request, const NodeTable& nodes) {
  for (const auto& [name, amount] : request)
    if (amount > Amount{} && !name.is_virtual() && !nodes.column(name))
      return std::string(name.str());
  return {};
}

RoomVerdict room_for(const ColumnRequest& request, const NodeRoom& room) {
  if (request.is_nowhere)
    return RoomVerdict{RoomVerdict::Kind::NeverFits, NodeVerdict::kNoColumn};
  RoomVerdict worst;
  const auto note = [&](RoomVerdict::Kind kind, ColumnIndex column) {
    if (kind > worst.kind)
      worst = RoomVerdict{kind, column};
  };
  for (const auto& [column, amount, is_scored] : request.parts) {
    const std::int64_t free = room.capacity[column] - room.charged[column];
    if (amount > room.capacity[column])
      note(RoomVerdict::Kind::NeverFits, column);
    else if (amount > free)
      note(RoomVerdict::Kind::Short, column);
    else if (!room.held.empty() && amount > free - room.held[column])
      note(RoomVerdict::Kind::Held, column);
  }
  return worst;
}

Points score(const ColumnRequest& request, const NodeRoom& room, ScoreNode scorer) {
  std::array<ResourceRoom, kScoredMax> scored;
  std::size_t count = 0;
  for (const auto& [column, amount, is_scored] : request.parts)
    if (is_scored && count < kScoredMax)
      scored[count++] = scored_room(room.charged[column] + amount, room.capacity[column]);
  return scorer({scored.data(), count});
}

} // namespace berth::allocation
