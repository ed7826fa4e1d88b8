#include "lib/allocation/holds.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace berth::allocation {
namespace {

void subtract(std::span<std::int64_t> row, const std::vector<std::int64_t>& part) {
  for (std::size_t column = 0; column < part.size(); ++column)
    row[column] -= part[column];
}

/// Lays the open reservations onto nodes, one after the other.
class Layout {
public:
  Layout(const NodeTable& nodes, const NodeLoads& loads, const HasOthers& has_others)
      : nodes_(nodes), has_others_(has_others) {
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

  void hold_whole_nodes(std::uint32_t index, OpenReservation& open, const ReservationUse& use);
  void hold_amounts(std::uint32_t index, OpenReservation& open, const ResourceVector& amounts,
                    const ReservationUse& use);
  [[nodiscard]] std::vector<NodeHold> take_holds();

private:
  [[nodiscard]] std::span<std::int64_t> free_on(NodeIndex node) {
    const std::size_t width = nodes_.width();
    return {free_.data() + node * width, width};
  }
  [[nodiscard]] bool is_usable(NodeIndex node, const PoolName& pool) const {
    const PooledNode& there = nodes_.node(node);
    return there.pool == pool && there.view.ready && !there.view.unschedulable && !is_whole_[node];
  }
  [[nodiscard]] std::int64_t emptiness(NodeIndex node);
  [[nodiscard]] std::vector<NodeIndex> in_order(const ReservationSpec& spec);
  void hold_whole(std::uint32_t index, NodeIndex node, OpenReservation& open);
  /// What of a promise has no place yet.
  using Wanted = std::vector<std::pair<ColumnIndex, std::int64_t>>;
  void hold_there(NodeHold& hold, const ResourceVector* most, Wanted& wanted);

  const NodeTable& nodes_;
  const HasOthers& has_others_;
  std::vector<std::int64_t> free_; ///< rows; never negative
  std::vector<bool> is_whole_;
  std::vector<NodeHold> holds_;
};

constexpr std::int64_t kEmptinessScale = 1 << 20;

/// The smallest free share of cpu, memory and whatever else the node has.
std::int64_t Layout::emptiness(NodeIndex node) {
  const auto capacity = nodes_.capacity(node);
  const auto free = free_on(node);
  std::int64_t least = kEmptinessScale;
  for (std::size_t column = 0; column < nodes_.columns().size(); ++column)
    if (capacity[column] > 0)
      least = std::min(least, static_cast<std::int64_t>(resources::Int128{free[column]} *
                                                        kEmptinessScale / capacity[column]));
  return least;
}

/// Nodes that may be held: those where the promise lay before, then the emptiest, then by name.
std::vector<NodeIndex> Layout::in_order(const ReservationSpec& spec) {
  std::vector<std::pair<std::int64_t, NodeIndex>> ranked;
  for (const NodeIndex node : nodes_.in_pool(spec.pool)) {
    if (!is_usable(node, spec.pool))
      continue;
    const auto before =
        std::ranges::find(spec.places, nodes_.node(node).view.name, &ReservedPlace::node);
    const std::int64_t rank = before == spec.places.end()
                                  ? -emptiness(node)
                                  : (before - spec.places.end()) - kEmptinessScale;
    ranked.emplace_back(rank, node);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<NodeIndex> order;
  order.reserve(ranked.size());
  for (const auto& [rank, node] : ranked)
    order.push_back(node);
  return order;
}

void Layout::hold_whole(std::uint32_t index, NodeIndex node, OpenReservation& open) {
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
void Layout::hold_whole_nodes(std::uint32_t index, OpenReservation& open,
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
  for (const NodeIndex node : in_order(*open.spec))
    if (wanted == 0)
      return;
    else if (has_others_(node, open.spec->name))
      of_others.push_back(node);
    else
      hold(node, true);
  for (const NodeIndex node : of_others)
    hold(node, false);
}

/// As much as the node has room for; `most`: no more than that.
void Layout::hold_there(NodeHold& hold, const ResourceVector* most, Wanted& wanted) {
  const auto free = free_on(hold.node);
  for (auto& [column, amount] : wanted) {
    std::int64_t room = free[column];
    if (most != nullptr)
      room = std::min(room, most->get(nodes_.columns()[column]).value());
    const std::int64_t taken = std::clamp<std::int64_t>(room, 0, amount);
    hold.amounts[column] += taken;
    free[column] -= taken;
    amount -= taken;
  }
}

/// Node by node as it lay before, less what holders use there; then whatever is left.
void Layout::hold_amounts(std::uint32_t index, OpenReservation& open, const ResourceVector& amounts,
                          const ReservationUse& use) {
  Wanted wanted;
  for (const auto& [name, amount] : amounts)
    if (const auto column = nodes_.column(name); column && amount > Amount{})
      wanted.emplace_back(*column, amount.value());
    else if (!name.is_virtual() && amount > Amount{})
      open.missing.set(name, amount);
  const auto is_served = [&] {
    return std::all_of(wanted.begin(), wanted.end(),
                       [](const auto& part) { return part.second == 0; });
  };
  if (is_served())
    return;
  std::map<NodeIndex, NodeHold> held;
  const auto hold_on = [&](NodeIndex node) -> NodeHold& {
    return held.try_emplace(node, NodeHold{node, index, std::vector<std::int64_t>(nodes_.width())})
        .first->second;
  };
  for (const ReservedPlace& place : open.spec->places)
    if (const auto node = nodes_.find(place.node.str());
        node && is_usable(*node, open.spec->pool)) {
      const ResourceVector most = place.amounts - use.on(place.node);
      hold_there(hold_on(*node), &most, wanted);
    }
  if (!is_served())
    for (const NodeIndex node : in_order(*open.spec))
      if (!is_served())
        hold_there(hold_on(node), nullptr, wanted);
  for (auto& [node, hold] : held)
    if (std::ranges::any_of(hold.amounts, [](std::int64_t amount) { return amount > 0; }))
      holds_.push_back(std::move(hold));
  for (const auto& [column, amount] : wanted)
    if (amount > 0)
      open.missing.set(nodes_.columns()[column], Amount{amount});
}

std::vector<NodeHold> Layout::take_holds() {
  std::sort(holds_.begin(), holds_.end(), [](const NodeHold& left, const NodeHold& right) {
    return std::pair{left.node, left.reservation} < std::pair{right.node, right.reservation};
  });
  return std::move(holds_);
}

ResourceVector unfilled_part(const ResourceVector& promised, const ResourceVector& used) {
  ResourceVector unfilled;
  for (const auto& [name, amount] : promised)
    if (amount > used.get(name))
      unfilled.set(name, amount - used.get(name));
  return unfilled;
}

ResourceVector amounts_of(const NodeHold& hold, const NodeTable& nodes) {
  ResourceVector amounts;
  for (std::size_t column = 0; column < nodes.columns().size(); ++column)
    if (hold.amounts[column] > 0)
      amounts.set(nodes.columns()[column], Amount{hold.amounts[column]});
  return amounts;
}

/// The order in which reservations take their nodes: the older promise first.
std::vector<std::uint32_t> by_age(std::span<const OpenReservation> open) {
  std::vector<std::uint32_t> order(open.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
    return open[left].spec->created < open[right].spec->created;
  });
  return order;
}

} // namespace

OpenWindows find_open_windows(std::span<const std::shared_ptr<const ReservationSpec>> reservations,
                              TimePoint now) {
  OpenWindows open;
  open.from = now;
  for (const auto& spec : reservations) {
    if (!spec->accepted || spec->deleting)
      continue;
    if (const auto window = open_window(*spec, now)) {
      open.entries.push_back({spec, *window});
      open.until = std::min(open.until, window->end);
    } else if (const auto next = next_window(*spec, now)) {
      open.until = std::min(open.until, next->start);
    }
  }
  return open;
}

std::span<const NodeHold> Holds::on_node(NodeIndex node) const {
  const auto [first, last] = std::equal_range(
      holds.begin(), holds.end(), NodeHold{node, 0, {}, false},
      [](const NodeHold& left, const NodeHold& right) { return left.node < right.node; });
  return {first, last};
}

const OpenReservation* Holds::find(const ReservationName& name) const {
  const auto at = std::find_if(open.begin(), open.end(), [&](const OpenReservation& candidate) {
    return candidate.spec->name == name;
  });
  return at == open.end() ? nullptr : &*at;
}

bool Holds::is_for(const NodeHold& hold, const ReservationName& reservation) const {
  return hold.reservation < open.size() && open[hold.reservation].spec->name == reservation;
}

std::vector<ReservedPlace> places_of(const OpenReservation& open, const Holds& holds,
                                     const NodeTable& nodes, const ReservationUse& use) {
  const auto index = static_cast<std::uint32_t>(&open - holds.open.data());
  std::set<NodeName> whole;
  std::map<NodeName, ResourceVector> parts;
  for (const auto& [name, there] : use.on_nodes)
    parts[name] = there.amounts.total();
  for (const NodeHold& hold : holds.holds)
    if (hold.reservation == index && hold.is_whole)
      whole.insert(nodes.node(hold.node).view.name);
    else if (hold.reservation == index)
      parts[nodes.node(hold.node).view.name] += amounts_of(hold, nodes);
  std::vector<ReservedPlace> places;
  ResourceVector left = open.spec->amounts; // holders may use more than was promised
  const auto add = [&](const NodeName& name) {
    if (whole.erase(name) > 0)
      places.push_back({name, {}});
    const auto part = parts.extract(name);
    ReservedPlace place{name, {}};
    if (!part.empty())
      for (const auto& [resource, amount] : left)
        if (const Amount there = std::min(amount, part.mapped().get(resource)); there > Amount{})
          place.amounts.set(resource, there);
    left -= place.amounts;
    if (!place.amounts.empty())
      places.push_back(std::move(place));
  };
  for (const ReservedPlace& before : open.spec->places) // their order is that of the layout
    add(before.node);
  for (const NodeName& name : std::set(whole))
    add(name);
  for (const auto& [name, part] : std::map(parts))
    add(name);
  return remembered(std::move(places));
}

Holds hold_on_nodes(const OpenWindows& windows, const NodeTable& nodes, const NodeLoads& loads,
                    const std::map<ReservationName, ReservationUse>& use,
                    const HasOthers& has_others) {
  Holds holds;
  holds.from = windows.from;
  holds.until = windows.until;
  if (windows.entries.empty())
    return holds;
  const ReservationUse unused;
  const auto use_of = [&](const OpenReservation& open) -> const ReservationUse& {
    const auto at = use.find(open.spec->name);
    return at == use.end() ? unused : at->second;
  };
  for (const auto& [spec, window] : windows.entries) {
    holds.open.push_back(OpenReservation{spec, window, {}, {}, {}, 0});
    OpenReservation& open = holds.open.back();
    open.used = use_of(open).total.total();
    open.unfilled = unfilled_part(spec->amounts, open.used);
  }
  Layout layout(nodes, loads, has_others);
  const auto order = by_age(holds.open);
  std::vector<ResourceVector> amounts;
  for (const OpenReservation& open : holds.open)
    amounts.push_back(open.unfilled);
  for (const std::uint32_t index : order)
    layout.hold_whole_nodes(index, holds.open[index], use_of(holds.open[index]));
  for (const std::uint32_t index : order)
    layout.hold_amounts(index, holds.open[index], amounts[index], use_of(holds.open[index]));
  holds.holds = layout.take_holds();
  return holds;
}

} // namespace berth::allocation
