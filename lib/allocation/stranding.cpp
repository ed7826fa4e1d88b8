#include "lib/allocation/stranding.hpp"

#include <algorithm>
#include <utility>

#include "lib/allocation/placement.hpp"

namespace berth::allocation {
namespace {

/// Nothing if some candidate can still take the pod.
std::optional<Stranding> examine(const ClusterSnapshot& snapshot,
                                 const std::shared_ptr<const PodView>& pod) {
  if (!pod->admission || pod->admission->mode != PlacementMode::Candidates || pod->gated ||
      pod->terminating)
    return std::nullopt;
  const PlacementQuery query = query_for(snapshot, *pod);
  Stranding stranding{pod, {}};
  for (const NodeName& candidate : pod->admission->planned_nodes) {
    auto rejection = check(snapshot, candidate, query);
    if (!rejection)
      return std::nullopt;
    stranding.candidates.push_back(std::move(*rejection));
  }
  return stranding;
}

} // namespace

std::vector<Stranding> find_stranded(const ClusterSnapshot& snapshot) {
  std::vector<Stranding> stranded;
  const auto look_at = [&](const auto&, const std::shared_ptr<const PodView>& pod) {
    if (auto found = examine(snapshot, pod))
      stranded.push_back(std::move(*found));
  };
  snapshot.expected.for_each(look_at);
  snapshot.homeless.for_each(look_at);
  std::ranges::sort(stranded, {}, [](const Stranding& one) { return one.pod->uid; });
  return stranded;
}

} // namespace berth::allocation
