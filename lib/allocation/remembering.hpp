#pragma once
// From one cycle to the next: settled() brings the memory up to date, note_held() notes what quotas
// hold from now on. In between history decays and takes in what is borrowed (F2), and bursts draw
// on their budgets (Q6). Pure; decide() begins with the one and ends with the other.

#include "lib/allocation/allocation_memory.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/quota_tree.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// `balance` is what is held now. Cutting the time into more cycles changes history by rounding
/// only. Quotas that are gone are forgotten, as are buckets that are full.
[[nodiscard]] AllocationMemory settled(AllocationMemory memory, const ClusterSnapshot& snapshot,
                                       const QuotaBalance& balance, TimePoint now);

/// One quota's history and budget as they stand at `now`, if it still holds what it held at the end
/// of the last cycle.
[[nodiscard]] QuotaMemory as_of(QuotaMemory memory, const QuotaSpec& spec, const Fairness& fairness,
                                TimePoint now);

void note_held(AllocationMemory& memory, const QuotaForest& forest, const QuotaBalance& balance);

} // namespace berth::allocation
