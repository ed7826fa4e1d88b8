#pragma once
// BackfillPolicy: AllocationPolicy's backfill, as the cycle obeys it.

#include <cstdint>

namespace berth::allocation {

struct BackfillPolicy {
  /// False: nobody gets a planned start, and work starts whenever it has room.
  bool enabled = true;
  /// How many waiting workloads, from the first in turn, get one (B1).
  std::int32_t planned_starts = 100;
  /// Work that does not say how long it will run is planned with what its kind took before (B2).
  bool use_learned_durations = false;

  friend bool operator==(const BackfillPolicy&, const BackfillPolicy&) = default;
};

} // namespace berth::allocation
