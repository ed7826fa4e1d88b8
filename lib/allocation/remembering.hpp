#pragma once
// settled(): the memory of the last cycle as it is at this one: history decays and takes in what
// was borrowed since (F2), bursts draw on their budgets (Q6), full buckets are forgotten. Pure;
// decide() begins with it.

#include "lib/allocation/allocation_memory.hpp"
#include "lib/allocation/quota_tree.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// `balance` is what was held since: cutting the time into more cycles changes history by rounding
/// only. Quotas that are gone are forgotten.
[[nodiscard]] AllocationMemory settled(AllocationMemory memory, const ClusterSnapshot& snapshot,
                                       const QuotaBalance& balance, TimePoint now);

} // namespace berth::allocation
