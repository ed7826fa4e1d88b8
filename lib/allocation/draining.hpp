#pragma once
// Who has to go because an administrator says so: all of a quota or pool that is drained
// (HoldAndDrain), and what a lowered quota that enforces it holds beyond its limits (Q4). The
// bounds of P4 and what protects work from preemptors protect it here, too: what may not be
// preempted, and what stands inside an open reservation, runs to its end. Pure; notice, eviction
// and disruption budgets are the operator's.

#include <functional>
#include <vector>

#include "lib/allocation/running_work.hpp"
#include "lib/allocation/shedding.hpp"

namespace berth::allocation {

/// Adds everything of drained quotas, with those below them, and of drained pools, that is not in
/// `sheddings` and may go. `work` is asked for only where something is drained.
void add_drained(const SheddingInput& input, const std::function<RunningWork&()>& work,
                 std::vector<Shedding>& sheddings);

/// Q4 with `enforceLowered: AfterNotice`: adds of the work of each such quota, and of those below
/// it, as much as brings it back within what Q2 lets it hold once what goes already, or is in
/// `sheddings`, has gone; in the order of P2, and nothing that could stay. Bursts end by Q6.
void add_excess(const SheddingInput& input, const std::function<RunningWork&()>& work,
                std::vector<Shedding>& sheddings);

} // namespace berth::allocation
