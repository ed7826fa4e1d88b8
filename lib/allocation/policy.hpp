#pragma once
// Policy: the switches of AllocationPolicy that the cycle obeys, read once at the edge.

#include <cstdint>
#include <map>

#include "lib/allocation/eviction_history.hpp"
#include "lib/allocation/preemption_policy.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

struct Policy {
  /// placement.candidates: how many nodes an admission names for each pod, best first.
  std::int32_t candidates = 4;
  /// Workloads that wait until a time whatever has room for them: gangs that were rolled back (G1).
  std::map<WorkloadId, TimePoint> held_back{};
  PreemptionPolicy preemption{};
  /// What happened before, for P4.
  EvictionHistory evictions{};
};

} // namespace berth::allocation
