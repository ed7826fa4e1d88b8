#include <algorithm>

#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// The smaller the distance between the most and the least used resource, the better: what is left
/// of a node then has the proportions in which nodes are used up.
Points score_balanced(std::span<const ResourceRoom> room) {
  Points least = kPointsMax;
  Points most = 0;
  for (const ResourceRoom& resource : room) {
    const Points share = resource.used * kPointsMax / resource.capacity;
    least = std::min(least, share);
    most = std::max(most, share);
  }
  return room.empty() ? 0 : kPointsMax - (most - least);
}

} // namespace berth::allocation
