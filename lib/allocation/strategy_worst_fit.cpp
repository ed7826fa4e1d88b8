#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// The weighted mean of the free shares, as kube-scheduler's LeastAllocated.
Points score_worst_fit(const NodeOutlook& node) {
  Points free = 0;
  std::int64_t weights = 0;
  for (const ResourceRoom& resource : node.resources) {
    free +=
        resource.weight * ((resource.capacity - resource.used) * kPointsMax / resource.capacity);
    weights += resource.weight;
  }
  return weights == 0 ? 0 : free / weights;
}

} // namespace berth::allocation
