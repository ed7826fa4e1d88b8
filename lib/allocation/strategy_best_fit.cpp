#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// The mean used share, as kube-scheduler's MostAllocated with equal weights.
Points score_best_fit(std::span<const ResourceRoom> room) {
  Points sum = 0;
  for (const ResourceRoom& resource : room)
    sum += resource.used * kPointsMax / resource.capacity;
  return room.empty() ? 0 : sum / static_cast<Points>(room.size());
}

} // namespace berth::allocation
