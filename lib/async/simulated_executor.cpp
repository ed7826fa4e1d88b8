#include "lib/async/simulated_executor.hpp"

#include <algorithm>

namespace berth::async {

TimerId SimulatedExecutor::post_after(Duration delay, std::function<void()> work) {
  const TimerId timer = ++last_timer_;
  const TimePoint due = now_ + std::clamp(delay, Duration{0}, kDelayMax);
  timers_.emplace(std::pair{due, timer}, std::move(work));
  due_.emplace(timer, due);
  return timer;
}

void SimulatedExecutor::cancel(TimerId timer) {
  const auto found = due_.find(timer);
  if (found == due_.end())
    return;
  timers_.erase({found->second, timer});
  due_.erase(found);
}

bool SimulatedExecutor::step(TimePoint limit) {
  if (!ready_.empty()) {
    const auto work = std::move(ready_.front());
    ready_.pop_front();
    work();
    return true;
  }
  if (timers_.empty() || timers_.begin()->first.first > limit)
    return false;
  const auto first = timers_.begin();
  now_ = std::max(now_, first->first.first);
  const auto work = std::move(first->second);
  due_.erase(first->first.second);
  timers_.erase(first);
  work();
  return true;
}

void SimulatedExecutor::run_for(Duration span) {
  const TimePoint end = now_ + span;
  while (step(end)) {
  }
  now_ = end;
}

bool SimulatedExecutor::run_until(const std::function<bool()>& done, Duration span) {
  const TimePoint end = now_ + span;
  while (!done()) {
    if (!step(end))
      return done();
  }
  return true;
}

void SimulatedExecutor::run_ready() {
  while (!ready_.empty())
    step(now_);
}

} // namespace berth::async
