#pragma once
// MetricReader: asks the external metrics API for what triggers compare, each at most once per
// interval however often its reservation is looked at. The observe part of Conditional
// reservations; it decides nothing.

#include <map>

#include "lib/async/executor.hpp"
#include "lib/kube/client.hpp"
#include "operator/reservation/trigger_reading.hpp"

namespace berth::op {

inline constexpr Duration kMetricReadInterval = std::chrono::seconds{30};

class MetricReader {
public:
  MetricReader(kube::Client& client, async::Executor& executor)
      : client_(client), executor_(executor) {}

  /// The metric of the reservation's trigger, as of the last interval.
  [[nodiscard]] async::Task<Result<TriggerMeasurement>> read(kube::ObjectKey reservation,
                                                             api::ReservationTrigger trigger);
  /// The reservation is gone.
  void forget(const kube::ObjectKey& reservation) { answers_.erase(reservation); }

private:
  struct Answer {
    SteadyPoint read_at{};
    api::ReservationTrigger trigger{};
    Result<TriggerMeasurement> measured;
  };

  kube::Client& client_;
  async::Executor& executor_;
  std::map<kube::ObjectKey, Answer> answers_; ///< as many as there are reservations
};

} // namespace berth::op
