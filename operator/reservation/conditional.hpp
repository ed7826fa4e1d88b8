#pragma once
// The part of a Reservation's status that is about its trigger. Pure. The status is the only
// memory: a crash before the write, or another leader, goes on from what stands there, and an
// activation is only true once it is in the API.

#include <optional>

#include "lib/allocation/trigger.hpp"
#include "operator/reservation/decide.hpp"

namespace berth::op {

/// How the trigger stands as of `now`; nothing for other kinds. `answer`: what the calendar said to
/// this very reservation, nullptr if it was not asked; nothing is activated without one.
[[nodiscard]] std::optional<api::TriggerStatus>
decide_trigger(const ObservedReservation& observed, const allocation::ReservationDecision* answer,
               TimePoint now);

/// Why a reservation that is not open is not; `status`: as decide_trigger() said.
[[nodiscard]] api::Condition why_not_open(const ObservedReservation& observed,
                                          const api::TriggerStatus& status, TimePoint now);

/// When the trigger has to be looked at again whatever happens; TimePoint::max() for never.
[[nodiscard]] TimePoint next_trigger_look(const ObservedReservation& observed, TimePoint now);

} // namespace berth::op
