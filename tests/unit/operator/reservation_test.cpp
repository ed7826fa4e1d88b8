// R3 and R4 as the operator carries them out: a recurring window whose capacity is lent until it is
// needed, taken back in time, and left by its holders at its end.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/operator/lending_world.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

/// Half of the node is promised to team a, for ten minutes from each full hour.
struct HourlyWorld : LendingWorld {
  HourlyWorld() {
    run_until(next_start() + 15min); // between two windows
    admin.create(
        simulation::make_object("berth.dev/v1alpha1", "Reservation", "", "hourly")
            .spec({{"poolRef", {{"name", "cpu"}}},
                   {"quotaRef", {{"name", "a"}}},
                   {"kind", "TimeWindow"},
                   {"resources", {{{"name", "cpu"}, {"amount", "4"}}}},
                   {"window",
                    {{"schedule", "0 * * * *"}, {"timeZone", "UTC"}, {"durationSeconds", 600}}},
                   {"leadTimeSeconds", 120},
                   {"allowed", {{"namespaces", {"a"}}}}})
            .build());
    executor.run_for(5s);
    REQUIRE(condition("Reservation", "hourly", "Accepted")["status"] == "True");
    // Team b has quota enough: what it is lent is room.
    simulation::Json cpu = {{"name", "cpu"}, {"nominal", 8}};
    simulation::Json pool = {{"poolRef", {{"name", "cpu"}}}};
    pool["resources"] = simulation::Json::array({std::move(cpu)});
    simulation::Json pools = simulation::Json::array({std::move(pool)});
    admin.patch("Quota", {"", "b"}, {{"spec", {{"pools", std::move(pools)}}}});
    admin.create(simulation::make_pod("b", "base")
                     .cpu("4")
                     .label("app", "b")
                     .label("berth.dev/preemptible", "false")
                     .build());
    REQUIRE(executor.run_until([&] { return runs("b", "base"); }, 1min));
  }
  [[nodiscard]] TimePoint next_start() {
    return std::chrono::floor<std::chrono::hours>(executor.now()) + 1h;
  }
  void run_until(TimePoint instant) {
    if (instant > executor.now())
      executor.run_for(instant - executor.now());
  }
  [[nodiscard]] simulation::Json status() {
    return admin.get("Reservation", {"", "hourly"})["status"];
  }
};

} // namespace

TEST_CASE("R3, R4: lent capacity is back for each window, and holders leave at its end") {
  HourlyWorld world;
  for (const std::string round : {"1", "2", "3"}) {
    CAPTURE(round);
    const TimePoint start = world.next_start();
    const std::string guest = "guest" + round;
    const std::string holder = "holder" + round;
    world.submit("b", guest, 4);
    REQUIRE(world.executor.run_until([&] { return world.runs("b", guest); }, 1min));
    CHECK(world.notice("b", guest) == format_time(start - 1min)); // told before it started
    CHECK(world.notice("b", "base").empty());
    world.run_until(start - 61s);
    CHECK(world.runs("b", guest));
    world.run_until(start - 30s);
    CHECK_FALSE(world.is_there("b", guest));

    world.run_until(start + 5s);
    CHECK(world.condition("Reservation", "hourly", "Active")["status"] == "True");
    CHECK(world.condition("Reservation", "hourly", "Honored")["status"] == "True");
    world.submit("a", holder, 4);
    REQUIRE(world.executor.run_until([&] { return world.runs("a", holder); }, 10s));
    CHECK_THAT(world.annotation("a", holder, "berth.dev/admitted"), Contains("hourly"));
    world.run_until(start + 8min - 1s);
    CHECK(world.notice("a", holder).empty());
    world.run_until(start + 10min - 1s);
    CHECK_FALSE(world.notice("a", holder).empty());
    CHECK(world.runs("a", holder));
    world.run_until(start + 10min + 10s);
    CHECK_FALSE(world.is_there("a", holder));
  }
  CHECK(world.runs("b", "base"));
  CHECK(world.status()["windowsTotal"] == 3);
  CHECK(world.status()["windowsHonored"] == 3);
}

TEST_CASE(
    "R3: a window that lends what it leaves idle as it opens is honored, however slow a write is") {
  HourlyWorld world;
  const TimePoint start = world.next_start();
  world.run_until(start - 30s);
  world.submit("b", "guest", 4); // waits for the window to open
  simulation::Latency slow;
  slow.min = slow.max = 2s;
  world.op->transport.faults().set_latency(slow);
  world.run_until(start + 30s);
  CHECK(world.runs("b", "guest"));
  CHECK(world.condition("Reservation", "hourly", "Honored")["status"] == "True");
  CHECK(world.notes("b", "Evicted").empty());
}

TEST_CASE("R4: what a window leaves idle is lent, and goes back when a holder wants it") {
  HourlyWorld world;
  world.run_until(world.next_start() + 5s);
  world.submit("b", "guest", 4);
  REQUIRE(world.executor.run_until([&] { return world.runs("b", "guest"); }, 10s));
  const auto revocable_after = parse_time(world.notice("b", "guest"));
  REQUIRE(revocable_after);
  CHECK(*revocable_after <= world.executor.now());
  world.executor.run_for(1min);
  CHECK(world.runs("b", "guest")); // nobody wants it yet
  world.submit("a", "holder", 4);
  CHECK(world.executor.run_until([&] { return world.runs("a", "holder"); }, 30s));
  CHECK_FALSE(world.is_there("b", "guest"));
  CHECK_THAT(world.notes("b", "Evicted"), Contains("wants its capacity"));
}

TEST_CASE("R4, P3: what a holder takes back is not lent again while it waits") {
  HourlyWorld world;
  world.run_until(world.next_start() + 5s);
  world.submit("b", "guest", 4);
  REQUIRE(world.executor.run_until([&] { return world.runs("b", "guest"); }, 10s));
  world.submit("b", "again", 4); // has its turn before the holder's, and quota once the guest goes
  world.executor.run_for(2s);
  world.submit("a", "holder", 4);
  REQUIRE(world.executor.run_until(
      [&] { return world.runs("a", "holder") || !world.is_gated("b", "again"); }, 1min));
  CHECK_FALSE(world.is_there("b", "guest"));
  CHECK(world.runs("a", "holder"));
  world.executor.run_for(1min);
  CHECK(world.is_gated("b", "again"));
}

TEST_CASE("P5, R3: a budget that keeps lent work where it is costs the window, and is told") {
  HourlyWorld world;
  const TimePoint start = world.next_start();
  world.submit("b", "guest", 4);
  REQUIRE(world.executor.run_until([&] { return world.runs("b", "guest"); }, 1min));
  world.admin.create(simulation::make_budget("b", "keep", "app", "b", 2).build());
  world.run_until(start + 5s);
  CHECK(world.runs("b", "guest"));
  CHECK(world.condition("Reservation", "hourly", "Honored")["reason"] == "WindowMissed");
  CHECK_THAT(world.notes("default", "Preempting"), Contains("b/guest was refused"));
  world.admin.remove("PodDisruptionBudget", {"b", "keep"});
  CHECK(world.executor.run_until([&] { return !world.is_there("b", "guest"); }, 6min));
}

TEST_CASE("R4: holders that may only be warned are warned once, and run on") {
  HourlyWorld world;
  world.admin.patch("Reservation", {"", "hourly"}, {{"spec", {{"overrun", "Warn"}}}});
  const TimePoint start = world.next_start();
  world.run_until(start + 5s);
  world.submit("a", "holder", 4);
  REQUIRE(world.executor.run_until([&] { return world.runs("a", "holder"); }, 10s));
  world.run_until(start + 15min);
  CHECK(world.runs("a", "holder"));
  CHECK(world.notice("a", "holder").empty());
  CHECK(world.events("a", "WindowClosed") == 1);
}

TEST_CASE("R5: a reservation that is deleted while pods use it goes when they have gone") {
  HourlyWorld world;
  world.run_until(world.next_start() + 5s);
  world.submit("a", "holder", 4);
  REQUIRE(world.executor.run_until([&] { return world.runs("a", "holder"); }, 10s));
  world.executor.run_for(5s);
  world.admin.remove("Reservation", {"", "hourly"});

  SECTION("Block") {
    world.executor.run_for(30min); // its end comes and goes: a deletion kills nobody
    CHECK(world.runs("a", "holder"));
    REQUIRE(world.admin.find("Reservation", {"", "hourly"}).has_value());
    CHECK(world.condition("Reservation", "hourly", "Active")["reason"] == "InUse");
    world.submit("a", "late", 4);
    world.executor.run_for(10s);
    CHECK(world.is_gated("a", "late"));
    world.admin.remove("Pod", {"a", "holder"}, 0);
    CHECK(world.executor.run_until([&] { return !world.admin.find("Reservation", {"", "hourly"}); },
                                   1min));
  }
  SECTION("Orphan, said afterwards") {
    world.admin.patch("Reservation", {"", "hourly"}, {{"spec", {{"deletionPolicy", "Orphan"}}}});
    CHECK(world.executor.run_until([&] { return !world.admin.find("Reservation", {"", "hourly"}); },
                                   10s));
    world.executor.run_for(30min);
    CHECK(world.runs("a", "holder"));
  }
}

TEST_CASE(
    "R3: a promise stays where it lies, says so once it cannot, and nothing is written twice") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 32);
  auto op = std::make_unique<SimulatedOperator>(world);
  simulation::Json cpu = {{"name", "cpu"}, {"amount", "6"}};
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "Reservation", "", "later")
          .spec({{"poolRef", {{"name", "cpu"}}},
                 {"quotaRef", {{"name", "a"}}},
                 {"kind", "TimeWindow"},
                 {"resources", simulation::Json::array({cpu})},
                 {"window",
                  {{"start", format_time(world.executor.now() + 1h)}, {"durationSeconds", 600}}},
                 {"allowed", {{"namespaces", {"a"}}}}})
          .build());
  const auto seen = [&] { return world.admin.get("Reservation", {"", "later"}); };
  world.executor.run_for(10s);
  const simulation::Json before = seen();
  const std::string node = before["status"]["places"].at(0)["node"];
  REQUIRE(before["status"]["places"].size() == 1);
  CHECK(before["status"]["places"].at(0)["amounts"].at(0)["name"] == "cpu");

  op.reset();
  op = std::make_unique<SimulatedOperator>(world, 8);
  world.executor.run_for(1min);
  CHECK(seen()["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]);

  world.admin.patch("Node", {"", node}, {{"spec", {{"unschedulable", true}}}});
  world.executor.run_for(10s);
  const simulation::Json moved = seen();
  CHECK(moved["status"]["places"].at(0)["node"] != node);
  CHECK(world.events("default", "PromiseMoved") == 1);
  world.admin.patch("Node", {"", node}, {{"spec", {{"unschedulable", false}}}});
  world.executor.run_for(1min);
  CHECK(seen()["metadata"]["resourceVersion"] == moved["metadata"]["resourceVersion"]);
  CHECK(world.events("default", "PromiseMoved") == 1);
}
