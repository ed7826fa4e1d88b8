#include "tests/support/simulation/process.hpp"

#include <utility>

namespace berth::simulation {

void SimulatedProcess::post(std::function<void()> work) {
  executor_.post([this, work = std::move(work)]() mutable { run(std::move(work)); });
}

async::TimerId SimulatedProcess::post_after(Duration delay, std::function<void()> work) {
  return executor_.post_after(delay,
                              [this, work = std::move(work)]() mutable { run(std::move(work)); });
}

void SimulatedProcess::freeze() {
  frozen_ = true;
}

void SimulatedProcess::thaw() {
  frozen_ = false;
  for (auto& work : std::exchange(held_, {}))
    post(std::move(work));
}

void SimulatedProcess::run(std::function<void()> work) {
  if (frozen_) {
    held_.push_back(std::move(work));
    return;
  }
  const bool nested = std::exchange(running_, true);
  work();
  running_ = nested;
}

} // namespace berth::simulation
