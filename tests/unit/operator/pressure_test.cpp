// T1 and T3 in a cluster: what the operator makes of the use that the analyzer writes into a pool's
// status.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/operator/lending_world.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using simulation::Json;

/// The use of the pool's 8 cores, as of now.
void measure(LendingWorld& world, int percent) {
  const Json cpu = {
      {"name", "cpu"}, {"used", std::to_string(80 * percent) + "m"}, {"measuredCapacity", "8"}};
  Json status;
  status["status"]["measuredAt"] = format_time(world.executor.clock().now());
  status["status"]["resources"] = Json::array({cpu});
  world.admin.patch("ResourcePool", {"", "cpu"}, status, "status");
}

std::string degraded(LendingWorld& world, const std::string& field) {
  return world.condition("ResourcePool", "cpu", "Degraded").value(field, "");
}

std::string explained(LendingWorld& world, const std::string& team, const std::string& pod) {
  return world.annotation(team, pod, "berth.dev/explain");
}

} // namespace

TEST_CASE("T3: under critical pressure what is borrowed gets its notice and goes, and no more") {
  LendingWorld world;
  world.let_b_borrow();
  measure(world, 92);
  REQUIRE(world.executor.run_until([&] { return !world.notice("b", "b2").empty(); }, 5s));
  const auto revocable_after = parse_time(world.notice("b", "b2"));
  REQUIRE(revocable_after);
  CHECK(*revocable_after >= world.executor.now() + 9s);
  CHECK(world.notice("b", "b1").empty());
  world.executor.run_for(2s);
  CHECK(degraded(world, "status") == "True");
  CHECK(degraded(world, "reason") == "PoolUnderPressure");
  CHECK_THAT(degraded(world, "message"), Contains("Critical"));
  CHECK_THAT(world.notes("default", "PoolUnderPressure"), Contains("Critical"));
  REQUIRE(world.executor.run_until([&] { return !world.is_there("b", "b2"); }, 1min));
  CHECK(world.executor.now() >= *revocable_after);
  CHECK_THAT(world.notes("b", "PoolUnderPressure"), Contains("measured cpu is at 92 %"));

  world.executor.run_for(2min); // the measurement still stands, and has been answered
  CHECK(world.runs("b", "b1"));
  CHECK(world.evictions_sent() == 1);
}

TEST_CASE("T3, P4: a victim's own eviction does not spare it before its deletion is seen") {
  LendingWorld world;
  world.options.preemption.max_evictions_per_hour = 1;
  world.start();
  for (const auto& [name, cpu] : {std::pair{"b1", 4}, {"b2", 2}, {"b3", 2}}) {
    world.submit("b", name, cpu);
    REQUIRE(world.executor.run_until([&] { return world.runs("b", name); }, 1min));
    world.executor.run_for(2s);
  }
  world.op->transport.cache().set_lag(20s);
  measure(world, 96);
  world.executor.run_for(10s);
  world.submit("b", "b4", 1); // the operator decides again when it sees it
  REQUIRE(world.executor.run_until([&] { return !world.is_there("b", "b3"); }, 15s));
  world.executor.run_for(1min);
  CHECK(world.evictions_sent() == 1);
  CHECK(world.runs("b", "b2"));
}

TEST_CASE("T1: a measurement that grows old is no pressure in the metrics either") {
  LendingWorld world;
  world.let_b_borrow();
  measure(world, 82);
  world.executor.run_for(5s);
  CHECK_THAT(world.op->exposition(), Contains("berth_pool_pressure_level{pool=\"cpu\"} 1\n"));
  world.executor.run_for(30min);
  CHECK_THAT(world.op->exposition(), Contains("berth_pool_pressure_level{pool=\"cpu\"} 0\n"));
}

TEST_CASE("T3: what was shed may not come back at once") {
  LendingWorld world;
  world.let_b_borrow();
  measure(world, 96); // no notice in an emergency
  REQUIRE(world.executor.run_until([&] { return !world.is_there("b", "b2"); }, 8s));
  world.submit("b", "b3", 4);
  world.executor.run_for(5s);
  CHECK_THAT(explained(world, "b", "b3"), Contains("PoolUnderPressure"));
  measure(world, 50);
  world.executor.run_for(5s);
  CHECK_THAT(explained(world, "b", "b3"), Contains("BorrowingBackOff"));
  CHECK(degraded(world, "status") == "False");
  CHECK_THAT(world.notes("default", "PoolUnderPressure"), Contains("not under pressure any more"));
  world.executor.run_for(90s);
  CHECK(world.runs("b", "b3"));
}

TEST_CASE("T3: a disruption budget keeps what pressure would shed, and nobody goes in its place") {
  LendingWorld world;
  world.let_b_borrow();
  world.admin.create(simulation::make_budget("b", "keep", "app", "b", 2).build());
  world.executor.run_for(1s);
  measure(world, 96);
  world.executor.run_for(4min);
  CHECK(world.runs("b", "b1"));
  CHECK(world.runs("b", "b2"));
  CHECK(world.evictions_sent() == 0);
}

TEST_CASE("T1: use that was measured long ago, or of no known nodes, is no pressure") {
  LendingWorld world;
  world.let_b_borrow();
  world.admin.patch("ResourcePool", {"", "cpu"},
                    Json::parse(R"({"status": {"measuredAt": "2020-01-01T00:00:00Z",
                        "resources": [{"name": "cpu", "used": "8", "measuredCapacity": "8"}]}})"),
                    "status");
  world.executor.run_for(1min);
  CHECK(world.runs("b", "b2"));
  world.admin.patch("ResourcePool", {"", "cpu"},
                    {{"status",
                      {{"measuredAt", format_time(world.executor.clock().now())},
                       {"resources", {{{"name", "cpu"}, {"used", "8"}}}}}}},
                    "status");
  world.executor.run_for(1min);
  CHECK(world.runs("b", "b2"));
  CHECK(world.notice("b", "b2").empty());
  CHECK(degraded(world, "status") == "False");
}
