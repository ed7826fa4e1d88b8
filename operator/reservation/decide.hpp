#pragma once
// The decide part of Reservation: from what was observed to the status it should have. Pure. An
// acceptance is only true once it is in the API: allocation holds capacity for a reservation when
// the condition Accepted comes back by the watch, so a crash before the write promises nothing.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/reservation.hpp"
#include "lib/base/result.hpp"
#include "operator/cycle/plan_digest.hpp"
#include "operator/reservation/trigger_reading.hpp"
#include "operator/status/accounts.hpp"

namespace berth::op {

struct ObservedReservation {
  std::shared_ptr<const api::Reservation> reservation;
  /// What allocation understands by it, or why it understands nothing.
  Result<allocation::ReservationSpec> spec;
  std::shared_ptr<const Accounts> accounts;
  std::shared_ptr<const PlanDigest> plan;
  /// What its trigger compares, or why that is not known; nothing for other kinds.
  std::optional<Result<TriggerMeasurement>> measured{};
};

/// The status of the reservation; nothing while snapshot and plan speak of an older one, or of
/// none.
[[nodiscard]] std::optional<api::ReservationStatus>
decide_reservation_status(const ObservedReservation& observed, TimePoint now);

/// R3: which nodes cannot carry any more what is promised on them for the next window, as an event
/// says it; empty if the window lies where it lay.
[[nodiscard]] std::string describe_move(const api::ReservationStatus& before,
                                        const api::ReservationStatus& now);

/// R5: the finalizers that the reservation should have; nothing if it has them. Ours keeps it from
/// going while pods use it. One that is being deleted already gets none.
[[nodiscard]] std::optional<std::vector<std::string>>
decide_finalizers(const ObservedReservation& observed);

} // namespace berth::op
