#include "lib/allocation/node_overlay.hpp"

#include <algorithm>
#include <limits>

namespace berth::allocation {
namespace {

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

NodeOverlay::NodeOverlay(const NodeTable& table, const NodeLoads& loads, const Holds& holds,
                         NodeCalendar* calendar)
    : table_(&table), calendar_(calendar), charged_(loads.flat()), versions_(table.size()) {
  for (const NodeHold& hold : holds.holds)
    holds_[hold.node].push_back(hold);
}

NodeRoom NodeOverlay::room(NodeIndex node, const Viewer& viewer,
                           std::vector<std::int64_t>& held) const {
  const std::size_t columns = table_->width();
  return NodeRoom{table_->capacity(node),
                  {charged_.data() + node * columns, columns},
                  held_for_others(node, viewer, {holds_on(node), {}}, held)};
}

NodeRoom NodeOverlay::room_from(NodeIndex node, TimePoint start, const Viewer& viewer,
                                std::vector<std::int64_t>& held) const {
  const std::size_t columns = table_->width();
  held.assign(columns, std::numeric_limits<std::int64_t>::min());
  calendar_->hold_from(node, start, viewer, holds_on(node), held);
  for (std::size_t column = 0; column < columns; ++column)
    held[column] += charged_[node * columns + column];
  return NodeRoom{table_->capacity(node), held, {}};
}

std::span<const std::int64_t> NodeOverlay::held_for_others(NodeIndex node, const Viewer& viewer,
                                                           const NodePicture& picture,
                                                           std::vector<std::int64_t>& held) const {
  const bool has_future = calendar_ != nullptr && calendar_->has_promises(node);
  if (picture.holds.empty() && !has_future)
    return {};
  held.assign(table_->width(), 0);
  for (const NodeHold& hold : picture.holds)
    if (calendar_ != nullptr)
      calendar_->add_seen(hold, viewer, held);
    else if (hold.reservation != viewer.reservation)
      for (std::size_t column = 0; column < held.size(); ++column)
        held[column] += hold.amounts[column];
  if (has_future)
    calendar_->hold_ahead(node, viewer, picture, held);
  return held;
}

std::span<const NodeHold> NodeOverlay::holds_on(NodeIndex node) const {
  const auto holds = holds_.find(node);
  return holds == holds_.end() ? std::span<const NodeHold>{} : holds->second;
}

void NodeOverlay::promise(NodeIndex node, Promise promise) {
  calendar_->promise(node, std::move(promise));
  touch(node);
}

void NodeOverlay::keep(NodeIndex node, ReservationIndex reservation,
                       std::span<const std::int64_t> amounts, int sign) {
  calendar_->keep(node, reservation, amounts, sign);
  touch(node);
}

NodeOverlay NodeOverlay::second_picture() const {
  NodeOverlay copy = *this;
  copy.notes_ends_ = false;
  return copy;
}

void NodeOverlay::touch(NodeIndex node) {
  ++versions_[node];
  changes_.push_back(node);
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
                   holds == holds_.end() ? std::vector<NodeHold>{} : holds->second,
                   {},
                   {}};
}

void NodeOverlay::apply(NodeIndex node, NodeState state) {
  std::copy(state.charged.begin(), state.charged.end(),
            charged_.begin() + static_cast<std::ptrdiff_t>(node * table_->width()));
  if (!state.holds.empty())
    holds_[node] = std::move(state.holds);
  if (calendar_ != nullptr && notes_ends_)
    for (NodeState::Arrival& arrival : state.arrivals)
      calendar_->release(node, arrival.end, std::move(arrival.amounts), arrival.reservation);
  touch(node);
}

void NodeOverlay::set_hold(const NodeHold& hold) {
  std::vector<NodeHold>& holds = holds_[hold.node];
  if (NodeHold* held = find_hold(holds, hold.reservation))
    held->amounts = hold.amounts;
  else
    holds.push_back(hold);
  touch(hold.node);
}

std::vector<NodeIndex> NodeOverlay::held_nodes(ReservationIndex reservation) const {
  std::vector<NodeIndex> nodes;
  for (const auto& [node, holds] : holds_)
    if (has_hold(holds, reservation))
      nodes.push_back(node);
  return nodes;
}

NodeRoom NodeChanges::room(NodeIndex node, const Viewer& viewer,
                           std::vector<std::int64_t>& held) const {
  const auto state = states_.find(node);
  if (state == states_.end())
    return base_->room(node, viewer, held);
  return NodeRoom{base_->table().capacity(node), state->second.charged,
                  base_->held_for_others(node, viewer, state->second.picture(), held)};
}

NodeRoom NodeChanges::room_without(NodeIndex node, const Viewer& viewer,
                                   std::span<const PodUid> gone,
                                   std::vector<std::int64_t>& held) const {
  NodeRoom room = this->room(node, viewer, held);
  const auto state = states_.find(node);
  if (state == states_.end()) {
    room.held = base_->held_for_others(node, viewer, {base_->holds_on(node), gone}, held);
  } else {
    std::vector<PodUid> all = state->second.gone;
    all.insert(all.end(), gone.begin(), gone.end());
    room.held = base_->held_for_others(node, viewer, {state->second.holds, all}, held);
  }
  return room;
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
                        const Viewer& viewer) {
  const ReservationIndex reservation = viewer.reservation;
  std::vector<std::int64_t> inside(base_->table().width());
  NodeState& state = changed(node);
  add_to_row(state.charged, request, devices);
  add_to_row(inside, request, devices);
  if (base_->calendar() != nullptr)
    state.arrivals.push_back(
        {{viewer.horizon.expected_until, viewer.horizon.relied_until}, inside, reservation});
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

void NodeChanges::remove(NodeIndex node, const ColumnRequest& request, const DeviceList& devices,
                         const PodUid& pod) {
  NodeState& state = changed(node);
  take_off(state.charged, request, devices);
  if (base_->calendar() != nullptr)
    state.gone.push_back(pod);
}

void NodeChanges::apply_to(NodeOverlay& base) && {
  for (auto& [node, state] : states_)
    base.apply(node, std::move(state));
}

} // namespace berth::allocation
