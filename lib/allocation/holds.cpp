#include "lib/allocation/holds.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "lib/allocation/holds_layout.hpp"

namespace berth::allocation {
namespace {

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
      open.coming.push_back({spec, *next});
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
  HoldsLayout layout(nodes, loads, has_others, windows.coming);
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
