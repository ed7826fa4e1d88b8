#include "lib/async/task.hpp"

#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/async/simulated_executor.hpp"
#include "lib/base/result.hpp"

namespace berth::async {
namespace {

Task<int> give(int value) {
  co_return value;
}

Task<Result<std::string>> fail_with(Code code) {
  co_return fail(code, "no");
}

Task<void> add(int& sum, int value) {
  sum += co_await give(value);
}

/// Runs one task to its end, as far as it gets without waiting.
void run(Task<void> task) {
  SimulatedExecutor executor{TimePoint{}};
  spawn(executor, std::move(task));
  executor.run_ready();
}

/// Whether `crash` ends its process by abort().
template <class Crash>
bool aborts(Crash crash) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL); // Catch2 would report it as this test's failure
    ::close(STDERR_FILENO);
    crash();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEST_CASE("A task runs only when it is awaited") {
  int sum = 0;
  {
    const Task<void> never = add(sum, 5);
  }
  CHECK(sum == 0);
  run(add(sum, 5));
  CHECK(sum == 5);
}

TEST_CASE("A task gives values that can only be moved, and failures") {
  std::string outcome;
  run([](std::string& out) -> Task<void> {
    const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    const std::unique_ptr<int> moved = co_await make();
    const Result<std::string> failed = co_await fail_with(Code::Conflict);
    out = std::to_string(*moved) + std::string(to_string(failed.error().code));
  }(outcome));
  CHECK(outcome == "7Conflict");
}

TEST_CASE("A million awaits in a row do not grow the stack") {
  int sum = 0;
  run([](int& out) -> Task<void> {
    for (int round = 0; round < 1'000'000; ++round)
      out += co_await give(1);
  }(sum));
  CHECK(sum == 1'000'000);
}

Task<int> nest(int depth) {
  if (depth == 0)
    co_return 0;
  co_return 1 + co_await nest(depth - 1);
}

TEST_CASE("Tasks may be nested deeply") {
  int depth = 0;
  run([](int& out) -> Task<void> { out = co_await nest(10'000); }(depth));
  CHECK(depth == 10'000);
}

TEST_CASE("What a task holds goes away when it ends, before its awaiter goes on") {
  const auto held = std::make_shared<int>(1);
  long uses_after = 0;
  run([](std::shared_ptr<int> mine, long& out) -> Task<void> {
    const auto hold = [](std::shared_ptr<int> theirs) -> Task<int> { co_return *theirs; };
    const int value = co_await hold(mine);
    out = mine.use_count() * value;
  }(held, uses_after));
  CHECK(uses_after == 2); // ours and the coroutine's
  CHECK(held.use_count() == 1);
}

TEST_CASE("A task that is given up while it waits is destroyed with all it holds") {
  const auto held = std::make_shared<int>(1);
  {
    struct Never {
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) const noexcept {}
      void await_resume() const noexcept {}
    };
    struct Owner { // keeps the coroutine that waits, instead of an executor
      struct promise_type {
        Owner get_return_object() {
          return Owner{std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
        [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept {}
      };
      std::coroutine_handle<promise_type> handle;
    };
    const auto wait = [](std::shared_ptr<int>) -> Task<void> {
      Never never;
      co_await never;
    };
    const auto own = [](Task<void> task) -> Owner { co_await std::move(task); };
    const Owner owner = own(wait(held));
    resume(owner.handle);
    CHECK(held.use_count() == 2);
    owner.handle.destroy();
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("Awaiting a task twice, after it was moved, or throwing out of it aborts") {
  CHECK(aborts([] {
    run([]() -> Task<void> {
      Task<int> task = give(1);
      co_await std::move(task);
      co_await std::move(task);
    }());
  }));
  CHECK(aborts([] {
    run([]() -> Task<void> {
      Task<int> task = give(1);
      const Task<int> taken = std::move(task);
      co_await std::move(task); // NOLINT(bugprone-use-after-move)
    }());
  }));
  CHECK(aborts([] {
    run([]() -> Task<void> {
      throw std::runtime_error("a library's exception that nobody caught");
      co_return;
    }());
  }));
}

} // namespace
} // namespace berth::async
