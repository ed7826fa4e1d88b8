#include "lib/allocation/holders_search.hpp"

#include <utility>

#include "lib/allocation/window_victims.hpp"

namespace berth::allocation {
namespace {

bool is_over(const PodView& pod, TimePoint now) {
  return is_lent(pod) && *pod.admission->lent_until <= now;
}

/// Guests that would not be asked to go: all pods of a workload are, or none (P5).
std::set<WorkloadId> staying_guests(const HoldersSearch::Input& input) {
  std::set<WorkloadId> staying;
  input.snapshot.noticed.for_each(
      [&](const PodUid& uid, const std::shared_ptr<const PodView>& pod) {
        if (is_over(*pod, input.now) && !pod->terminating &&
            (input.policy.evictions.is_refused(uid, input.now) ||
             !may_be_asked(*pod, input.holds, input.now)))
          staying.insert(workload_id(*pod));
      });
  return staying;
}

/// The nodes as they would be if nobody stood on a loan that is over: who is let onto the idle
/// capacity of an open window may be recalled at any time.
NodeChanges without_guests(const HoldersSearch::Input& input, const NodeOverlay& overlay) {
  NodeChanges left(overlay);
  if (!input.policy.preemption.enabled)
    return left;
  const NodeTable& table = *input.snapshot.nodes;
  const std::set<WorkloadId> staying = staying_guests(input);
  input.snapshot.noticed.for_each([&](const PodUid& uid,
                                      const std::shared_ptr<const PodView>& pod) {
    const auto* charge = input.snapshot.charges.find(uid);
    if (charge == nullptr || !is_over(*pod, input.now) ||
        (!pod->terminating && staying.contains(workload_id(*pod))))
      return;
    if (const auto node = table.find((*charge)->node.str()))
      left.remove(*node, to_columns((*charge)->shape->requests, table), (*charge)->devices, uid);
  });
  return left;
}

} // namespace

HoldersSearch::HoldersSearch(const Input& input, const NodeOverlay& overlay)
    : placer_(input.snapshot, overlay.second_picture()),
      without_guests_(without_guests(input, placer_.overlay())),
      has_guests_(!without_guests_.changes().empty()) {}

std::optional<HoldersPlace> HoldersSearch::find(Pods members, const Site& site) {
  Likeness likeness{site.reservation, site.horizon, {}};
  for (const auto& pod : members)
    likeness.shapes.push_back(pod->shape.get());
  if (hopeless_.contains(likeness))
    return std::nullopt;
  const auto placed = look(members, site);
  if (!placed) {
    hopeless_.insert(std::move(likeness));
    return std::nullopt;
  }
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

std::optional<PlacedPods> HoldersSearch::look(Pods members, const Site& site) {
  auto placed = placer_.place(members, site, 1);
  if (!placed && has_guests_)
    placed = placer_.place_on(without_guests_, members, site);
  return placed;
}

} // namespace berth::allocation
