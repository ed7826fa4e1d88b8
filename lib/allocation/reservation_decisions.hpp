#pragma once
// Which reservations may be promised (R1): asked by the cycle for every reservation that is neither
// accepted nor being deleted, oldest first, each on a calendar that holds those accepted before it.

#include <vector>

#include "lib/allocation/calendar.hpp"
#include "lib/allocation/decision.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/window_layout.hpp"
#include "lib/base/clock.hpp"

namespace berth::allocation {

/// What is accepted is promised in `layout`'s calendar, which holds the earlier promises.
[[nodiscard]] std::vector<ReservationDecision>
decide_reservations(const ClusterSnapshot& snapshot, WindowLayout& layout, TimePoint now);

/// What a reservation holds of its pool while a window is open: its amounts, and whole nodes, whose
/// amounts are counted as the largest node's.
[[nodiscard]] CalendarLoad load_of(const ReservationSpec& spec, const ClusterSnapshot& snapshot);

/// The sums of the pool: ready nodes and pool-level resources, less accepted reservations, less
/// work that runs or is about to, until its end can be relied on. Work inside an accepted
/// reservation is held by the reservation.
[[nodiscard]] Calendar calendar_of(const PoolSpec& pool, const ClusterSnapshot& snapshot,
                                   TimePoint now);

} // namespace berth::allocation
