#pragma once
// Policy: the switches of AllocationPolicy that the cycle obeys, read once at the edge.

#include <cstdint>

namespace berth::allocation {

struct Policy {
  /// placement.candidates: how many nodes an admission names for each pod, best first.
  std::int32_t candidates = 4;
};

} // namespace berth::allocation
