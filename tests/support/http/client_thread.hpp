#pragma once
// ClientThread: an AsioExecutor on a thread of its own, so that a test can call asynchronous code
// and wait for the answer.

#include <future>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "lib/async/asio_executor.hpp"

namespace berth::http::testing {

class ClientThread {
public:
  ClientThread() : thread_([this] { executor_.run(); }) {}
  ~ClientThread() {
    // What was posted before has run after the first call, and what that posted after the second:
    // Asio puts aside what its own thread posts until the function that does so has ended.
    call([] {});
    call([] {});
    executor_.stop();
    thread_.join();
  }
  ClientThread(const ClientThread&) = delete;
  ClientThread& operator=(const ClientThread&) = delete;

  [[nodiscard]] async::AsioExecutor& executor() { return executor_; }

  /// Starts `task` on the executor.
  template <class T>
  [[nodiscard]] std::future<T> start(async::Task<T> task) {
    auto promise = std::make_shared<std::promise<T>>();
    std::future<T> future = promise->get_future();
    async::spawn(executor_, fulfil(std::move(task), std::move(promise)));
    return future;
  }
  /// Runs `task` on the executor and waits for its value.
  template <class T>
  T run(async::Task<T> task) {
    return start(std::move(task)).get();
  }
  /// Runs a function on the executor and waits for its value.
  template <class Function>
  std::invoke_result_t<Function> call(Function function) {
    auto promise = std::make_shared<std::promise<decltype(function())>>();
    auto future = promise->get_future();
    executor_.post([promise, function = std::move(function)]() mutable {
      if constexpr (std::is_void_v<decltype(function())>) {
        function();
        promise->set_value();
      } else {
        promise->set_value(function());
      }
    });
    return future.get();
  }

private:
  template <class T>
  static async::Task<void> fulfil(async::Task<T> task, std::shared_ptr<std::promise<T>> promise) {
    // The task's frame goes first, so that nothing of it is left when the test goes on.
    if constexpr (std::is_void_v<T>) {
      co_await run_to_end(std::move(task));
      promise->set_value();
    } else {
      promise->set_value(co_await run_to_end(std::move(task)));
    }
  }
  template <class T>
  static async::Task<T> run_to_end(async::Task<T> task) {
    co_return co_await std::move(task);
  }

  SystemClock clock_;
  async::AsioExecutor executor_{clock_};
  std::thread thread_;
};

} // namespace berth::http::testing
