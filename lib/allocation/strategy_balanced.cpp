#include <algorithm>

#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// The smaller the distance between the most and the least used resource, the better: what is left
/// of a node then has the proportions in which nodes are used up. A resource of weight 0 is left
/// out.
Points score_balanced(const NodeOutlook& node) {
  Points least = kPointsMax;
  Points most = 0;
  bool is_empty = true;
  for (const ResourceRoom& resource : node.resources) {
    if (resource.weight == 0)
      continue;
    const Points share = resource.used * kPointsMax / resource.capacity;
    least = std::min(least, share);
    most = std::max(most, share);
    is_empty = false;
  }
  return is_empty ? 0 : kPointsMax - (most - least);
}

} // namespace berth::allocation
