#pragma once
// The sentences of Explanations: a reason with its numbers, the same text in conditions, events and
// the CLI. Pure; the cycle calls them once for each group of workloads that wait for the same
// thing.

#include <memory>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/headroom.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

/// "needs 8 nvidia.com/gpu in pool gpu; team-a has 3 of 10 left, research could lend 2".
[[nodiscard]] Explanation explain_shortfall(const QuotaShortfall& shortfall);
/// "needs 20 pool.berth.dev/licences; pool tools has 3 left".
[[nodiscard]] Explanation explain_shortfall(const PoolShortfall& shortfall);
[[nodiscard]] Explanation explain_shortfall(const TenantShortfall& shortfall);
/// "needs cpu 8, memory 16Gi on a node of pool gpu; 0 of 50 nodes have room: 30
/// InsufficientNodeResources (cpu), 20 NodeTainted (taint dedicated=a)"; for a gang also how many
/// members had a place. The reason is InsufficientCapacity, ReservedCapacity or NodeMismatch.
[[nodiscard]] Explanation explain_no_place(const NoPlace& no_place, const Site& site,
                                           std::size_t members);

/// B1: it would run into the planned start of earlier work; `workload` empty: it would on nodes.
[[nodiscard]] Explanation explain_delay(const WorkloadId& workload, TimePoint planned_start);

/// One explanation of a workload that was refused at several places: the reason of the place where
/// it got furthest, the sentences of at most kPlacesToldMax. `tries` must not be empty.
[[nodiscard]] Explanation explain_all(std::vector<Explanation> tries);
inline constexpr std::size_t kPlacesToldMax = 4;

} // namespace berth::allocation
