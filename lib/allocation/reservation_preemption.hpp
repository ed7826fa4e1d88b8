#pragma once
// What an open reservation takes back at its start (P2 c, R3): room that is promised and that
// others still hold. Needs no nomination: the accepted Reservation is the intent, and what becomes
// free is held for it at the next publication.

#include <vector>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/running_work.hpp"

namespace berth::allocation {

/// Whether some open reservation has less than was promised.
[[nodiscard]] bool lacks_capacity(const Holds& holds);

/// The steps that are due now, for all open reservations, the first by name first. Their victims
/// are claimed. Amounts only: whole nodes that are missing do not exist. P4's ratio bounds each.
[[nodiscard]] std::vector<Eviction> reclaim_for_reservations(const CycleInput& input,
                                                             RunningWork& work);

} // namespace berth::allocation
