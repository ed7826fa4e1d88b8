#pragma once
// run_blocking(): the way out for the rare call that cannot wait asynchronously (running another
// program). One thread per call, joined before the caller goes on; never for requests.

#include <coroutine>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "lib/async/executor.hpp"

namespace berth::async {

namespace detail {

template <class T>
struct BlockingCall {
  Executor& executor;
  std::function<T()> work;
  std::optional<T> result{};
  std::thread thread{};

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    thread = std::thread([this, waiting] {
      result.emplace(work());
      executor.post([waiting] { async::resume(waiting); });
    });
  }
  [[nodiscard]] T await_resume() {
    thread.join();
    return std::move(*result);
  }
};

} // namespace detail

/// Runs `work` on a thread of its own and goes on, on `executor`, with what it returned. To be
/// awaited on `executor`.
template <class T>
[[nodiscard]] Task<T> run_blocking(Executor& executor, std::function<T()> work) {
  detail::BlockingCall<T> call{executor, std::move(work)};
  co_return co_await call;
}

} // namespace berth::async
