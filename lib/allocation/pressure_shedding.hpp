#pragma once
// shed_under_pressure() (T3): whom to shed in pools whose measured use is Critical or worse, or
// whose degradation sheds (degradation.hpp). Only
// opportunistic work goes: bursts, what is lent (R3, R4) and what is borrowed, of which never so
// much that a quota is left with less than its nominal. The order, from first to last: bursts, then
// the rest; in each the lowest priority, then the newest, then by id. As many as take the pool
// below its level go, and no more: those that turn out not to be needed stay. Work that cannot go
// (protected, refused by a disruption budget, within the bounds of P4) gives no relief, and stops
// nobody behind it. Pure; eviction, notice and back-off are the operator's.

#include <functional>
#include <vector>

#include "lib/allocation/admission_rates.hpp"
#include "lib/allocation/decision.hpp"
#include "lib/allocation/running_work.hpp"
#include "lib/allocation/shedding.hpp"

namespace berth::allocation {

/// By pool, those without notice first. Until work that was shed is gone, and every sample of a
/// measurement was taken after that, what it asked for counts as relief, so that one measurement is
/// answered once: `memory` keeps it, of calm pools as well. Requests stand for what a victim uses;
/// on a node that was not measured it relieves nothing. `work` is asked for only where somebody has
/// to go.
[[nodiscard]] std::vector<Shedding> shed_under_pressure(const SheddingInput& input,
                                                        const std::function<RunningWork&()>& work,
                                                        AllocationMemory& memory);

} // namespace berth::allocation
