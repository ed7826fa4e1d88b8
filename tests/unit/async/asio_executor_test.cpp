// The executor of real programs, from several threads. Waits are of a few milliseconds; nothing
// here depends on how long they really take.
#include "lib/async/asio_executor.hpp"

#include <atomic>
#include <csignal>
#include <future>
#include <thread>

#include <catch2/catch.hpp>

#include "lib/async/signal.hpp"
#include "lib/async/task_group.hpp"

namespace berth::async {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// An executor that serves a thread until the test ends.
struct Running {
  SystemClock clock;
  AsioExecutor executor{clock};
  std::thread thread{[this] { executor.run(); }};

  ~Running() {
    run([] {});
    executor.stop();
    thread.join();
  }
  void run(std::function<void()> work) {
    std::promise<void> done;
    executor.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
};

TEST_CASE("Work posted by one thread runs in its order, on the executor") {
  Running running;
  std::vector<int> order;
  bool current = true;
  for (int number = 0; number < 1000; ++number)
    running.executor.post([&, number] {
      order.push_back(number);
      current = current && running.executor.is_current();
    });
  running.run([] {});
  CHECK(current);
  CHECK_FALSE(running.executor.is_current());
  CHECK(order.size() == 1000);
  CHECK(std::ranges::is_sorted(order));
}

TEST_CASE("Timers fire in the order of their times") {
  Running running;
  std::vector<int> order;
  std::promise<void> last;
  running.executor.post_after(milliseconds{20}, [&] {
    order.push_back(2);
    last.set_value();
  });
  running.executor.post_after(milliseconds{5}, [&] { order.push_back(1); });
  running.executor.post_after(milliseconds{-5}, [&] { order.push_back(0); });
  last.get_future().wait();
  CHECK(order == std::vector<int>{0, 1, 2});
}

TEST_CASE("A timer cancelled on the executor never fires, even when it is due already") {
  Running running;
  std::atomic<int> fired{0};
  for (int round = 0; round < 100; ++round) {
    running.run([&] {
      const TimerId timer = running.executor.post_after(Duration{0}, [&] { ++fired; });
      const auto due = std::chrono::steady_clock::now() + milliseconds{1};
      running.executor.post([&, timer, due] {
        while (std::chrono::steady_clock::now() < due) {
        }
        running.executor.cancel(timer); // it may be queued to run next
        const int before = fired;
        running.executor.post([&, before] { CHECK(fired == before); });
      });
    });
  }
  running.run([] {});
}

TEST_CASE("A wait longer than the clock can say does not end at once") {
  Running running;
  std::atomic<bool> fired{false};
  const TimerId timer = running.executor.post_after(Duration::max(), [&] { fired = true; });
  std::promise<void> later;
  running.executor.post_after(milliseconds{5}, [&] { later.set_value(); });
  later.get_future().wait();
  CHECK_FALSE(fired);
  running.executor.cancel(timer);
}

TEST_CASE("A sleep begun on another thread ends on the executor") {
  Running running;
  std::promise<bool> ended;
  start([](Executor& executor, std::promise<bool>& done) -> Task<void> {
    co_await sleep_for(executor, milliseconds{1});
    done.set_value(executor.is_current());
  }(running.executor, ended));
  CHECK(ended.get_future().get());
}

TEST_CASE("Stops from another thread race with the ends of sleeps and wake each once") {
  Running running;
  std::atomic<int> woken{0};
  for (int round = 0; round < 300; ++round) {
    std::stop_source stop;
    std::promise<void> ended;
    spawn(running.executor,
          [](Executor& executor, std::stop_token token, std::atomic<int>& count,
             std::promise<void>& done) -> Task<void> {
            co_await sleep_for(executor, milliseconds{1}, token);
            ++count;
            done.set_value();
          }(running.executor, stop.get_token(), woken, ended));
    if (round % 3 == 0)
      std::this_thread::sleep_for(std::chrono::microseconds{900 + round}); // close to the end
    stop.request_stop();
    ended.get_future().wait();
  }
  running.run([] {});
  CHECK(woken == 300);
}

TEST_CASE("Stops from another thread race with notifications and wake each once") {
  Running running;
  Signal signal(running.executor);
  std::atomic<int> woken{0};
  for (int round = 0; round < 300; ++round) {
    std::stop_source stop;
    std::promise<void> ended;
    spawn(running.executor,
          [](Signal& watched, std::stop_token token, std::atomic<int>& count,
             std::promise<void>& done) -> Task<void> {
            co_await watched.wait(token);
            ++count;
            done.set_value();
          }(signal, stop.get_token(), woken, ended));
    running.executor.post([&] { signal.notify(); });
    stop.request_stop();
    ended.get_future().wait();
  }
  running.run([] {});
  CHECK(woken == 300);
}

TEST_CASE("A coroutine goes from one executor to another and back") {
  Running here;
  Running there;
  std::promise<std::vector<bool>> visited;
  spawn(here.executor,
        [](Executor& first, Executor& second, std::promise<std::vector<bool>>& out) -> Task<void> {
          std::vector<bool> seen;
          for (int round = 0; round < 100; ++round) {
            co_await switch_to(second);
            seen.push_back(second.is_current() && !first.is_current());
            co_await switch_to(first);
            seen.push_back(first.is_current() && !second.is_current());
          }
          out.set_value(std::move(seen));
        }(here.executor, there.executor, visited));
  const std::vector<bool> seen = visited.get_future().get();
  CHECK(seen.size() == 200);
  CHECK(std::ranges::all_of(seen, [](bool right) { return right; }));
}

TEST_CASE("A group's tasks may end on other executors") {
  Running here;
  Running there;
  std::promise<int> joined;
  auto group = std::make_unique<TaskGroup>(here.executor);
  std::atomic<int> ended{0};
  here.run([&] {
    for (int number = 0; number < 50; ++number)
      group->spawn([](Executor& elsewhere, std::atomic<int>& count) -> Task<void> {
        co_await switch_to(elsewhere);
        ++count;
      }(there.executor, ended));
    spawn(here.executor,
          [](TaskGroup& all, std::atomic<int>& count, std::promise<int>& out) -> Task<void> {
            co_await all.join();
            out.set_value(count);
          }(*group, ended, joined));
  });
  CHECK(joined.get_future().get() == 50);
  here.run([&] { group.reset(); });
}

TEST_CASE("A termination signal is delivered on the executor") {
  Running running;
  std::promise<bool> delivered;
  running.executor.on_termination([&] { delivered.set_value(running.executor.is_current()); });
  std::raise(SIGTERM);
  CHECK(delivered.get_future().get());
}

} // namespace
} // namespace berth::async
