#pragma once
// Task<T>: a lazy coroutine. It starts when it is awaited, or when spawn() hands it to an executor,
// and resumes its awaiter without growing the stack. It knows no thread: whoever completes the
// innermost await decides where it goes on, and everything of ours completes on the executor that
// the awaiting code named. An exception that leaves a Task is a programmer's error and aborts,
// since failures travel as Result<T>.
//
// g++ 12 destroys braced temporaries inside a co_await expression twice. Name arguments first:
//   const Request request{...};  auto answer = co_await transport.send(request);

#include <coroutine>
#include <optional>
#include <utility>

#include "lib/base/ensure.hpp"

namespace berth::async {

template <class T>
class Task;

namespace detail {

/// What both promise types share: who waits for this task, and how to go on there.
struct PromiseBase {
  std::coroutine_handle<> awaiter{};

  struct FinalAwaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) noexcept {
      const auto next = finished.promise().awaiter;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept {
    ensure(false, "an exception left a Task");
    __builtin_unreachable();
  }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& returned) {
    value.emplace(std::forward<U>(returned));
  }
  [[nodiscard]] T take() {
    ensure(value.has_value(), "a Task was read before it finished");
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const noexcept {}
};

} // namespace detail

template <class T = void>
class [[nodiscard]] Task {
public:
  using promise_type = detail::Promise<T>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { destroy(); }

  /// Awaiting starts the task and gives its value; a task can be awaited once.
  auto operator co_await() && noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> handle;
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        handle.promise().awaiter = awaiter;
        return handle;
      }
      T await_resume() { return handle.promise().take(); }
    };
    return Awaiter{handle_};
  }

private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  void destroy() {
    if (handle_)
      handle_.destroy();
  }

  std::coroutine_handle<promise_type> handle_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}
} // namespace detail

} // namespace berth::async
