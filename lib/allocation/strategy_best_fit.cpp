#include <algorithm>

#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// The smaller the weighted mean of what is left, the better; each resource as a share of the
/// largest node's, so that a small node that is nearly full goes before a large one.
Points score_best_fit(const NodeOutlook& node) {
  Points left = 0;
  std::int64_t weights = 0;
  for (const ResourceRoom& resource : node.resources) {
    const std::int64_t largest = std::max(resource.largest, resource.capacity);
    left += resource.weight * ((resource.capacity - resource.used) * kPointsMax / largest);
    weights += resource.weight;
  }
  return weights == 0 ? 0 : kPointsMax - left / weights;
}

} // namespace berth::allocation
