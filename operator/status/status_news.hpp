#pragma once
// StatusNews: what a status that was just written says for the first time, as events and counters:
// a pool's pressure (T3) and burst, and a reservation that was judged or whose window is over.
// StatusLoop calls it after the write; it writes no status.

#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/catalog.hpp"
#include "operator/failpoint.hpp"

namespace berth::op {

/// Whether the condition Accepted has another answer than before.
[[nodiscard]] bool is_newly_judged(const api::ReservationStatus& before,
                                   const api::ReservationStatus& now);

struct StatusNews {
  kube::EventRecorder& events;
  telemetry::AllocationMetrics& metrics;
  FailpointPlan& failpoints;

  void tell(const api::ResourcePool& before, const api::ResourcePoolStatus& now) const;
  void tell(const api::Reservation& before, const api::ReservationStatus& now) const;
  /// R2: a trigger's window is asked for, or over.
  void tell_activation(const api::Reservation& before, const api::ReservationStatus& now) const;

private:
  void tell_pressure(const api::ResourcePool& before, const api::ResourcePoolStatus& now) const;
  void tell_burst(const api::ResourcePool& before, const api::ResourcePoolStatus& now) const;
};

} // namespace berth::op
