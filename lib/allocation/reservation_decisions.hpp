#pragma once
// Which reservations may be promised (R1): asked by the cycle for every reservation that is neither
// accepted nor being deleted, oldest first, each on a calendar that holds those accepted before it.
// A dormant one is asked for every time, since nothing is promised to it. Work that runs does not
// stand in its way, as it will be asked to go when the trigger says so: it has room if other
// promises leave it some from now on. Where all of them together would leave it that much, no
// window is looked at, so that it costs next to nothing as long as its trigger does not hold. One
// that is active and will end is asked, after all others, for how long it could go on beside those
// that were asked before it and may go on, too.

#include <vector>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/calendar.hpp"
#include "lib/allocation/decision.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/window_layout.hpp"
#include "lib/base/clock.hpp"

namespace berth::allocation {

/// What is accepted is promised in `layout`'s calendar, which holds the earlier promises.
[[nodiscard]] std::vector<ReservationDecision> decide_reservations(const CycleInput& input,
                                                                   WindowLayout& layout);

/// What a reservation holds of its pool while a window is open: its amounts, and whole nodes, whose
/// amounts are counted as the largest node's.
[[nodiscard]] CalendarLoad load_of(const ReservationSpec& spec, const ClusterSnapshot& snapshot);

} // namespace berth::allocation
