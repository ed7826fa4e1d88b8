#include "lib/async/simulated_executor.hpp"

#include <catch2/catch.hpp>

namespace berth::async {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{hours{24} * 20'000};

/// An executor and what was run on it, in order.
struct Run {
  SimulatedExecutor executor{kStart};
  std::vector<std::string> steps;

  void post(const std::string& step) {
    executor.post([this, step] { steps.push_back(step); });
  }
  TimerId after(Duration delay, const std::string& step) {
    return executor.post_after(delay, [this, step] { steps.push_back(step); });
  }
};

TEST_CASE("Ready work runs in the order posted, timers by time and then in the order set") {
  Run run;
  run.after(seconds{2}, "late");
  run.after(seconds{1}, "first of one instant");
  run.after(seconds{1}, "second of one instant");
  run.after(seconds{-1}, "at once");
  run.post("ready 1");
  run.post("ready 2");
  run.executor.run_for(seconds{1});
  CHECK(run.steps == std::vector<std::string>{"ready 1", "ready 2", "at once",
                                              "first of one instant", "second of one instant"});
  run.executor.run_for(seconds{1});
  CHECK(run.steps.back() == "late");
}

TEST_CASE("Time stands still while work is ready, and jumps to the next timer") {
  Run run;
  std::vector<Duration> seen;
  run.after(hours{5}, "");
  run.executor.post_after(hours{3}, [&] {
    seen.push_back(run.executor.now() - kStart);
    run.executor.post([&] { seen.push_back(run.executor.now() - kStart); });
  });
  run.executor.run_for(hours{24});
  CHECK(seen == std::vector<Duration>{hours{3}, hours{3}});
  CHECK(run.executor.now() == kStart + hours{24});
}

TEST_CASE("Without letting time pass, timers wait") {
  Run run;
  run.after(milliseconds{0}, "timer");
  run.post("ready");
  run.executor.run_ready();
  CHECK(run.steps == std::vector<std::string>{"ready"});
}

TEST_CASE("A cancelled timer does not fire, and cancelling one that fired does nothing") {
  Run run;
  const TimerId cancelled = run.after(seconds{1}, "cancelled");
  const TimerId fired = run.after(seconds{1}, "fired");
  run.executor.cancel(cancelled);
  run.executor.run_for(seconds{2});
  run.executor.cancel(fired);
  run.executor.cancel(12345);
  CHECK(run.steps == std::vector<std::string>{"fired"});
}

TEST_CASE("A run ends when its condition holds, or with its time") {
  Run run;
  run.after(seconds{3}, "done");
  const auto done = [&] { return !run.steps.empty(); };
  CHECK_FALSE(run.executor.run_until(done, seconds{2}));
  CHECK(run.executor.run_until(done, seconds{5}));
  CHECK(run.executor.now() == kStart + seconds{3});
}

TEST_CASE("A jump of the wall clock leaves steady time and timers alone") {
  Run run;
  run.after(seconds{10}, "timer");
  const SteadyPoint before = run.executor.steady_now();
  run.executor.jump_wall_clock(hours{-1});
  CHECK(run.executor.now() == kStart - hours{1});
  run.executor.run_for(seconds{10});
  CHECK(run.steps.size() == 1);
  CHECK(run.executor.steady_now() - before == seconds{10});
}

TEST_CASE("A wait longer than any clock can say is one of ten years") {
  Run run;
  run.after(Duration::max(), "far");
  run.executor.run_for(kDelayMax - seconds{1});
  CHECK(run.steps.empty());
  run.executor.run_for(seconds{1});
  CHECK(run.steps.size() == 1);
}

} // namespace
} // namespace berth::async
