#include "lib/async/task_group.hpp"

namespace berth::async {

void TaskGroup::spawn(Task<void> task) {
  ++running_;
  async::spawn(executor_, run(std::move(task)));
}

Task<void> TaskGroup::run(Task<void> task) {
  co_await std::move(task);
  --running_;
  if (running_ > 0)
    co_return;
  for (const auto joiner : std::exchange(joiners_, {}))
    executor_.post([joiner] { joiner.resume(); });
}

struct TaskGroup::Joined {
  TaskGroup& group;
  [[nodiscard]] bool await_ready() const { return group.running_ == 0; }
  void await_suspend(std::coroutine_handle<> joiner) const { group.joiners_.push_back(joiner); }
  void await_resume() const noexcept {}
};

Task<void> TaskGroup::join() {
  co_await Joined{*this};
}

} // namespace berth::async
