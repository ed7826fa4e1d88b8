#include "lib/allocation/window_layout.hpp"

#include <algorithm>
#include <limits>

#include "lib/allocation/emptiness.hpp"

namespace berth::allocation {
namespace {

bool is_usable(const PooledNode& node, const PoolName& pool) {
  return node.pool == pool && node.view.ready && !node.view.unschedulable;
}

} // namespace

LaidWindow WindowLayout::find(std::shared_ptr<const ReservationSpec> spec, TimeRange window,
                              std::span<const ReservedPlace> before) {
  window.start = std::max(window.start, calendar_.now());
  LaidWindow laid{std::move(spec), window, {}, {}, 0};
  take_whole_nodes(laid, before);
  take_amounts(laid, before);
  return laid;
}

void WindowLayout::promise(const LaidWindow& laid) {
  const OpenReservation* open = holds_.find(laid.spec->name);
  const ReservationIndex index =
      open == nullptr ? kNoReservation : static_cast<ReservationIndex>(open - holds_.open.data());
  const bool is_lendable =
      laid.spec->lend_idle &&
      calendar_.now() + laid.spec->lead_time + kEvictionDrain < laid.window.start;
  for (const LaidWindow::OnNode& place : laid.places)
    calendar_.promise(place.node, Promise{laid.window, index, kNoPlan, is_lendable, place.amounts,
                                          place.is_whole});
}

std::vector<LaidWindow> WindowLayout::lay_accepted() {
  std::vector<std::shared_ptr<const ReservationSpec>> accepted;
  for (const auto& spec : snapshot_.reservations)
    if (spec->accepted && !spec->deleting && snapshot_.find_pool(spec->pool) != nullptr)
      accepted.push_back(spec);
  std::stable_sort(accepted.begin(), accepted.end(), [](const auto& left, const auto& right) {
    return left->created < right->created; // equal ones stay in the order of names
  });
  std::vector<LaidWindow> first_ones;
  for (const auto& spec : accepted)
    lay_windows_of(spec, first_ones);
  return first_ones;
}

void WindowLayout::lay_windows_of(const std::shared_ptr<const ReservationSpec>& spec,
                                  std::vector<LaidWindow>& first_ones) {
  const TimePoint now = calendar_.now();
  std::vector<ReservedPlace> before = spec->places;
  bool is_first = true;
  // One that is open now lies where `holds` says.
  for (const TimeRange& window :
       windows(*spec, TimeRange{now, TimePoint::max()}, kWindowsLaidMax + 1)) {
    if (window.start <= now)
      continue;
    LaidWindow laid = find(spec, window, before);
    promise(laid);
    if (is_first)
      before = places_of(laid);
    if (is_first)
      first_ones.push_back(std::move(laid));
    is_first = false;
  }
}

std::vector<ReservedPlace> WindowLayout::places_of(const LaidWindow& laid) const {
  std::vector<ReservedPlace> places;
  const auto columns = snapshot_.nodes->columns();
  for (const LaidWindow::OnNode& laid_there : laid.places) {
    ReservedPlace& place = places.emplace_back();
    place.node = snapshot_.nodes->node(laid_there.node).view.name;
    for (std::size_t column = 0; column < columns.size() && !laid_there.is_whole; ++column)
      if (laid_there.amounts[column] > 0)
        place.amounts.set(columns[column], Amount{laid_there.amounts[column]});
  }
  return remembered(std::move(places));
}

void WindowLayout::take_whole_nodes(LaidWindow& laid, std::span<const ReservedPlace> before) {
  laid.nodes_missing = laid.spec->node_count;
  const auto take = [&](NodeIndex node) {
    const bool is_taken = std::any_of(laid.places.begin(), laid.places.end(),
                                      [&](const auto& place) { return place.node == node; });
    if (is_taken || !calendar_.is_whole(node, laid.window, holds_.on_node(node)))
      return;
    const auto capacity = snapshot_.nodes->capacity(node);
    laid.places.push_back({node, {capacity.begin(), capacity.end()}, true});
    --laid.nodes_missing;
  };
  for (const ReservedPlace& place : before)
    if (const auto node = usable(place.node, laid.spec->pool);
        node && place.amounts.empty() && laid.nodes_missing > 0)
      take(*node);
  if (laid.nodes_missing == 0)
    return;
  for (const NodeIndex node : emptiest_first(laid))
    if (laid.nodes_missing > 0)
      take(node);
}

void WindowLayout::take_amounts(LaidWindow& laid, std::span<const ReservedPlace> before) {
  Wanted wanted = wanted_by(laid);
  const auto is_served = [&] {
    return std::ranges::all_of(wanted, [](const auto& part) { return part.second == 0; });
  };
  if (is_served())
    return;
  std::vector<NodeIndex> nodes;
  for (const ReservedPlace& place : before)
    if (const auto node = usable(place.node, laid.spec->pool); node && !place.amounts.empty()) {
      take_there(laid, *node, &place.amounts, wanted);
      nodes.push_back(*node);
    }
  if (!is_served())
    std::ranges::copy(emptiest_first(laid), std::back_inserter(nodes));
  for (const NodeIndex node : nodes)
    if (!is_served())
      take_there(laid, node, nullptr, wanted);
  for (const auto& [column, amount] : wanted)
    if (amount > 0)
      laid.missing.set(snapshot_.nodes->columns()[column], Amount{amount});
}

/// What no node has is missing.
WindowLayout::Wanted WindowLayout::wanted_by(LaidWindow& laid) const {
  Wanted wanted;
  for (const auto& [name, amount] : laid.spec->amounts)
    if (const auto column = snapshot_.nodes->column(name); column && amount > Amount{})
      wanted.emplace_back(*column, amount.value());
    else if (!name.is_virtual() && amount > Amount{})
      laid.missing.set(name, amount);
  return wanted;
}

/// As much as the node has room for; `most`: no more than that.
void WindowLayout::take_there(LaidWindow& laid, NodeIndex node, const ResourceVector* most,
                              Wanted& wanted) {
  auto place = std::ranges::find(laid.places, node, &LaidWindow::OnNode::node);
  if (place != laid.places.end() && place->is_whole)
    return;
  const auto free = free_during(node, laid);
  const bool is_new = place == laid.places.end();
  LaidWindow::OnNode there =
      is_new ? LaidWindow::OnNode{node, std::vector<std::int64_t>(free.size())} : *place;
  bool takes_some = false;
  for (auto& [column, amount] : wanted) {
    std::int64_t room = free[column] - there.amounts[column];
    if (most != nullptr)
      room = std::min(room, most->get(snapshot_.nodes->columns()[column]).value());
    const std::int64_t taken = std::clamp<std::int64_t>(room, 0, amount);
    there.amounts[column] += taken;
    amount -= taken;
    takes_some = takes_some || taken > 0;
  }
  if (takes_some && is_new)
    laid.places.push_back(std::move(there));
  else if (takes_some)
    *place = std::move(there);
}

std::optional<NodeIndex> WindowLayout::usable(const NodeName& name, const PoolName& pool) const {
  const auto node = snapshot_.nodes->find(name.str());
  return node && is_usable(snapshot_.nodes->node(*node), pool) ? node : std::nullopt;
}

std::vector<NodeIndex> WindowLayout::emptiest_first(const LaidWindow& laid) {
  std::vector<std::pair<std::int64_t, NodeIndex>> ranked;
  for (const NodeIndex node : snapshot_.nodes->in_pool(laid.spec->pool))
    if (is_usable(snapshot_.nodes->node(node), laid.spec->pool)) {
      auto free = free_during(node, laid);
      free.resize(snapshot_.nodes->columns().size()); // devices are counted there already
      ranked.emplace_back(-emptiness(snapshot_.nodes->capacity(node), free), node);
    }
  std::sort(ranked.begin(), ranked.end());
  std::vector<NodeIndex> nodes;
  nodes.reserve(ranked.size());
  for (const auto& [rank, node] : ranked)
    nodes.push_back(node);
  return nodes;
}

TimePoint WindowLayout::taken_whole_from(std::span<const ReservedPlace> places,
                                         TimePoint from) const {
  TimePoint first = TimePoint::max();
  for (const ReservedPlace& place : places)
    if (const auto node = snapshot_.nodes->find(place.node.str()))
      for (const Promise& promise : calendar_.promises_on(*node))
        if (promise.is_whole && promise.range.end > from)
          first = std::min(first, std::max(promise.range.start, from));
  return first;
}

std::vector<std::int64_t> WindowLayout::free_during(NodeIndex node, const LaidWindow& laid) {
  const auto capacity = snapshot_.nodes->capacity(node);
  const auto charged = snapshot_.loads.row(node);
  std::vector<std::int64_t> free(capacity.size(), std::numeric_limits<std::int64_t>::min());
  calendar_.hold_during(node, laid.window, holds_.on_node(node), free);
  for (std::size_t column = 0; column < free.size(); ++column)
    free[column] = capacity[column] - charged[column] - free[column];
  return free;
}

} // namespace berth::allocation
