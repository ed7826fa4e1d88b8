#pragma once
// The observe part of `kubectl berth calendar`: reservations with what allocation understands by
// them, and the quotas and requests whose status tells a planned start.

#include <memory>
#include <string>
#include <vector>

#include "lib/allocation/reservation.hpp"
#include "lib/api/allocation_request.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/reservation.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

struct CalendarReservation {
  std::shared_ptr<const api::Reservation> object{};
  /// Why nothing is understood by it is an Error; the windows in its status are shown all the same.
  Result<allocation::ReservationSpec> spec{};
};

struct ObservedCalendar {
  std::vector<CalendarReservation> reservations;
  std::vector<std::shared_ptr<const api::Quota>> quotas;
  std::vector<std::shared_ptr<const api::AllocationRequest>> requests;
  std::vector<std::string> unreadable;
};

/// Requests are left out, and named, where they may not be read.
[[nodiscard]] async::Task<Result<ObservedCalendar>> observe_calendar(kube::Client& client);

} // namespace berth::cli
