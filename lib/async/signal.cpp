#include "lib/async/signal.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace berth::async {

struct Signal::Waiter {
  std::coroutine_handle<> waiting{};
  bool woken = false;
  bool stopped = false;
};

struct Signal::Wait {
  Signal& signal;
  std::stop_token stop;
  std::shared_ptr<Waiter> waiter = std::make_shared<Waiter>();
  std::optional<std::stop_callback<std::function<void()>>> on_stop{};

  [[nodiscard]] bool await_ready() {
    if (std::exchange(signal.notified_, false))
      return true;
    waiter->stopped = stop.stop_requested();
    return waiter->stopped;
  }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiter->waiting = waiting;
    signal.waiters_.push_back(waiter);
    if (!stop.stop_possible())
      return;
    on_stop.emplace(stop, [owner = &signal, shared = waiter] {
      owner->executor_.post([owner, shared] {
        if (std::exchange(shared->woken, true))
          return;
        shared->stopped = true;
        std::erase(owner->waiters_, shared);
        resume(shared->waiting);
      });
    });
  }
  [[nodiscard]] bool await_resume() const { return !waiter->stopped; }
};

void Signal::notify() {
  if (waiters_.empty()) {
    notified_ = true;
    return;
  }
  for (const auto& waiter : std::exchange(waiters_, {})) {
    waiter->woken = true;
    executor_.post([waiter] { resume(waiter->waiting); });
  }
}

Task<bool> Signal::wait(std::stop_token stop) {
  co_await switch_to(executor_);
  Wait awaiter{*this, std::move(stop)};
  co_return co_await awaiter;
}

} // namespace berth::async
