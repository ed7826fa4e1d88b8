// Sleeping, signals and groups, in simulated time: every order of wake-up and stop.
#include <algorithm>

#include <catch2/catch.hpp>

#include "lib/async/signal.hpp"
#include "lib/async/simulated_executor.hpp"
#include "lib/async/task_group.hpp"

namespace berth::async {
namespace {

using std::chrono::seconds;

struct Simulation {
  SimulatedExecutor executor{TimePoint{}};
  std::stop_source stop;
  std::vector<std::string> steps;

  Task<void> sleep(Duration delay, std::string name) {
    const bool passed = co_await sleep_for(executor, delay, stop.get_token());
    steps.push_back(name + (passed ? " passed" : " stopped"));
  }
  Task<void> wait(Signal& signal, std::string name) {
    const bool woken = co_await signal.wait(stop.get_token());
    steps.push_back(name + (woken ? " woken" : " stopped"));
  }
};

using Steps = std::vector<std::string>;

TEST_CASE("A sleep lasts its time, no less") {
  Simulation run;
  spawn(run.executor, run.sleep(seconds{2}, "a"));
  run.executor.run_for(seconds{2} - Duration{1});
  CHECK(run.steps.empty());
  run.executor.run_for(Duration{1});
  CHECK(run.steps == Steps{"a passed"});
}

TEST_CASE("A stop ends sleeps at once, wherever they are") {
  Simulation run;
  spawn(run.executor, run.sleep(seconds{2}, "a"));
  spawn(run.executor, run.sleep(seconds{9}, "b"));
  run.executor.run_for(seconds{1});
  run.stop.request_stop();
  run.executor.run_ready();
  std::ranges::sort(run.steps); // the standard leaves the order of stop callbacks open
  CHECK(run.steps == Steps{"a stopped", "b stopped"});
  spawn(run.executor, run.sleep(seconds{2}, "c"));
  run.executor.run_ready();
  CHECK(run.steps.back() == "c stopped");
  CHECK(run.executor.now() == TimePoint{seconds{1}});
}

TEST_CASE("A stop and the end of a sleep at one instant wake once") {
  Simulation run;
  spawn(run.executor, run.sleep(seconds{1}, "a"));
  SECTION("the stop comes first") {
    run.executor.post_after(seconds{1}, [&] { run.stop.request_stop(); });
  }
  SECTION("the end comes first") {
    run.executor.run_ready(); // sets the sleep's timer
    run.executor.post_after(seconds{1}, [&] { run.stop.request_stop(); });
  }
  run.executor.run_for(seconds{5});
  CHECK(run.steps.size() == 1);
}

TEST_CASE("A signal wakes all who wait, and is kept for one who comes later") {
  Simulation run;
  Signal signal(run.executor);
  spawn(run.executor, run.wait(signal, "a"));
  spawn(run.executor, run.wait(signal, "b"));
  run.executor.run_ready();
  CHECK(run.steps.empty());
  signal.notify();
  run.executor.run_ready();
  CHECK(run.steps == Steps{"a woken", "b woken"});
  signal.notify();
  signal.notify(); // merged
  spawn(run.executor, run.wait(signal, "c"));
  spawn(run.executor, run.wait(signal, "d"));
  run.executor.run_ready();
  CHECK(run.steps == Steps{"a woken", "b woken", "c woken"});
  signal.notify();
  run.executor.run_ready();
  CHECK(run.steps.back() == "d woken");
}

TEST_CASE("A notification between a wake-up and the next wait is not lost") {
  Simulation run;
  Signal signal(run.executor);
  int seen = 0;
  int state = 0;
  spawn(run.executor, [](Signal& watched, int& now, int& latest) -> Task<void> {
    while (latest < 3) {
      co_await watched.wait();
      latest = now;
    }
  }(signal, state, seen));
  run.executor.run_ready();
  for (state = 1; state <= 3; ++state) {
    signal.notify(); // the waiter has not run yet for the one before
    if (state == 3)
      break;
  }
  run.executor.run_ready();
  CHECK(seen == 3);
}

TEST_CASE("A stop ends waits for a signal, and a notification that came first counts") {
  Simulation run;
  Signal signal(run.executor);
  spawn(run.executor, run.wait(signal, "a"));
  run.executor.run_ready();
  SECTION("the stop alone") {
    run.stop.request_stop();
    run.executor.run_ready();
    CHECK(run.steps == Steps{"a stopped"});
  }
  SECTION("the notification, then the stop") {
    signal.notify();
    run.stop.request_stop();
    run.executor.run_ready();
    CHECK(run.steps == Steps{"a woken"});
  }
  SECTION("the stop, then the notification before the stop is seen") {
    run.stop.request_stop();
    signal.notify();
    run.executor.run_ready();
    CHECK(run.steps == Steps{"a woken"});
  }
  run.executor.run_ready();
  CHECK(run.steps.size() == 1);
}

TEST_CASE("A signal may go away once nobody waits, even if a stop comes afterwards") {
  Simulation run;
  {
    Signal signal(run.executor);
    spawn(run.executor, run.wait(signal, "a"));
    run.executor.run_ready();
    signal.notify();
    run.stop.request_stop(); // posts a look at the signal
    run.executor.run_ready();
  }
  run.executor.run_ready();
  CHECK(run.steps == Steps{"a woken"});
}

TEST_CASE("A group ends when its last task has, and can be used again") {
  Simulation run;
  TaskGroup group(run.executor);
  const auto join = [](TaskGroup& joined, Steps& steps, std::string name) -> Task<void> {
    co_await joined.join();
    steps.push_back(name + " joined");
  };
  spawn(run.executor, join(group, run.steps, "nobody"));
  run.executor.run_ready();
  group.spawn(run.sleep(seconds{1}, "a"));
  group.spawn(run.sleep(seconds{2}, "b"));
  spawn(run.executor, join(group, run.steps, "x"));
  spawn(run.executor, join(group, run.steps, "y"));
  run.executor.run_for(seconds{5});
  CHECK(run.steps == Steps{"nobody joined", "a passed", "b passed", "x joined", "y joined"});
  CHECK(group.running() == 0);
}

TEST_CASE("A group asks its tasks to stop") {
  Simulation run;
  TaskGroup group(run.executor);
  group.spawn([](Executor& executor, std::stop_token stop, Steps& steps) -> Task<void> {
    const bool passed = co_await sleep_for(executor, seconds{100}, stop);
    steps.push_back(passed ? "passed" : "stopped");
  }(run.executor, group.stop_token(), run.steps));
  run.executor.run_for(seconds{1});
  group.request_stop();
  run.executor.run_ready();
  CHECK(run.steps == Steps{"stopped"});
  CHECK(group.running() == 0);
}

TEST_CASE("A task started just as the last one ended is joined too") {
  Simulation run;
  TaskGroup group(run.executor);
  group.spawn([](Simulation& all, TaskGroup& own) -> Task<void> {
    co_await sleep_for(all.executor, seconds{1});
    // Runs behind the end of this task and before the joiner, whose turn is posted then.
    all.executor.post([&] { own.spawn(all.sleep(seconds{1}, "b")); });
  }(run, group));
  spawn(run.executor, [](TaskGroup& joined, Steps& steps) -> Task<void> {
    co_await joined.join();
    steps.push_back("joined");
  }(group, run.steps));
  run.executor.run_for(seconds{5});
  CHECK(run.steps == Steps{"b passed", "joined"});
}

} // namespace
} // namespace berth::async
