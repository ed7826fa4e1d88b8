#pragma once
// decide(): the allocation cycle, a function from one picture of the cluster to a plan. It holds no
// client, lock, clock or die: the same input gives the same plan, byte for byte. The operator calls
// it after changes, writes the admissions (intent first) and lets the next snapshot confirm them;
// the simulator and replay call the same function.

#include <cstdint>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// Admits in the order of their turns (F1, F2) all workloads that their quotas (Q2), their pools'
/// nodes (N1, G1) and open reservations (R4) have room for, and that no limit (Q5, Q7) or rate (T1,
/// T2) holds back; one that does not fit never stops a later one that does, except under StrictFifo
/// (F5). Where the policy says so, room is made for work that is entitled to it (P1 to P7). Then
/// bursts fill what is idle (Q6). Total: malformed work waits with a reason. `seed` makes decision
/// ids unique between operators that start again from the same generation.
[[nodiscard]] Plan decide(const ClusterSnapshot& snapshot, const Policy& policy, TimePoint now,
                          std::uint64_t seed);

/// The same, but it ends as soon as it is decided what becomes of `workload`: those whose turn
/// comes later are missing from the plan. For what-ifs that are played many times.
[[nodiscard]] Plan decide_for(const WorkloadId& workload, const ClusterSnapshot& snapshot,
                              const Policy& policy, TimePoint now, std::uint64_t seed);

} // namespace berth::allocation
