#pragma once
// Signal: wakes coroutines of one executor when something has changed. It carries no value: the
// awaiter looks at the state again (level-based), so wake-ups may be merged but are never lost.

#include <coroutine>
#include <memory>
#include <stop_token>
#include <vector>

#include "lib/async/executor.hpp"

namespace berth::async {

class Signal {
public:
  explicit Signal(Executor& executor) : executor_(executor) {}

  /// Wakes everyone who waits; with nobody waiting, the next wait() returns at once. To be called
  /// on the executor.
  void notify();

  /// Waits for a notify() since the last wait(); false if `stop` came first.
  [[nodiscard]] Task<bool> wait(std::stop_token stop = {});

private:
  struct Waiter;
  struct Wait;

  Executor& executor_;
  bool notified_ = false;
  std::vector<std::shared_ptr<Waiter>> waiters_;
};

} // namespace berth::async
