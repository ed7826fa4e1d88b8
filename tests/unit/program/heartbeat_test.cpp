#include "lib/program/heartbeat.hpp"

#include <catch2/catch.hpp>

#include "lib/async/simulated_executor.hpp"

using namespace berth;
using namespace std::chrono_literals;

TEST_CASE("A loop that runs is alive, and so is one that ended a short while ago") {
  async::SimulatedExecutor executor{TimePoint{}};
  program::Heartbeat heartbeat(executor);
  std::stop_source stop;
  async::spawn(executor, heartbeat.run(stop.get_token()));
  executor.run_for(1h);
  CHECK(heartbeat.check());
  stop.request_stop();
  executor.run_for(program::Heartbeat::kSilenceMax - program::Heartbeat::kInterval);
  CHECK(heartbeat.check());
}

TEST_CASE("A loop that has run nothing for a minute is not alive") {
  async::SimulatedExecutor executor{TimePoint{}};
  const program::Heartbeat heartbeat(executor);
  executor.run_for(program::Heartbeat::kSilenceMax);
  CHECK(heartbeat.check());
  executor.run_for(1s);
  const auto checked = heartbeat.check();
  REQUIRE_FALSE(checked);
  CHECK_THAT(checked.error().message, Catch::Contains("has not run for 61 s"));
}
