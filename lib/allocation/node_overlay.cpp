#include "lib/allocation/node_overlay.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

std::span<const std::int64_t> held_for_others(std::span<const NodeHold> holds,
                                              ReservationIndex reservation,
                                              std::vector<std::int64_t>& held) {
  if (holds.empty())
    return {};
  held.assign(holds.front().amounts.size(), 0);
  for (const NodeHold& hold : holds)
    if (hold.reservation != reservation)
      for (std::size_t column = 0; column < held.size(); ++column)
        held[column] += hold.amounts[column];
  return held;
}

NodeHold* find_hold(std::vector<NodeHold>& holds, ReservationIndex reservation) {
  const auto at = std::find_if(holds.begin(), holds.end(), [&](const NodeHold& hold) {
    return hold.reservation == reservation;
  });
  return at == holds.end() ? nullptr : &*at;
}

bool has_hold(std::span<const NodeHold> holds, ReservationIndex reservation) {
  return std::any_of(holds.begin(), holds.end(),
                     [&](const NodeHold& hold) { return hold.reservation == reservation; });
}

/// Moves as much of `wanted` as there is out of the hold.
void draw(NodeHold* hold, std::vector<std::int64_t>& wanted) {
  if (hold == nullptr)
    return;
  for (std::size_t column = 0; column < wanted.size(); ++column) {
    const std::int64_t drawn = std::min(wanted[column], hold->amounts[column]);
    hold->amounts[column] -= drawn;
    wanted[column] -= drawn;
  }
}

} // namespace

NodeOverlay::NodeOverlay(const NodeTable& table, const NodeLoads& loads, const Holds& holds)
    : table_(&table), charged_(loads.flat()), versions_(table.size()) {
  for (const NodeHold& hold : holds.holds)
    holds_[hold.node].push_back(hold);
}

NodeRoom NodeOverlay::room(NodeIndex node, ReservationIndex reservation,
                           std::vector<std::int64_t>& held) const {
  const std::size_t columns = table_->width();
  const auto holds = holds_.find(node);
  return NodeRoom{table_->capacity(node),
                  {charged_.data() + node * columns, columns},
                  holds == holds_.end() ? std::span<const std::int64_t>{}
                                        : held_for_others(holds->second, reservation, held)};
}

bool NodeOverlay::is_held_for(NodeIndex node, ReservationIndex reservation) const {
  const auto holds = holds_.find(node);
  return holds != holds_.end() && has_hold(holds->second, reservation);
}

NodeState NodeOverlay::state(NodeIndex node) const {
  const std::size_t columns = table_->width();
  const auto row = charged_.begin() + static_cast<std::ptrdiff_t>(node * columns);
  const auto holds = holds_.find(node);
  return NodeState{{row, row + static_cast<std::ptrdiff_t>(columns)},
                   holds == holds_.end() ? std::vector<NodeHold>{} : holds->second};
}

void NodeOverlay::apply(NodeIndex node, NodeState state) {
  std::copy(state.charged.begin(), state.charged.end(),
            charged_.begin() + static_cast<std::ptrdiff_t>(node * table_->width()));
  if (!state.holds.empty())
    holds_[node] = std::move(state.holds);
  ++versions_[node];
  changes_.push_back(node);
}

std::vector<NodeIndex> NodeOverlay::held_nodes(ReservationIndex reservation) const {
  std::vector<NodeIndex> nodes;
  for (const auto& [node, holds] : holds_)
    if (has_hold(holds, reservation))
      nodes.push_back(node);
  return nodes;
}

NodeRoom NodeChanges::room(NodeIndex node, ReservationIndex reservation,
                           std::vector<std::int64_t>& held) const {
  const auto state = states_.find(node);
  if (state == states_.end())
    return base_->room(node, reservation, held);
  return NodeRoom{base_->table().capacity(node), state->second.charged,
                  held_for_others(state->second.holds, reservation, held)};
}

bool NodeChanges::is_held_for(NodeIndex node, ReservationIndex reservation) const {
  const auto state = states_.find(node);
  return state == states_.end() ? base_->is_held_for(node, reservation)
                                : has_hold(state->second.holds, reservation);
}

std::uint32_t NodeChanges::version(NodeIndex node) const {
  const auto own = versions_.find(node);
  return base_->version(node) + (own == versions_.end() ? 0 : own->second);
}

NodeState& NodeChanges::changed(NodeIndex node) {
  ++versions_[node];
  changes_.push_back(node);
  const auto known = states_.find(node);
  return known != states_.end() ? known->second
                                : states_.emplace(node, base_->state(node)).first->second;
}

void NodeChanges::place(NodeIndex node, const ColumnRequest& request, const DeviceList& devices,
                        ReservationIndex reservation) {
  std::vector<std::int64_t> inside(base_->table().width());
  NodeState& state = changed(node);
  for (const ColumnRequest::Part& part : request.parts) {
    state.charged[part.column] += part.amount;
    inside[part.column] = part.amount;
  }
  for (const DeviceIndex device : devices) {
    const std::size_t slot = request.first_device + static_cast<std::size_t>(device);
    state.charged[slot] += request.devices.milli_each();
    inside[slot] = request.devices.milli_each();
  }
  if (reservation == kNoReservation)
    return;
  draw(find_hold(state.holds, reservation), inside);
  // A device of another node does not stand in for this one's.
  std::fill(inside.begin() + request.first_device, inside.end(), 0);
  const auto is_drawn = [&] {
    return std::all_of(inside.begin(), inside.end(), [](std::int64_t left) { return left == 0; });
  };
  const auto others = base_->held_nodes(reservation);
  for (auto other = others.rbegin(); other != others.rend() && !is_drawn(); ++other) {
    if (*other == node)
      continue;
    NodeState& elsewhere = changed(*other);
    NodeHold* hold = find_hold(elsewhere.holds, reservation);
    if (hold != nullptr && !hold->is_whole)
      draw(hold, inside);
  }
}

void NodeChanges::apply_to(NodeOverlay& base) && {
  for (auto& [node, state] : states_)
    base.apply(node, std::move(state));
}

} // namespace berth::allocation
