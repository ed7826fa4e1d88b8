#pragma once
// What the trigger of a Conditional reservation compares, as it was measured: the pool's use that
// the analyzer publishes, or the answer of the external metrics API. Pure. What cannot be told is
// an error that says why, in words that do not change from one look to the next.

#include <cstddef>
#include <string_view>

#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/base/result.hpp"

namespace berth::op {

struct TriggerMeasurement {
  TimePoint at{};
  resources::Quantity value{}; ///< percent of what was measured, or the metric's own unit
  bool holds = false;
};

/// More series of one metric are not added up.
inline constexpr std::size_t kMetricSeriesMax = 1000;

/// `pool`: nullptr if it does not exist. The comparison is exact to a thousandth of a percent.
[[nodiscard]] Result<TriggerMeasurement> read_utilization(const api::ReservationTrigger& trigger,
                                                          const api::ResourcePool* pool);
/// `list`: an ExternalMetricValueList. Several series count as their sum, of the oldest one's time.
[[nodiscard]] Result<TriggerMeasurement> read_metric(const api::ReservationTrigger& trigger,
                                                     std::string_view list);

} // namespace berth::op
