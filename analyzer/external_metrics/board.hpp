#pragma once
// ForecastBoard: the newest forecasts, put up by the advisor's loop and read by the server's
// threads. What has hung there for too long is not shown: the loop may stand still, and an
// autoscaler must not follow what was foreseen for another time.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

#include "analyzer/external_metrics/forecasts.hpp"
#include "lib/base/clock.hpp"

namespace berth::analyzer {

class ForecastBoard {
public:
  /// A table is shown for three of the advisor's intervals, so that a cycle that fails may be made
  /// up for; and for no less than kShownMin, since a cycle waits for what it measures by, longer
  /// than a short interval, as where Prometheus answers slowly.
  static constexpr int kShownIntervals = 3;
  static constexpr Duration kShownMin = std::chrono::minutes{3};

  ForecastBoard(const Clock& clock, Duration interval)
      : clock_(clock), shown_for_(std::max<Duration>(kShownIntervals * interval, kShownMin)) {}

  void put_up(ForecastTable table) {
    std::atomic_store(&board_, std::make_shared<const Hung>(std::move(table), clock_.steady_now()));
  }

  /// The newest table; null where there is none, or it is too old. From any thread.
  [[nodiscard]] std::shared_ptr<const ForecastTable> look() const {
    const auto hung = std::atomic_load(&board_);
    if (!hung || clock_.steady_now() - hung->since > shown_for_)
      return nullptr;
    return {hung, &hung->table};
  }

private:
  struct Hung {
    Hung(ForecastTable shown, SteadyPoint when) : table(std::move(shown)), since(when) {}
    ForecastTable table;
    SteadyPoint since;
  };

  const Clock& clock_;
  const Duration shown_for_;
  std::shared_ptr<const Hung> board_{}; ///< by atomic_load and atomic_store alone
};

} // namespace berth::analyzer
