#pragma once
// SimulatedProcess: one program in the simulation: an executor that can be frozen (SIGSTOP, a long
// page fault, a stalled machine) and whose wall clock may be wrong, while the others go on. Give
// the program's parts this executor, and its SimulatedTransport this home.
//
// A crash needs nothing of its own: set_down() its transport, stop its tasks, start a new one.

#include <deque>
#include <functional>

#include "lib/async/simulated_executor.hpp"

namespace berth::simulation {

class SimulatedProcess final : public async::Executor, public Clock {
public:
  explicit SimulatedProcess(async::SimulatedExecutor& executor) : executor_(executor) {}

  void post(std::function<void()> work) override;
  async::TimerId post_after(Duration delay, std::function<void()> work) override;
  void cancel(async::TimerId timer) override { executor_.cancel(timer); }
  [[nodiscard]] bool is_current() const override { return running_; }
  [[nodiscard]] const Clock& clock() const override { return *this; }
  [[nodiscard]] TimePoint now() const override { return executor_.now() + skew_; }
  [[nodiscard]] SteadyPoint steady_now() const override { return executor_.steady_now(); }

  /// While frozen nothing of the process runs; what was due meanwhile runs, in order, afterwards.
  void freeze();
  void thaw();
  void set_wall_clock_skew(Duration skew) { skew_ = skew; }

private:
  void run(std::function<void()> work);

  async::SimulatedExecutor& executor_;
  bool frozen_ = false;
  bool running_ = false;
  Duration skew_{0};
  std::deque<std::function<void()>> held_;
};

} // namespace berth::simulation
