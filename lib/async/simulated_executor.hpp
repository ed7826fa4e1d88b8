#pragma once
// SimulatedExecutor: the executor and both clocks of a simulation. Time stands still while work is
// ready and jumps to the next timer when none is, so a simulated day takes as long as its work.
// Single-threaded; the same program with the same inputs runs the same steps.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>

#include "lib/async/executor.hpp"

namespace berth::async {

class SimulatedExecutor final : public Executor, public Clock {
public:
  explicit SimulatedExecutor(TimePoint start) : now_(start) {}

  void post(std::function<void()> work) override { ready_.push_back(std::move(work)); }
  TimerId post_after(Duration delay, std::function<void()> work) override;
  void cancel(TimerId timer) override;
  [[nodiscard]] bool is_current() const override { return true; }
  [[nodiscard]] const Clock& clock() const override { return *this; }
  [[nodiscard]] TimePoint now() const override { return now_ + wall_skew_; }
  [[nodiscard]] SteadyPoint steady_now() const override {
    return SteadyPoint{now_.time_since_epoch()};
  }

  /// Runs what is ready and every timer due within `span`, and ends with the clock `span` later.
  void run_for(Duration span);
  /// Runs until `done` holds; false if that did not happen within `span`.
  [[nodiscard]] bool run_until(const std::function<bool()>& done, Duration span);
  /// Runs what is ready now, without letting time pass.
  void run_ready();
  /// Makes wall time jump by `skew` while steady time goes on as before.
  void jump_wall_clock(Duration skew) { wall_skew_ += skew; }

private:
  /// Runs one step due by `limit`: ready work first, else the next timer. False if there is none.
  bool step(TimePoint limit);

  TimePoint now_;
  Duration wall_skew_{0};
  std::deque<std::function<void()>> ready_;
  /// Ordered by due time, then by id: timers of one instant fire in the order they were set.
  std::map<std::pair<TimePoint, TimerId>, std::function<void()>> timers_;
  std::map<TimerId, TimePoint> due_;
  TimerId last_timer_ = 0;
};

} // namespace berth::async
