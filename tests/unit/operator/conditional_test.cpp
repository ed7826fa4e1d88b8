// R2 in a cluster: a Conditional reservation from the measurement that activates it to the end,
// over restarts of the operator, silence and refusals.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/operator/lending_world.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using simulation::Json;

/// Team b fills the only node, within its quota; half of it is promised to team a while a trigger
/// holds.
struct TriggerWorld : LendingWorld {
  TriggerWorld() {
    Json cpu = {{"name", "cpu"}, {"nominal", 8}};
    Json pool = {{"poolRef", {{"name", "cpu"}}}};
    pool["resources"] = Json::array({std::move(cpu)});
    Json pools = Json::array({std::move(pool)});
    admin.patch("Quota", {"", "b"}, {{"spec", {{"pools", std::move(pools)}}}});
    let_b_borrow(); // it is its own now
  }

  void reserve(const Json& trigger) {
    admin.create(simulation::make_object("berth.dev/v1alpha1", "Reservation", "", "peak")
                     .spec({{"poolRef", {{"name", "cpu"}}},
                            {"quotaRef", {{"name", "a"}}},
                            {"kind", "Conditional"},
                            {"resources", {{{"name", "cpu"}, {"amount", "4"}}}},
                            {"trigger", trigger},
                            {"leadTimeSeconds", 60},
                            {"allowed", {{"namespaces", {"a"}}}}})
                     .build());
    executor.run_for(5s);
    REQUIRE(condition("Reservation", "peak", "Accepted")["status"] == "True");
  }
  static Json busy_trigger() {
    return {{"utilization", {{"resource", "cpu"}}},
            {"value", 80},
            {"forSeconds", 60},
            {"activeSeconds", 300}};
  }

  /// The pool's 8 cores are used so far, as of now.
  void measure(int percent) {
    const Json cpu = {
        {"name", "cpu"}, {"used", std::to_string(80 * percent) + "m"}, {"measuredCapacity", "8"}};
    Json changed;
    changed["status"]["measuredAt"] = format_time(executor.clock().now());
    changed["status"]["resources"] = Json::array({cpu});
    admin.patch("ResourcePool", {"", "cpu"}, changed, "status");
  }
  /// Measured every 20 seconds for so long.
  void measure_for(Duration time, int percent) {
    for (Duration done{0}; done < time; done += 20s) {
      measure(percent);
      executor.run_for(20s);
    }
  }
  [[nodiscard]] Json trigger() {
    return admin.get("Reservation", {"", "peak"})["status"].value("trigger", Json::object());
  }
  [[nodiscard]] std::string active(const std::string& field) {
    return condition("Reservation", "peak", "Active").value(field, "");
  }
  [[nodiscard]] std::size_t status_writes() const {
    return op->writes_asked("/reservations/peak/status");
  }
};

} // namespace

TEST_CASE("R2, R3, R4: a busy pool opens the reservation after notice, and it ends in time") {
  TriggerWorld world;
  world.reserve(TriggerWorld::busy_trigger());
  CHECK(world.active("reason") == "TriggerUnknown");
  world.measure(50);
  world.executor.run_for(5s);
  CHECK(world.active("reason") == "TriggerNotMet");
  CHECK(world.trigger()["value"] == "50");
  world.submit("a", "a1", 4);
  world.executor.run_for(20s);

  world.measure_for(60s, 76);
  CHECK(world.active("reason") == "TriggerNotMet");
  world.measure_for(60s, 85);
  CHECK_FALSE(world.trigger().contains("opensAt"));
  CHECK_THAT(world.active("message"), Contains("it has to for 60 s"));
  world.measure(85);
  world.executor.run_for(3s);
  REQUIRE(world.trigger().contains("opensAt"));
  const TimePoint opens = parse_time(world.trigger()["opensAt"].get<std::string>()).value();
  CHECK(opens >= world.executor.now() + 110s); // lead time, and a minute for pods to go
  CHECK(world.active("reason") == "TriggerHolds");
  CHECK_THAT(world.notes("default", "TriggerHolds"), Contains("opens at"));
  CHECK(world.executor.run_until(
      [&] { return world.notice("b", "b1").empty() != world.notice("b", "b2").empty(); }, 10s));

  world.measure_for(opens - world.executor.now() + 5s, 85);
  CHECK(world.active("reason") == "WindowOpen");
  CHECK(world.condition("Reservation", "peak", "Honored")["status"] == "True");
  CHECK(world.executor.run_until([&] { return world.runs("a", "a1"); }, 30s));
  CHECK_THAT(world.annotation("a", "a1", "berth.dev/admitted"), Contains("peak"));

  world.measure(40);
  world.executor.run_for(2s);
  REQUIRE(world.trigger().contains("endsAt"));
  const TimePoint ends = parse_time(world.trigger()["endsAt"].get<std::string>()).value();
  CHECK_THAT(world.active("message"), Contains("or longer if its trigger holds again"));
  world.measure_for(ends - world.executor.now() - 30s, 40);
  CHECK(world.runs("a", "a1"));
  CHECK(world.active("status") == "True");
  CHECK_FALSE(world.notice("a", "a1").empty());
  world.measure_for(60s, 40);
  CHECK(world.active("status") == "False");
  CHECK_FALSE(world.is_there("a", "a1"));
  CHECK_FALSE(world.trigger().contains("opensAt"));
  CHECK_THAT(world.notes("default", "WindowClosed"), Contains("has not held"));
  CHECK(world.admin.get("Reservation", {"", "peak"})["status"]["windowsHonored"] == 1);
}

TEST_CASE("R2: another operator half-way goes on from the status") {
  TriggerWorld world;
  world.reserve(TriggerWorld::busy_trigger());
  world.measure_for(40s, 85);
  const Json since = world.trigger()["holdsSince"];
  world.start();
  world.measure_for(40s, 85);
  CHECK(world.trigger()["holdsSince"] == since);
  CHECK(world.trigger().contains("opensAt"));
  const Json opens = world.trigger()["opensAt"];
  world.start();
  world.measure_for(60s, 85);
  CHECK(world.trigger()["opensAt"] == opens);
}

TEST_CASE("R2: silence ends an active reservation, and starts none") {
  TriggerWorld world;
  world.reserve(TriggerWorld::busy_trigger());
  world.measure_for(100s, 85);
  REQUIRE(world.trigger().contains("opensAt"));
  world.executor.run_for(6min);
  CHECK(world.trigger().contains("endsAt"));
  CHECK_FALSE(world.trigger().contains("holdsSince"));
  CHECK(world.active("status") == "True");
  world.executor.run_for(6min);
  CHECK(world.active("reason") == "TriggerUnknown");
  world.measure(85);
  world.executor.run_for(2min);
  CHECK_FALSE(world.trigger().contains("opensAt"));
}

TEST_CASE(
    "R2: a trigger that says the same writes its status once a minute, and rests in silence") {
  TriggerWorld world;
  world.reserve(TriggerWorld::busy_trigger());
  world.measure_for(60s, 50);
  const std::size_t before = world.status_writes();
  world.measure_for(10min, 50);
  CHECK(world.status_writes() <= before + 11);
  world.executor.run_for(10min);
  const std::size_t silent = world.status_writes();
  world.executor.run_for(30min);
  CHECK(world.status_writes() == silent);
}

TEST_CASE("R1: what the calendar has no room for is not activated, and says so") {
  TriggerWorld world;
  world.reserve(TriggerWorld::busy_trigger());
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "Reservation", "", "night")
          .spec({{"poolRef", {{"name", "cpu"}}},
                 {"quotaRef", {{"name", "b"}}},
                 {"kind", "TimeWindow"},
                 {"resources", {{{"name", "cpu"}, {"amount", "8"}}}},
                 {"window",
                  {{"start", format_time(world.executor.now() + 24h)}, {"durationSeconds", 3600}}}})
          .build());
  world.admin.remove("Pod", {"b", "b1"}, 0);
  world.admin.remove("Pod", {"b", "b2"}, 0);
  world.executor.run_for(10s);
  REQUIRE(world.condition("Reservation", "night", "Accepted")["status"] == "True");
  CHECK(world.condition("Reservation", "peak", "Accepted")["reason"] == "CalendarFull");
  world.measure_for(3min, 85);
  CHECK_FALSE(world.trigger().contains("opensAt"));
  CHECK(world.active("reason") == "CalendarFull");
  world.admin.remove("Reservation", {"", "night"});
  world.measure_for(40s, 85);
  CHECK(world.active("reason") == "WindowOpen"); // there is room: nothing to wait for
}

TEST_CASE("R2: a metric of the external metrics API triggers, in its own unit") {
  TriggerWorld world;
  simulation::ServedResource metric;
  metric.type = {"external.metrics.k8s.io", "v1beta1", "queue_depth", "ExternalMetricValue", true};
  metric.read_only = true;
  world.server.state().registry.add(metric);
  const auto measure = [&](const std::string& value) {
    world.server.put_metrics(
        {{"apiVersion", "external.metrics.k8s.io/v1beta1"},
         {"kind", "ExternalMetricValue"},
         {"metadata", {{"namespace", "a"}, {"name", "orders"}, {"labels", {{"queue", "orders"}}}}},
         {"metricName", "queue_depth"},
         {"timestamp", format_time(world.executor.now())},
         {"value", value}});
  };
  world.reserve({{"metric",
                  {{"name", "queue_depth"},
                   {"namespace", "a"},
                   {"selector", {{"matchLabels", {{"queue", "orders"}}}}}}},
                 {"operator", "GreaterThan"},
                 {"value", "1500m"},
                 {"forSeconds", 60},
                 {"activeSeconds", 60}});
  CHECK(world.active("reason") == "TriggerUnknown");
  CHECK_THAT(world.active("message"), Contains("queue_depth"));
  const auto measure_for = [&](Duration time, const std::string& value) {
    for (Duration done{0}; done < time; done += 20s) {
      measure(value);
      world.executor.run_for(20s);
    }
  };
  measure_for(1min, "1500m");
  CHECK(world.active("reason") == "TriggerNotMet");
  CHECK(world.trigger()["value"] == "1500m");
  measure_for(3min, "1501m");
  CHECK(world.trigger().contains("opensAt"));
}
