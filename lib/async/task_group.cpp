#include "lib/async/task_group.hpp"

namespace berth::async {

void TaskGroup::spawn(Task<void> task) {
  ++running_;
  async::spawn(executor_, run(std::move(task)));
}

Task<void> TaskGroup::run(Task<void> task) {
  co_await std::move(task);
  co_await switch_to(executor_); // the task may have ended elsewhere
  --running_;
  if (running_ > 0)
    co_return;
  for (const auto joiner : std::exchange(joiners_, {}))
    executor_.post([joiner] { resume(joiner); });
}

struct TaskGroup::Joined {
  TaskGroup& group;
  [[nodiscard]] bool await_ready() const { return group.running_ == 0; }
  void await_suspend(std::coroutine_handle<> joiner) const { group.joiners_.push_back(joiner); }
  void await_resume() const noexcept {}
};

Task<void> TaskGroup::join() {
  Joined ended{*this};
  while (running_ > 0) // a task may be started before the joiner's turn comes
    co_await ended;
}

} // namespace berth::async
