#pragma once
// Policy: the switches of AllocationPolicy that the cycle obeys, read once at the edge.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "lib/allocation/admission_record.hpp"
#include "lib/allocation/eviction_history.hpp"
#include "lib/allocation/preemption_policy.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/reason.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// A workload that waits until a time, whatever has room for it.
struct HeldBack {
  TimePoint until{};
  Reason reason = Reason::GangTimedOut;
  std::string why{}; ///< "the gang was rolled back"
};

struct Policy {
  /// placement.candidates: how many nodes an admission names for each pod, best first.
  std::int32_t candidates = 4;
  /// placement.mode; nothing: Auto.
  std::optional<PlacementMode> mode{};
  /// Gangs that were rolled back (G1), and workloads whose admission the API server refused.
  std::map<WorkloadId, HeldBack> held_back{};
  PreemptionPolicy preemption{};
  /// What happened before, for P4.
  EvictionHistory evictions{};
};

} // namespace berth::allocation
