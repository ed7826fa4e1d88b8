#include "lib/allocation/node_ranking.hpp"

#include <algorithm>

namespace berth::allocation {

NodeRanking::NodeRanking(RankingInput input, std::span<const NodeIndex> nodes,
                         const NodeRooms& rooms)
    : input_(std::move(input)), changes_seen_(rooms.changes().size()) {
  heap_.reserve(nodes.size());
  for (const NodeIndex node : nodes) {
    if (node >= is_allowed_.size())
      is_allowed_.resize(node + std::size_t{1});
    is_allowed_[node] = true;
    look_at(node, rooms);
  }
  std::make_heap(heap_.begin(), heap_.end());
}

void NodeRanking::catch_up(const NodeRooms& rooms) {
  const auto changes = rooms.changes();
  for (; changes_seen_ < changes.size(); ++changes_seen_) {
    const NodeIndex node = changes[changes_seen_];
    if (node >= is_allowed_.size() || !is_allowed_[node])
      continue;
    const std::size_t before = heap_.size();
    look_at(node, rooms);
    if (heap_.size() > before)
      std::push_heap(heap_.begin(), heap_.end());
  }
}

NodeRanking NodeRanking::continue_on(const NodeRooms& what_if) const {
  NodeRanking copy = *this;
  copy.changes_seen_ = 0;
  copy.catch_up(what_if);
  return copy;
}

/// Adds an entry if the node has room; older entries of the node stop counting by their version.
void NodeRanking::look_at(NodeIndex node, const NodeRooms& rooms) {
  const NodeRoom room = rooms.room(node, input_.viewer, held_);
  if (room_for(input_.request, room).kind != RoomVerdict::Kind::Fits)
    return;
  const bool is_ours = input_.viewer.reservation != kNoReservation &&
                       rooms.is_held_for(node, input_.viewer.reservation);
  const Points bonus = is_ours ? kPointsMax + 1 : 0;
  heap_.push_back(
      Entry{bonus + input_.scorer.score(input_.request, node, room), node, rooms.version(node)});
}

DeviceList NodeRanking::devices(NodeIndex node, const NodeRooms& rooms) {
  return input_.scorer.devices(input_.request, rooms.room(node, input_.viewer, held_));
}

std::vector<NodeIndex> NodeRanking::best(std::size_t count, const NodeRooms& rooms, NodeIndex own) {
  catch_up(rooms);
  std::vector<Entry> taken;
  std::vector<NodeIndex> nodes;
  if (own < is_allowed_.size() && is_allowed_[own] &&
      room_for(input_.request, rooms.room(own, input_.viewer, held_)).kind ==
          RoomVerdict::Kind::Fits)
    nodes.push_back(own);
  while (nodes.size() < count && !heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end());
    const Entry entry = heap_.back();
    heap_.pop_back();
    const bool is_named = std::find(nodes.begin(), nodes.end(), entry.node) != nodes.end();
    if (entry.version != rooms.version(entry.node) || (is_named && entry.node != own))
      continue; // the node changed since, or was looked at twice since it changed
    taken.push_back(entry);
    if (!is_named)
      nodes.push_back(entry.node);
  }
  for (const Entry& entry : taken) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end());
  }
  return nodes;
}

} // namespace berth::allocation
