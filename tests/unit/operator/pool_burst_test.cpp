// The burst of a pool in a cluster: it is told of, lets more in, and ends on time by itself.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "lib/base/timestamp.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::Json;
using simulation::make_pod;

struct BurstWorld : OperatorWorld {
  BurstWorld() {
    add_pool("cpu", 1, "10");
    add_team("a", "cpu", 100);
  }
  /// From now on for `lasts`, with the bound of the pool beside it.
  TimePoint burst(Duration lasts, int max_seconds = 3600) {
    const TimePoint now = executor.clock().now();
    edit({{"burst",
           {{"maxDurationSeconds", max_seconds},
            {"period", {{"startsAt", format_time(now)}, {"endsAt", format_time(now + lasts)}}}}}});
    return now + lasts;
  }
  void edit(const Json& spec) { admin.patch("ResourcePool", {"", "cpu"}, {{"spec", spec}}); }
  void submit(const std::string& name, int cpu) {
    admin.create(make_pod("a", name).cpu(std::to_string(cpu)).build());
  }
  [[nodiscard]] Json status() { return admin.get("ResourcePool", {"", "cpu"})["status"]; }
  [[nodiscard]] std::string allocatable_cpu() {
    const Json now_there = status();
    for (const auto& row : now_there["resources"])
      if (row["name"] == "cpu")
        return row["allocatable"];
    return "";
  }
  [[nodiscard]] std::string burst_reason() {
    const Json found = condition("ResourcePool", "cpu", "BurstActive");
    return found.is_null() ? "" : found["reason"];
  }
};

} // namespace

TEST_CASE("L2: a burst lets more in and ends on time in a quiet cluster, and nobody is evicted") {
  BurstWorld world;
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  const TimePoint ends = world.burst(20min + 31s);
  world.executor.run_for(5s);
  CHECK(world.status()["burstActive"] == true);
  CHECK(world.status()["burstEndsAt"] == format_time(ends));
  CHECK(world.burst_reason() == "Bursting");
  CHECK(world.allocatable_cpu() == "12");
  CHECK(world.events("default", "Bursting") == 1);
  world.submit("x", 10);
  world.submit("y", 2);
  world.executor.run_for(10s);
  CHECK_FALSE(world.is_gated("a", "x"));
  CHECK_FALSE(world.is_gated("a", "y"));

  world.executor.run_for(ends - world.executor.now() - 1s);
  CHECK(world.status()["burstActive"] == true);
  world.executor.run_for(4s); // no cycle is due but for the end of the burst
  CHECK(world.status()["burstActive"] == false);
  CHECK_FALSE(world.status().contains("burstEndsAt"));
  CHECK(world.burst_reason() == "NotBursting");
  CHECK(world.allocatable_cpu() == "10");
  CHECK(world.events("default", "NotBursting") == 1);
  CHECK(world.status()["utilizationPercent"] == 120);

  world.submit("z", 1);
  world.executor.run_for(10min);
  CHECK(world.is_gated("a", "z"));
  CHECK(world.admin.find("Pod", {"a", "x"}));
  CHECK(world.admin.find("Pod", {"a", "y"}));
}

TEST_CASE("T3: a burst is suspended while the pool's degradation leaves it, and is told so") {
  BurstWorld world;
  SimulatedOperator op(world);
  world.burst(1h);
  world.executor.run_for(5s);
  REQUIRE(world.status()["burstActive"] == true);
  const std::string now = format_time(world.executor.clock().now());
  world.admin.patch(
      "ResourcePool", {"", "cpu"},
      {{"status",
        {{"measuredAt", now},
         {"degradation",
          {{"level", "Warning"}, {"steppedAt", now}, {"steps", Json::array({"LeaveBurst"})}}}}}},
      "status");
  world.executor.run_for(5s);
  CHECK(world.status()["burstActive"] == false);
  CHECK(world.allocatable_cpu() == "10");
  CHECK(world.condition("ResourcePool", "cpu", "BurstActive")["message"] ==
        "the burst is suspended while the pool is degraded");
  world.executor.run_for(6min); // and nobody measures any more
  CHECK(world.status()["burstActive"] == true);
  CHECK(world.allocatable_cpu() == "12");
}

TEST_CASE("a burst lasts no longer than maxDurationSeconds, whatever its period says") {
  BurstWorld world;
  SimulatedOperator op(world);
  world.burst(24h, 600);
  world.executor.run_for(9min);
  CHECK(world.status()["burstActive"] == true);
  world.executor.run_for(2min);
  CHECK(world.status()["burstActive"] == false);
}

TEST_CASE("a burst outlives its operator and other edits of its pool, and does not compound") {
  BurstWorld world;
  {
    SimulatedOperator first(world);
    world.burst(30min);
    world.executor.run_for(5s);
    CHECK(world.allocatable_cpu() == "12");
  }
  const Json memory = {{"resource", "memory"}, {"ratioPercent", 110}};
  world.edit({{"oversubscription", Json::array({memory})}});
  SimulatedOperator second(world, 8);
  world.executor.run_for(5s);
  CHECK(world.allocatable_cpu() == "12");
  world.executor.run_for(25h);
  CHECK(world.allocatable_cpu() == "10");
  world.burst(30min);
  world.executor.run_for(5s);
  CHECK(world.allocatable_cpu() == "12");
  world.edit({{"burst", nullptr}}); // nobody may burst it any more
  world.executor.run_for(5s);
  CHECK(world.allocatable_cpu() == "10");
  CHECK(world.burst_reason().empty());
}
