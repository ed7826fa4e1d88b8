#pragma once
// Task<T>: a lazy coroutine. It starts when it is awaited, or when spawn() hands it to an executor,
// and resumes its awaiter without growing the stack, in every build. It knows no thread: whoever
// completes the innermost await decides where it goes on, and everything of ours completes on the
// executor that the awaiting code named. An exception that leaves a Task is a programmer's error
// and aborts, since failures travel as Result<T>.
//
// Two faults of g++ 12 to write around (tests/lint looks for the second):
// - it destroys braced temporaries inside a co_await expression twice: name arguments first,
//     const Request request{...};  auto answer = co_await transport.send(request);
// - it loses its place after a co_await in the condition of a loop: await inside the body,
//     for (bool due = true; due;) { due = co_await sleep_for(...); ... }

#include <coroutine>
#include <optional>
#include <utility>

#include "lib/base/ensure.hpp"

namespace berth::async {

template <class T>
class Task;

/// Runs a suspended coroutine, then those it hands over to, until one of them waits. An awaiter
/// of your own goes on through this and never calls the handle's resume() itself.
void resume(std::coroutine_handle<> suspended);

namespace detail {

/// Where the resume() at the bottom of this thread's stack looks for the coroutine to run next.
inline constinit thread_local std::coroutine_handle<>* next_coroutine = nullptr;

/// Goes on with another coroutine once the current one has returned to resume(). The standard's
/// symmetric transfer would do, but g++ makes it a tail call only without sanitizers.
inline void transfer_to(std::coroutine_handle<> next) {
  if (next_coroutine == nullptr)
    return resume(next);
  ensure(!*next_coroutine, "a coroutine was resumed without async::resume()");
  *next_coroutine = next;
}

/// What both promise types share: who waits for this task, and how to go on there.
struct PromiseBase {
  std::coroutine_handle<> awaiter{};

  struct FinalAwaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> finished) noexcept {
      transfer_to(finished.promise().awaiter);
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

inline void resume(std::coroutine_handle<> suspended) {
  std::coroutine_handle<> next = suspended;
  auto* const outer = std::exchange(detail::next_coroutine, &next);
  while (next)
    std::exchange(next, {}).resume();
  detail::next_coroutine = outer;
}

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
      void await_suspend(std::coroutine_handle<> awaiter) noexcept {
        handle.promise().awaiter = awaiter;
        detail::transfer_to(handle);
      }
      T await_resume() { return handle.promise().take(); }
    };
    ensure(handle_ && !handle_.done(), "a Task was awaited twice or after it was moved");
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
