#include "lib/allocation/holds_layout.hpp"

#include <algorithm>

#include "lib/allocation/emptiness.hpp"

namespace berth::allocation {
namespace {

void subtract(std::span<std::int64_t> row, const std::vector<std::int64_t>& part) {
  for (std::size_t column = 0; column < part.size(); ++column)
    row[column] -= part[column];
}

} // namespace

HoldsLayout::HoldsLayout(const NodeTable& nodes, const NodeLoads& loads,
                         const HasOthers& has_others, std::span<const OpenWindows::Entry> coming)
    : nodes_(nodes), has_others_(has_others) {
  note_coming(coming);
  free_ = loads.flat();
  for (NodeIndex node = 0; node < nodes.size(); ++node) {
    const auto capacity = nodes.capacity(node);
    const auto row = free_on(node);
    for (std::size_t column = 0; column < capacity.size(); ++column)
      row[column] = capacity[column] - row[column];
    if (nodes.node(node).is_in_burst()) // a window may outlast it
      subtract(row, nodes.from_burst(node));
    for (std::int64_t& free : row)
      free = std::max<std::int64_t>(free, 0);
  }
  is_whole_.resize(nodes.size());
}

void HoldsLayout::note_coming(std::span<const OpenWindows::Entry> coming) {
  for (const auto& [spec, window] : coming)
    for (const ReservedPlace& place : spec->places) {
      const auto node = nodes_.find(place.node.str());
      if (!node)
        continue;
      const auto capacity = nodes_.capacity(*node);
      Coming there{window.start, {capacity.begin(), capacity.end()}};
      if (!place.amounts.empty()) {
        there.amounts.assign(capacity.size(), 0);
        for (const auto& [name, amount] : place.amounts)
          if (const auto column = nodes_.column(name))
            there.amounts[*column] = amount.value();
      }
      coming_.emplace(*node, std::move(there));
    }
}

bool HoldsLayout::is_promised_before(TimePoint until, NodeIndex node) const {
  const auto [first, last] = coming_.equal_range(node);
  return std::any_of(first, last, [&](const auto& there) { return there.second.start < until; });
}

/// Work that stands there now was let in beside what is promised: it is gone by then, or fits.
std::vector<std::int64_t> HoldsLayout::room_then(const Search& search, NodeIndex node) const {
  std::vector<std::int64_t> room;
  const auto [first, last] = coming_.equal_range(node);
  for (auto there = first; there != last; ++there)
    if (there->second.start < search.open.window.end) {
      const auto capacity = nodes_.capacity(node);
      if (room.empty())
        room.assign(capacity.begin(), capacity.end());
      for (std::size_t column = 0; column < room.size(); ++column)
        room[column] = std::min(room[column], capacity[column] - there->second.amounts[column]);
    }
  if (room.empty())
    return room;
  if (const auto held = held_.find(node); held != held_.end())
    for (std::size_t column = 0; column < room.size(); ++column)
      room[column] -= held->second[column];
  for (const auto& [name, amount] : search.use.on(nodes_.node(node).view.name))
    if (const auto column = nodes_.column(name))
      room[*column] -= amount.value();
  return room;
}

/// Nodes that may be held: those where the promise lay before, then the emptiest, then by name, and
/// last those that are promised to others from some time in the window on.
std::vector<NodeIndex> HoldsLayout::in_order(const OpenReservation& open) {
  const ReservationSpec& spec = *open.spec;
  std::vector<std::pair<std::int64_t, NodeIndex>> ranked;
  for (const NodeIndex node : nodes_.in_pool(spec.pool)) {
    if (!is_usable(node, spec.pool))
      continue;
    const auto free = free_on(node).first(nodes_.columns().size()); // devices are counted there
    const auto before =
        std::ranges::find(spec.places, nodes_.node(node).view.name, &ReservedPlace::node);
    std::int64_t rank = before == spec.places.end()
                            ? -emptiness(nodes_.capacity(node), free)
                            : (before - spec.places.end()) - kEmptinessScale;
    if (is_promised_before(open.window.end, node))
      rank += 2 * kEmptinessScale;
    ranked.emplace_back(rank, node);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<NodeIndex> order;
  order.reserve(ranked.size());
  for (const auto& [rank, node] : ranked)
    order.push_back(node);
  return order;
}

void HoldsLayout::hold_whole(std::uint32_t index, NodeIndex node, OpenReservation& open) {
  is_whole_[node] = true;
  const auto free = free_on(node);
  for (std::size_t column = 0; column < nodes_.columns().size(); ++column)
    if (const ResourceName& name = nodes_.columns()[column]; name != ResourceName::pods())
      open.unfilled.set(name, open.unfilled.get(name) + Amount{free[column]});
  holds_.push_back(NodeHold{node, index, {free.begin(), free.end()}, true});
  std::fill(free.begin(), free.end(), 0);
}

/// The nodes that holders are on already come first: the promise is of so many nodes in all. Those
/// that others stand on come last: they are held, so that nobody else comes, and missing.
void HoldsLayout::hold_whole_nodes(std::uint32_t index, OpenReservation& open,
                                   const ReservationUse& use) {
  std::int32_t wanted = open.spec->node_count;
  open.nodes_missing = wanted;
  const auto hold = [&](NodeIndex node, bool is_own) {
    if (wanted == 0 || is_whole_[node])
      return;
    hold_whole(index, node, open);
    --wanted;
    open.nodes_missing -= is_own ? 1 : 0;
  };
  for (const auto& [name, there] : use.on_nodes)
    if (const auto node = nodes_.find(name.str()))
      hold(*node, !has_others_(*node, open.spec->name));
  if (wanted == 0)
    return;
  std::vector<NodeIndex> of_others;
  for (const NodeIndex node : in_order(open))
    if (wanted == 0)
      return;
    else if (has_others_(node, open.spec->name))
      of_others.push_back(node);
    else
      hold(node, true);
  for (const NodeIndex node : of_others)
    hold(node, false);
}

/// As much as the node has room for within the bounds.
void HoldsLayout::hold_there(NodeHold& hold, const Bounds& bounds, Wanted& wanted) {
  const auto free = free_on(hold.node);
  const auto there = [&](const std::pair<ColumnIndex, std::int64_t>& part) {
    const auto [column, amount] = part;
    std::int64_t room = free[column];
    if (!bounds.room_then.empty())
      room = std::min(room, bounds.room_then[column]);
    if (bounds.most != nullptr)
      room = std::min(room, bounds.most->get(nodes_.columns()[column]).value());
    return std::clamp<std::int64_t>(room, 0, amount);
  };
  if (bounds.takes_of_all && std::ranges::any_of(wanted, [&](const auto& part) {
        return part.second > 0 && there(part) == 0;
      }))
    return;
  std::vector<std::int64_t>& held = held_[hold.node];
  held.resize(nodes_.width());
  for (auto& part : wanted) {
    const std::int64_t taken = there(part);
    hold.amounts[part.first] += taken;
    held[part.first] += taken;
    free[part.first] -= taken;
    part.second -= taken;
  }
}

/// Node by node as it lay before, less what holders use there; then whatever is left. Room that is
/// promised to others from some time in the window on comes last: there, one of the two would lack
/// it. Nodes that have some of everything come before those where a part would lie alone.
void HoldsLayout::hold_amounts(std::uint32_t index, OpenReservation& open,
                               const ResourceVector& amounts, const ReservationUse& use) {
  Search search{index, open, use, {}, {}, {}};
  for (const auto& [name, amount] : amounts)
    if (const auto column = nodes_.column(name); column && amount > Amount{})
      search.wanted.emplace_back(*column, amount.value());
    else if (!name.is_virtual() && amount > Amount{})
      open.missing.set(name, amount);
  for (const bool spares_others : {true, false})
    for (const bool takes_of_all : {true, false})
      if (!search.is_over())
        look_everywhere(search, spares_others, takes_of_all);
  for (auto& [node, hold] : search.held)
    if (std::ranges::any_of(hold.amounts, [](std::int64_t amount) { return amount > 0; }))
      holds_.push_back(std::move(hold));
  for (const auto& [column, amount] : search.wanted)
    if (amount > 0)
      open.missing.set(nodes_.columns()[column], Amount{amount});
}

void HoldsLayout::look_everywhere(Search& search, bool spares_others, bool takes_of_all) {
  const ReservationSpec& spec = *search.open.spec;
  const auto look_at = [&](NodeIndex node, const ResourceVector* most) {
    if (search.is_over())
      return;
    const auto then = spares_others ? room_then(search, node) : std::vector<std::int64_t>{};
    NodeHold& hold = search.held
                         .try_emplace(node, NodeHold{node, search.index,
                                                     std::vector<std::int64_t>(nodes_.width())})
                         .first->second;
    // A place keeps what it has, however little of all.
    hold_there(hold, {most, then, takes_of_all && most == nullptr}, search.wanted);
  };
  for (const ReservedPlace& place : spec.places)
    if (const auto node = nodes_.find(place.node.str());
        takes_of_all && node && is_usable(*node, spec.pool)) {
      const ResourceVector most = place.amounts - search.use.on(place.node);
      look_at(*node, &most);
    }
  if (search.is_over())
    return;
  if (search.order.empty())
    search.order = in_order(search.open);
  for (const NodeIndex node : search.order)
    look_at(node, nullptr);
}

std::vector<NodeHold> HoldsLayout::take_holds() {
  std::sort(holds_.begin(), holds_.end(), [](const NodeHold& left, const NodeHold& right) {
    return std::pair{left.node, left.reservation} < std::pair{right.node, right.reservation};
  });
  return std::move(holds_);
}

} // namespace berth::allocation
