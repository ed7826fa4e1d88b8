#include "lib/allocation/holders_search.hpp"

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

HoldersSearch::HoldersSearch(const ClusterSnapshot& snapshot, const NodeOverlay& overlay,
                             TimePoint now)
    : placer_(snapshot, overlay.second_picture()),
      without_guests_(without_guests(snapshot, placer_.overlay(), now)),
      has_guests_(!without_guests_.changes().empty()) {}

std::optional<HoldersPlace> HoldersSearch::find(Pods members, const Site& site) {
  auto placed = placer_.place(members, site, 1);
  if (!placed && has_guests_)
    placed = placer_.place_on(without_guests_, members, site);
  if (!placed)
    return std::nullopt;
  const NodeTable& table = placer_.overlay().table();
  HoldersPlace found{site.viewer(), {}, {}};
  for (std::size_t i = 0; i < members.size(); ++i) {
    found.nodes.push_back(placed->nodes[i].empty() ? kNoNode : placed->nodes[i].front());
    if (placed->nodes[i].empty())
      continue;
    const NodeIndex node = found.nodes.back();
    const ColumnRequest request = to_columns(members[i]->requests(), table);
    add_to_row(found.rows.try_emplace(node, table.width()).first->second, request,
               placed->devices[i]);
    if (has_guests_)
      without_guests_.place(node, request, placed->devices[i], site.viewer());
  }
  placer_.take_again(members, site, *placed);
  return found;
}

} // namespace berth::allocation
