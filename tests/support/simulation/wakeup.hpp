#pragma once
// Wakeup: waiting for either an event, a time or a stop, whichever comes first.

#include <memory>
#include <stop_token>

#include "lib/async/signal.hpp"

namespace berth::simulation {

class Wakeup {
public:
  explicit Wakeup(async::Executor& executor)
      : executor_(executor), signal_(std::make_shared<async::Signal>(executor)) {}

  void notify() { signal_->notify(); }

  /// True after a notify() or once `span` has passed; false when `stop` was requested.
  [[nodiscard]] async::Task<bool> wait_for(Duration span, std::stop_token stop) {
    // The waiter may be gone before the timer fires.
    const std::weak_ptr<async::Signal> signal = signal_;
    const auto timer = executor_.post_after(span, [signal] {
      if (const auto alive = signal.lock())
        alive->notify();
    });
    const bool woken = co_await signal_->wait(std::move(stop));
    executor_.cancel(timer);
    co_return woken;
  }

private:
  async::Executor& executor_;
  std::shared_ptr<async::Signal> signal_;
};

} // namespace berth::simulation
