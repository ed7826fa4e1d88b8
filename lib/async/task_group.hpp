#pragma once
// TaskGroup: tasks that end together. It starts tasks on one executor, asks them to stop through
// one stop token, and is awaited at shutdown until the last has ended. It must outlive its tasks,
// so whoever owns it awaits join() before it goes away.

#include <coroutine>
#include <cstddef>
#include <stop_token>
#include <vector>

#include "lib/async/executor.hpp"

namespace berth::async {

class TaskGroup {
public:
  explicit TaskGroup(Executor& executor) : executor_(executor) {}
  ~TaskGroup() { ensure(running_ == 0, "a TaskGroup went away before its tasks"); }
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// To be called on the executor, or before it runs.
  void spawn(Task<void> task);
  void request_stop() { stop_.request_stop(); }
  [[nodiscard]] std::stop_token stop_token() const { return stop_.get_token(); }
  [[nodiscard]] std::size_t running() const { return running_; }

  /// Ends when no task is left; to be awaited on the executor.
  [[nodiscard]] Task<void> join();

private:
  Task<void> run(Task<void> task);
  struct Joined;

  Executor& executor_;
  std::stop_source stop_;
  std::size_t running_ = 0;
  std::vector<std::coroutine_handle<>> joiners_;
};

} // namespace berth::async
