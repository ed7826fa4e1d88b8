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

bool is_nothing(std::span<const std::int64_t> amounts) {
  return std::ranges::all_of(amounts, [](std::int64_t amount) { return amount == 0; });
}

/// Moves as much of `wanted` as there is beyond `spared` out of the hold; empty: all there is.
void draw(NodeHold* hold, std::span<std::int64_t> wanted, std::span<const std::int64_t> spared) {
  if (hold == nullptr)
    return;
  for (std::size_t column = 0; column < wanted.size(); ++column) {
    const std::int64_t there = hold->amounts[column] - (spared.empty() ? 0 : spared[column]);
    const std::int64_t drawn = std::min(wanted[column], std::max<std::int64_t>(there, 0));
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
  const bool keeps = calendar_ != nullptr && calendar_->keeps_on(node);
  if (picture.holds.empty() && !has_future && !keeps)
    return {};
  held.assign(table_->width(), 0);
  if (calendar_ != nullptr)
    calendar_->add_held(node, viewer, picture, held);
  else
    for (const NodeHold& hold : picture.holds)
      for (std::size_t column = 0; hold.reservation != viewer.reservation && column < held.size();
           ++column)
        held[column] += hold.amounts[column];
  if (calendar_ != nullptr)
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
  ++hold_changes_;
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
    set_holds(node, std::move(state.holds));
  if (calendar_ != nullptr && notes_ends_)
    for (NodeState::Arrival& arrival : state.arrivals)
      calendar_->release(node, arrival.end, std::move(arrival.pod));
  touch(node);
}

void NodeOverlay::set_hold(const NodeHold& hold) {
  std::vector<NodeHold>& holds = holds_[hold.node];
  if (NodeHold* held = find_hold(holds, hold.reservation))
    held->amounts = hold.amounts;
  else
    holds.insert(std::ranges::upper_bound(holds, hold.reservation, {}, &NodeHold::reservation),
                 hold);
  ++hold_changes_;
  touch(hold.node);
}

void NodeOverlay::set_holds(NodeIndex node, std::vector<NodeHold> holds) {
  std::vector<NodeHold>& known = holds_[node];
  if (known == holds)
    return;
  known = std::move(holds);
  ++hold_changes_;
}

void NodeOverlay::lay_promise(ReservationIndex reservation, std::span<const NodeIndex> nodes) {
  const std::vector<NodeIndex> held = held_nodes(reservation);
  for (const NodeIndex node : nodes) {
    NodeHold here{node, reservation, std::vector<std::int64_t>(table_->width())};
    if (const NodeHold* known = find_hold(holds_[node], reservation))
      here = *known;
    if (here.is_whole)
      continue;
    std::vector<std::int64_t> wanted(table_->columns().size());
    const auto kept = calendar_->kept(node, reservation);
    for (std::size_t column = 0; column < wanted.size(); ++column)
      wanted[column] = std::max<std::int64_t>(kept[column] - here.amounts[column], 0);
    const std::vector<std::int64_t> lacking = wanted;
    for (auto other = held.rbegin(); other != held.rend() && !is_nothing(wanted); ++other) {
      NodeHold* there = find_hold(holds_[*other], reservation);
      if (*other == node || there->is_whole)
        continue;
      draw(there, wanted, calendar_->kept(*other, reservation));
      ++hold_changes_;
      touch(*other);
    }
    for (std::size_t column = 0; column < wanted.size(); ++column)
      here.amounts[column] += lacking[column] - wanted[column];
    if (wanted != lacking)
      set_hold(here);
  }
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
  const bool is_noted = base_->calendar() != nullptr;
  if (is_noted)
    state.arrivals.push_back(
        {{viewer.horizon.expected_until, viewer.horizon.relied_until}, {viewer, inside, {}}});
  if (reservation == kNoReservation)
    return;
  if (is_noted && base_->calendar()->keeps_anything())
    draw_inside(node, reservation, request.first_device, true, inside);
  draw_inside(node, reservation, request.first_device, false, inside);
  if (is_noted)
    state.arrivals.back().pod.beyond = std::move(inside);
}

void NodeChanges::draw_inside(NodeIndex node, ReservationIndex reservation,
                              ColumnIndex first_device, bool spares_kept,
                              std::vector<std::int64_t>& wanted) {
  const auto spared = [&](NodeIndex at) {
    return spares_kept ? base_->calendar()->kept(at, reservation) : std::span<const std::int64_t>{};
  };
  draw(find_hold(changed(node).holds, reservation), wanted, spared(node));
  // A device of another node does not stand in for this one's.
  const std::span<std::int64_t> elsewhere = std::span(wanted).first(first_device);
  if (is_nothing(elsewhere))
    return;
  const auto others = base_->held_nodes(reservation);
  for (auto other = others.rbegin(); other != others.rend() && !is_nothing(elsewhere); ++other) {
    if (*other == node)
      continue;
    NodeHold* hold = find_hold(changed(*other).holds, reservation);
    if (hold != nullptr && !hold->is_whole)
      draw(hold, elsewhere, spared(*other));
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
