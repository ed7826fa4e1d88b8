#pragma once
// What window_evictions.hpp wants to know of a workload before it asks it to go.

#include "lib/allocation/reservation.hpp"
#include "lib/allocation/running_work.hpp"

namespace berth::allocation {

/// Whether all of it has its notice, or goes already (P6).
[[nodiscard]] bool was_told(const Victim& victim);
/// Whether some of it was let inside that reservation.
[[nodiscard]] bool is_holder_of(const Victim& victim, const ReservationSpec& spec);
/// Whether any of what is missing is freed; the number of pods is no amount that anybody lacks.
[[nodiscard]] bool helps(const ResourceVector& freed, const ResourceVector& missing);

} // namespace berth::allocation
