#include "lib/async/executor.hpp"

#include <memory>
#include <utility>

namespace berth::async {
namespace {

/// A coroutine that owns itself: it is destroyed when its body ends.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept {
      ensure(false, "an exception left a spawned Task");
      __builtin_unreachable();
    }
  };
  std::coroutine_handle<> handle;
};

struct SwitchTo {
  Executor& executor;
  [[nodiscard]] bool await_ready() const { return executor.is_current(); }
  void await_suspend(std::coroutine_handle<> waiting) const {
    executor.post([waiting] { resume(waiting); });
  }
  void await_resume() const noexcept {}
};

/// What the timer, the stop callback and the sleeper share, on the executor only: the first of the
/// two to come wakes the sleeper.
struct Sleep {
  bool woken = false;
  bool stopped = false;
  TimerId timer = 0;
};

struct SleepAwaiter {
  Executor& executor;
  Duration delay;
  std::stop_token stop;
  std::shared_ptr<Sleep> state = std::make_shared<Sleep>();
  std::optional<std::stop_callback<std::function<void()>>> on_stop{};

  [[nodiscard]] bool await_ready() {
    state->stopped = stop.stop_requested();
    return state->stopped;
  }
  void await_suspend(std::coroutine_handle<> sleeper) {
    Executor* const there = &executor;
    const auto shared = state;
    shared->timer = there->post_after(delay, [shared, sleeper] {
      if (!std::exchange(shared->woken, true))
        resume(sleeper);
    });
    if (!stop.stop_possible())
      return;
    // A stop may be requested on any thread, so the sleeper is woken through its executor.
    on_stop.emplace(stop, [there, shared, sleeper] {
      there->post([there, shared, sleeper] {
        if (std::exchange(shared->woken, true))
          return;
        shared->stopped = true;
        there->cancel(shared->timer);
        resume(sleeper);
      });
    });
  }
  [[nodiscard]] bool await_resume() const { return !state->stopped; }
};

Detached run_detached(Task<void> task) {
  co_await std::move(task);
}

} // namespace

Task<void> switch_to(Executor& executor) {
  SwitchTo awaiter{executor};
  co_await awaiter;
}

Task<bool> sleep_for(Executor& executor, Duration delay, std::stop_token stop) {
  SwitchTo here{executor};
  co_await here;
  SleepAwaiter awaiter{executor, delay, std::move(stop)};
  co_return co_await awaiter;
}

void spawn(Executor& executor, Task<void> task) {
  auto owned = std::make_shared<Task<void>>(std::move(task));
  executor.post([owned] { start(std::move(*owned)); });
}

void start(Task<void> task) {
  resume(run_detached(std::move(task)).handle);
}

} // namespace berth::async
