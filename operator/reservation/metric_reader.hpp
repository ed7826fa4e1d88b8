#pragma once
// MetricReader: asks the external metrics API for what triggers compare, each at most once per
// interval however often its reservation is looked at, and without anybody waiting for the answer:
// an adapter that hangs must not hold up other reservations. The observe part of Conditional
// reservations; it decides nothing.

#include <functional>
#include <map>
#include <optional>

#include "lib/async/task_group.hpp"
#include "lib/kube/client.hpp"
#include "operator/reservation/trigger_reading.hpp"

namespace berth::op {

inline constexpr Duration kMetricReadInterval = std::chrono::seconds{30};
/// An adapter that has not answered by then has not answered. The operator waits no longer for open
/// questions when it stops.
inline constexpr Duration kMetricReadTimeout = std::chrono::seconds{5};

class MetricReader {
public:
  /// `on_answer` is told of each reservation whose metric was answered, or was not in time.
  MetricReader(kube::Client& client, async::Executor& executor,
               std::function<void(const kube::ObjectKey&)> on_answer)
      : client_(client), executor_(executor), on_answer_(std::move(on_answer)), reads_(executor) {}

  /// The last answer about the reservation's trigger; nullopt before the first. Asks anew, in the
  /// background, if that is an interval ago.
  [[nodiscard]] std::optional<Result<TriggerMeasurement>>
  latest(const kube::ObjectKey& reservation, const api::ReservationTrigger& trigger);
  /// The reservation is gone.
  void forget(const kube::ObjectKey& reservation) { answers_.erase(reservation); }
  /// Until no question is open any more.
  [[nodiscard]] async::Task<void> drain() { return reads_.join(); }

private:
  struct Answer {
    api::ReservationTrigger trigger{};
    bool is_asked = false; ///< a question is open
    SteadyPoint read_at{};
    std::optional<Result<TriggerMeasurement>> measured{};
  };
  [[nodiscard]] async::Task<void> ask_about(kube::ObjectKey reservation,
                                            api::ReservationTrigger trigger);

  kube::Client& client_;
  async::Executor& executor_;
  std::function<void(const kube::ObjectKey&)> on_answer_;
  std::map<kube::ObjectKey, Answer> answers_; ///< as many as there are reservations
  async::TaskGroup reads_;
};

} // namespace berth::op
