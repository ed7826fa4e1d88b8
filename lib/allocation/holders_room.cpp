#include "lib/allocation/holders_room.hpp"

#include <algorithm>
#include <utility>

namespace berth::allocation {

HoldersRoom::HoldersRoom(NodeOverlay& overlay, Places places)
    : overlay_(overlay), kept_(std::move(places)) {
  std::map<ReservationIndex, std::set<NodeIndex>> nodes;
  for (const auto& [workload, place] : kept_) {
    change_calendar(place, 1);
    for (const auto& [node, row] : place.rows)
      nodes[place.viewer.reservation].insert(node);
  }
  for (const auto& [reservation, kept] : nodes)
    overlay_.lay_promise(reservation, std::vector(kept.begin(), kept.end()));
}

void HoldersRoom::begin_turn(const WorkloadId& workload) {
  end_turn();
  turn_ = kept_.extract(workload);
  if (!turn_.empty())
    change_calendar(turn_.mapped(), -1);
}

void HoldersRoom::end_turn() {
  if (turn_.empty())
    return;
  change_calendar(turn_.mapped(), 1);
  kept_.insert(std::move(turn_));
}

std::span<const NodeIndex> HoldersRoom::own_nodes(ReservationIndex reservation) const {
  if (turn_.empty() || turn_.mapped().viewer.reservation != reservation)
    return {};
  return turn_.mapped().nodes;
}

bool HoldersRoom::is_own_free() const {
  if (turn_.empty())
    return false;
  std::vector<std::int64_t> held;
  return std::ranges::all_of(turn_.mapped().rows, [&](const auto& kept) {
    const auto& [node, row] = kept;
    const NodeRoom room = overlay_.room(node, turn_.mapped().viewer, held);
    for (std::size_t column = 0; column < row.size(); ++column)
      if (row[column] > room.capacity[column] - room.charged[column] -
                            (room.held.empty() ? 0 : room.held[column]))
        return false;
    return true;
  });
}

bool HoldersRoom::release() {
  return !std::exchange(turn_, {}).empty();
}

void HoldersRoom::change_calendar(const HoldersPlace& place, int sign) {
  for (const auto& [node, row] : place.rows)
    overlay_.keep(node, place.viewer.reservation, row, sign);
}

std::vector<Recall> HoldersRoom::lacking(const std::set<WorkloadId>& holders) const {
  std::map<std::pair<ReservationIndex, NodeIndex>, std::vector<std::int64_t>> wanted;
  for (const auto& [workload, place] : kept_)
    if (holders.contains(workload))
      for (const auto& [node, row] : place.rows) {
        auto& sum = wanted.try_emplace({place.viewer.reservation, node}, row.size()).first->second;
        for (std::size_t column = 0; column < row.size(); ++column)
          sum[column] += row[column];
      }
  std::vector<Recall> recalls;
  std::vector<std::int64_t> held;
  for (auto& [where, row] : wanted) {
    const auto& [reservation, node] = where;
    const NodeRoom room = overlay_.room(node, Viewer{reservation}, held);
    const auto kept = overlay_.calendar()->kept(node, reservation); // `room` has it, too
    for (std::size_t column = 0; column < row.size(); ++column)
      row[column] +=
          room.charged[column] - room.capacity[column] + room.held[column] - kept[column];
    recalls.push_back(Recall{reservation, node, std::move(row)});
  }
  return recalls;
}

} // namespace berth::allocation
