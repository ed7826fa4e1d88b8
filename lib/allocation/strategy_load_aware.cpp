#include <algorithm>

#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// The smaller the measured use of the busiest resource, with the pod's request on top, the better;
/// nodes above the limit come last. What is not measured counts as charged.
Points score_load_aware(const NodeOutlook& node) {
  Points busiest = 0;
  for (const ResourceRoom& resource : node.resources) {
    if (resource.weight == 0)
      continue;
    const std::int64_t use = resource.measured < 0 ? resource.used : resource.measured;
    const Points share = std::min(use, resource.capacity) * kPointsMax / resource.capacity;
    busiest = std::max(busiest, share);
  }
  const Points limit = kPointsMax / 100 * node.load_limit_percent;
  const Points rest = (kPointsMax - busiest) / 2; // half of the range is for those below the limit
  return busiest > limit ? rest : rest + kPointsMax / 2;
}

} // namespace berth::allocation
