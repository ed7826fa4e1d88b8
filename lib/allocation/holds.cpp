#include "lib/allocation/holds.hpp"

#include <algorithm>
#include <numeric>

namespace berth::allocation {
namespace {

/// Lays the open reservations onto nodes, one after the other.
class Layout {
public:
  Layout(const NodeTable& nodes, const NodeLoads& loads) : nodes_(nodes) {
    free_ = loads.flat();
    for (NodeIndex node = 0; node < nodes.size(); ++node) {
      const auto capacity = nodes.capacity(node);
      const auto row = free_on(node);
      for (std::size_t column = 0; column < capacity.size(); ++column)
        row[column] = std::max<std::int64_t>(capacity[column] - row[column], 0);
    }
    is_whole_.resize(nodes.size());
  }

  void hold_whole_nodes(std::uint32_t index, OpenReservation& open, const ReservationUse& use);
  void hold_amounts(std::uint32_t index, OpenReservation& open, const ResourceVector& amounts);
  [[nodiscard]] std::vector<NodeHold> take_holds();

private:
  [[nodiscard]] std::span<std::int64_t> free_on(NodeIndex node) {
    const std::size_t width = nodes_.width();
    return {free_.data() + node * width, width};
  }
  [[nodiscard]] std::int64_t emptiness(NodeIndex node);
  [[nodiscard]] std::vector<NodeIndex> in_order(const ReservationSpec& spec);
  void hold_whole(std::uint32_t index, NodeIndex node, OpenReservation& open);

  const NodeTable& nodes_;
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
    const NodeView& view = nodes_.node(node).view;
    if (!view.ready || view.unschedulable || is_whole_[node])
      continue;
    const auto before = std::find(spec.nodes.begin(), spec.nodes.end(), view.name);
    const std::int64_t rank = before == spec.nodes.end()
                                  ? -emptiness(node)
                                  : (before - spec.nodes.end()) - kEmptinessScale;
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

/// The nodes that holders are on already come first: the promise is of so many nodes in all.
void Layout::hold_whole_nodes(std::uint32_t index, OpenReservation& open,
                              const ReservationUse& use) {
  std::int32_t missing = open.spec->node_count;
  for (const auto& [name, pods] : use.pods_on) {
    const auto node = nodes_.find(name.str());
    if (missing == 0 || !node || is_whole_[*node])
      continue;
    hold_whole(index, *node, open);
    --missing;
  }
  for (const NodeIndex node : in_order(*open.spec)) {
    if (missing == 0)
      break;
    hold_whole(index, node, open);
    --missing;
  }
  open.nodes_missing = missing;
}

void Layout::hold_amounts(std::uint32_t index, OpenReservation& open,
                          const ResourceVector& amounts) {
  std::vector<std::pair<ColumnIndex, std::int64_t>> wanted;
  for (const auto& [name, amount] : amounts)
    if (const auto column = nodes_.column(name); column && amount > Amount{})
      wanted.emplace_back(*column, amount.value());
    else if (!name.is_virtual() && amount > Amount{})
      open.missing.set(name, amount);
  if (wanted.empty())
    return;
  const auto is_served = [&] {
    return std::all_of(wanted.begin(), wanted.end(),
                       [](const auto& part) { return part.second == 0; });
  };
  for (const NodeIndex node : in_order(*open.spec)) {
    if (is_served())
      break;
    NodeHold hold{node, index, std::vector<std::int64_t>(nodes_.width()), false};
    for (auto& [column, amount] : wanted) {
      const std::int64_t taken = std::min(amount, free_on(node)[column]);
      hold.amounts[column] = taken;
      free_on(node)[column] -= taken;
      amount -= taken;
    }
    holds_.push_back(std::move(hold));
  }
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

Holds hold_on_nodes(const OpenWindows& windows, const NodeTable& nodes, const NodeLoads& loads,
                    const std::map<ReservationName, ReservationUse>& use) {
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
  Layout layout(nodes, loads);
  const auto order = by_age(holds.open);
  std::vector<ResourceVector> amounts;
  for (const OpenReservation& open : holds.open)
    amounts.push_back(open.unfilled);
  for (const std::uint32_t index : order)
    layout.hold_whole_nodes(index, holds.open[index], use_of(holds.open[index]));
  for (const std::uint32_t index : order)
    layout.hold_amounts(index, holds.open[index], amounts[index]);
  holds.holds = layout.take_holds();
  return holds;
}

} // namespace berth::allocation
