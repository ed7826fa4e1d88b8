#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// The weighted mean of the used shares of the node's own capacity, as kube-scheduler's
/// MostAllocated.
Points score_most_capacity(const NodeOutlook& node) {
  Points used = 0;
  std::int64_t weights = 0;
  for (const ResourceRoom& resource : node.resources) {
    used += resource.weight * (resource.used * kPointsMax / resource.capacity);
    weights += resource.weight;
  }
  return weights == 0 ? 0 : used / weights;
}

} // namespace berth::allocation
