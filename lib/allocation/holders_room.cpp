#include "lib/allocation/holders_room.hpp"

#include <utility>

namespace berth::allocation {
namespace {

/// The nodes as they would be if nobody stood on a loan that is over: who is let onto the idle
/// capacity of an open window may be recalled at any time.
NodeChanges without_guests(const ClusterSnapshot& snapshot, const NodeOverlay& overlay,
                           TimePoint now) {
  NodeChanges left(overlay);
  snapshot.noticed.for_each([&](const PodUid& uid, const std::shared_ptr<const PodView>& pod) {
    const auto* charge = snapshot.charges.find(uid);
    if (charge == nullptr || !is_lent(*pod) || *pod->admission->lent_until > now)
      return;
    if (const auto node = snapshot.nodes->find((*charge)->node.str()))
      left.remove(*node, to_columns((*charge)->shape->requests, *snapshot.nodes),
                  (*charge)->devices, uid);
  });
  return left;
}

} // namespace

HoldersRoom::HoldersRoom(const ClusterSnapshot& snapshot, NodeOverlay& overlay, TimePoint now)
    : overlay_(overlay), placer_(snapshot, overlay.second_picture()),
      without_guests_(without_guests(snapshot, placer_.overlay(), now)) {}

void HoldersRoom::keep(const WorkloadId& workload, Pods members, const Site& site) {
  auto placed = placer_.place(members, site, 1);
  if (!placed)
    placed = placer_.place_on(without_guests_, members, site);
  if (!placed)
    return;
  Kept kept{site.reservation, {}};
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (placed->nodes[i].empty())
      continue; // it needs none
    const NodeIndex node = placed->nodes[i].front();
    const ColumnRequest request = to_columns(members[i]->requests(), overlay_.table());
    add_to_row(kept.rows.try_emplace(node, overlay_.table().width()).first->second, request,
               placed->devices[i]);
    without_guests_.place(node, request, placed->devices[i], site.viewer());
  }
  placer_.take_again(members, site, *placed);
  change_calendar(kept, 1);
  kept_.emplace(workload, std::move(kept));
}

bool HoldersRoom::release(const WorkloadId& workload) {
  const auto kept = kept_.extract(workload);
  if (kept.empty())
    return false;
  change_calendar(kept.mapped(), -1);
  return true;
}

void HoldersRoom::change_calendar(const Kept& kept, int sign) {
  for (const auto& [node, row] : kept.rows)
    overlay_.keep(node, kept.reservation, row, sign);
}

std::vector<Recall> HoldersRoom::lacking(const std::set<WorkloadId>& holders) const {
  std::map<std::pair<ReservationIndex, NodeIndex>, std::vector<std::int64_t>> wanted;
  for (const auto& [workload, kept] : kept_)
    if (holders.contains(workload))
      for (const auto& [node, row] : kept.rows) {
        auto& sum = wanted.try_emplace({kept.reservation, node}, row.size()).first->second;
        for (std::size_t column = 0; column < row.size(); ++column)
          sum[column] += row[column];
      }
  std::vector<Recall> recalls;
  std::vector<std::int64_t> held;
  for (auto& [where, row] : wanted) {
    const auto& [reservation, node] = where;
    const NodeRoom room = overlay_.room(node, Viewer{reservation}, held);
    for (std::size_t column = 0; column < row.size(); ++column)
      row[column] += room.charged[column] - room.capacity[column] +
                     (room.held.empty() ? 0 : room.held[column]);
    recalls.push_back(Recall{reservation, node, std::move(row)});
  }
  return recalls;
}

} // namespace berth::allocation
