// Statuses of pools, quotas and reservations as the operator keeps them.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "lib/base/timestamp.hpp"
#include "operator/status/status_metrics.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using simulation::Json;
using simulation::make_pod;

Json status_of(OperatorWorld& world, const std::string& kind, const std::string& name) {
  return world.admin.get(kind, {"", name}).value("status", Json::object());
}

Json row(const Json& rows, const std::string& name) {
  for (const auto& candidate : rows)
    if (candidate["name"] == name)
      return candidate;
  return nullptr;
}

void reserve(OperatorWorld& world, const std::string& name, const std::string& cpu, TimePoint start,
             std::int64_t seconds) {
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "Reservation", "", name)
          .spec({{"poolRef", {{"name", "cpu"}}},
                 {"quotaRef", {{"name", "a"}}},
                 {"kind", "TimeWindow"},
                 {"resources", {{{"name", "cpu"}, {"amount", cpu}}}},
                 {"window", {{"start", format_time(start)}, {"durationSeconds", seconds}}},
                 {"allowed", {{"namespaces", {"a"}}}}})
          .build());
}

} // namespace

TEST_CASE("A pool's status adds up its nodes and what is allocated on them") {
  OperatorWorld world;
  world.add_pool("cpu", 3, "16");
  world.add_team("a", "cpu", 20);
  world.admin.create(make_pod("a", "p").cpu("4").build());
  world.admin.patch("Node", {"", "cpu-2"}, {{"spec", {{"unschedulable", true}}}});
  SimulatedOperator op(world);
  world.executor.run_for(10s);
  const Json status = status_of(world, "ResourcePool", "cpu");
  CHECK(status["nodes"]["ready"] == 2);
  CHECK(status["nodes"]["total"] == 3);
  const Json cpu = row(status["resources"], "cpu");
  CHECK(cpu["capacity"] == "48");
  CHECK(cpu["allocatable"] == "32");
  CHECK(cpu["allocated"] == "4");
  CHECK(cpu["largestFreeBlock"] == "16");
  CHECK(status["utilizationPercent"] == 12);
  CHECK(world.condition("ResourcePool", "cpu", "Ready")["status"] == "True");
  CHECK(world.condition("ResourcePool", "cpu", "Degraded")["status"] == "True");
}

TEST_CASE(
    "The newest quota and pool of a cluster in which nothing else happens have their gauges") {
  OperatorWorld world;
  world.add_pool("cpu", 3, "16");
  world.add_team("a", "cpu", 20);
  SimulatedOperator op(world);
  world.executor.run_for(10s);
  world.add_pool("late", 1, "8");
  world.add_team("newest", "late", 5);
  world.executor.run_for(10s);
  const std::string gauges = op.exposition();
  CHECK_THAT(gauges, Contains("berth_quota_nominal{quota=\"newest\",resource=\"cpu\"} 5"));
  CHECK_THAT(gauges, Contains("berth_pool_capacity{pool=\"late\",resource=\"cpu\"} 8"));
}

TEST_CASE("A quota's waits begin at zero with it and go with it") {
  OperatorWorld world;
  world.add_pool("cpu", 3, "16");
  world.add_team("a", "cpu", 20);
  world.add_team("b", "cpu", 20);
  SimulatedOperator op(world);
  world.executor.run_for(10s);
  const std::string none = "berth_admission_wait_seconds_count{quota=\"b\"} 0\n";
  CHECK_THAT(op.exposition(), Contains(none));
  world.admin.create(make_pod("a", "p").cpu("4").build());
  world.executor.run_for(10s);
  CHECK_THAT(op.exposition(),
             Contains("berth_admission_wait_seconds_count{quota=\"a\"} 1\n") && Contains(none));
  world.admin.remove("Quota", {"", "b"});
  world.executor.run_for(30s);
  CHECK_THAT(op.exposition(), !Contains("quota=\"b\""));
}

TEST_CASE("L3: what the last audit found wrong shows by quota and resource, else 0") {
  OperatorWorld world;
  world.add_pool("cpu", 3, "16");
  world.add_team("a", "cpu", 20);
  world.add_team("b", "cpu", 20);
  SimulatedOperator op(world);
  world.executor.run_for(10s);
  telemetry::Registry registry;
  telemetry::AllocationMetrics metrics(registry);
  const auto drift = [](const std::string& pool, std::int64_t held, std::int64_t actual) {
    return allocation::Drift{QuotaName{"a"}, PoolName{pool}, resources::ResourceName::cpu(),
                             resources::Amount{held}, resources::Amount{actual}};
  };
  expose_drifts(op.observer, {drift("cpu", 1000, 3000), drift("gpu", 500, 0)}, metrics);
  CHECK_THAT(registry.exposition(),
             Contains("berth_ledger_drift{quota=\"a\",resource=\"cpu\"} 2500\n") &&
                 Contains("berth_ledger_drift{quota=\"b\",resource=\"cpu\"} 0\n"));
  expose_drifts(op.observer, {}, metrics);
  CHECK_THAT(registry.exposition(),
             Contains("berth_ledger_drift{quota=\"a\",resource=\"cpu\"} 0\n"));
}

TEST_CASE("What waits, and what the queues of the reconcilers do, has its gauges") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 2);
  world.admin.create(make_pod("a", "big").cpu("4").build());
  SimulatedOperator op(world);
  CHECK_THAT(op.exposition(), Contains("workqueue_adds_total{name=\"quota\"} 0"));
  world.executor.run_for(10s);
  const std::string text = op.exposition();
  CHECK_THAT(text, Contains("berth_quota_pending_workloads{quota=\"a\"} 1"));
  CHECK_THAT(text, Contains("workqueue_depth{name=\"quota\"} 0"));
  CHECK_THAT(text, !Contains("workqueue_adds_total{name=\"quota\"} 0\n"));
  CHECK_THAT(text, !Contains("workqueue_queue_duration_seconds_count{name=\"quota\"} 0\n"));
  CHECK_THAT(text, !Contains("workqueue_work_duration_seconds_count{name=\"quota\"} 0\n"));
}

TEST_CASE("A node that two pools select stays with the older, and the younger is told") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.executor.run_for(5s);
  world.admin.create(simulation::make_object("berth.dev/v1alpha1", "ResourcePool", "", "late")
                         .spec({{"nodeSelector", {{"matchLabels", {{"pool", "cpu"}}}}},
                                {"resources", {{{"name", "cpu"}}}}})
                         .build());
  SimulatedOperator op(world);
  world.executor.run_for(10s);
  const Json disjoint = world.condition("ResourcePool", "late", "NodesDisjoint");
  CHECK(disjoint["status"] == "False");
  CHECK(disjoint["reason"] == "NodesOverlap");
  CHECK(disjoint["message"].get<std::string>().find("cpu-0") != std::string::npos);
  CHECK(world.condition("ResourcePool", "cpu", "NodesDisjoint")["status"] == "True");
  CHECK(status_of(world, "ResourcePool", "late")["nodes"]["total"] == 0);
}

TEST_CASE("Q4: a quota lowered below its use shows what is borrowed and evicts nobody") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 8);
  world.admin.create(make_pod("a", "p").cpu("6").build());
  SimulatedOperator op(world);
  world.executor.run_for(10s);
  CHECK(world.condition("Quota", "a", "WithinNominal")["status"] == "True");
  world.admin.patch("Quota", {"", "a"},
                    {{"spec",
                      {{"pools",
                        {{{"poolRef", {{"name", "cpu"}}},
                          {"resources", {{{"name", "cpu"}, {"nominal", 2}}}}}}}}}});
  world.executor.run_for(10s);
  const Json status = status_of(world, "Quota", "a");
  const Json cpu = row(status["pools"][0]["resources"], "cpu");
  CHECK(cpu["used"] == "6");
  CHECK(cpu["borrowed"] == "4");
  CHECK(world.condition("Quota", "a", "WithinNominal")["status"] == "False");
  CHECK(world.admin.find("Pod", {"a", "p"}).has_value());
}

TEST_CASE("A quota's status names the workload that is next and why it waits") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 2);
  world.admin.create(make_pod("a", "big").cpu("4").build());
  SimulatedOperator op(world);
  world.executor.run_for(10s);
  const Json status = status_of(world, "Quota", "a");
  CHECK(status["workloads"]["pending"] == 1);
  CHECK(status["firstPending"]["name"] == "big");
  CHECK(status["firstPending"]["reason"] == "InsufficientQuota");
  world.admin.remove("Pod", {"a", "big"}, 0);
  world.executor.run_for(10s);
  CHECK_FALSE(status_of(world, "Quota", "a").contains("firstPending"));
}

TEST_CASE("R1: a reservation that fits is accepted, one that does not gets its next start") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 16);
  SimulatedOperator op(world);
  const TimePoint start = world.executor.now() + 1h;
  reserve(world, "fits", "12", start, 3600);
  world.executor.run_for(10s);
  CHECK(world.condition("Reservation", "fits", "Accepted")["status"] == "True");
  reserve(world, "late", "12", start + 30min, 3600);
  world.executor.run_for(10s);
  const Json accepted = world.condition("Reservation", "late", "Accepted");
  CHECK(accepted["status"] == "False");
  CHECK(accepted["reason"] == "CalendarFull");
  CHECK(status_of(world, "Reservation", "late")["nextPossibleStart"] == format_time(start + 1h));
}

TEST_CASE("R4: an open window holds its capacity for those it allows, and ends on time") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 16);
  world.add_team("b", "cpu", 16);
  SimulatedOperator op(world);
  reserve(world, "window", "12", world.executor.now() + 60s, 600);
  world.admin.patch("Reservation", {"", "window"}, {{"spec", {{"lendIdle", false}}}});
  world.executor.run_for(90s);
  CHECK(world.condition("Reservation", "window", "Active")["status"] == "True");
  CHECK(world.condition("Reservation", "window", "Honored")["status"] == "True");
  CHECK(status_of(world, "Reservation", "window")["windowsHonored"] == 1);

  world.admin.create(make_pod("b", "outsider").cpu("8").build());
  world.admin.create(
      make_pod("a", "holder").cpu("8").label("berth.dev/reservation", "window").build());
  world.executor.run_for(30s);
  CHECK(world.is_gated("b", "outsider"));
  CHECK_FALSE(world.is_gated("a", "holder"));

  world.executor.run_for(10min);
  CHECK(world.condition("Reservation", "window", "Active")["status"] == "False");
  CHECK(status_of(world, "Reservation", "window")["windowsTotal"] == 1);
  CHECK_FALSE(world.is_gated("b", "outsider"));
}

TEST_CASE("A status never speaks of a generation that it was not computed from") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 1);
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  // Changes at many moments between two looks of the operator.
  for (int nominal = 2; nominal < 60; ++nominal) {
    world.admin.patch("Quota", {"", "a"},
                      {{"spec",
                        {{"pools",
                          {{{"poolRef", {{"name", "cpu"}}},
                            {"resources", {{{"name", "cpu"}, {"nominal", nominal}}}}}}}}}});
    const auto seen = [&] {
      const Json quota = world.admin.get("Quota", {"", "a"});
      const Json status = quota.value("status", Json::object());
      if (status.value("observedGeneration", 0) != quota["metadata"]["generation"])
        return false;
      CHECK(row(status["pools"][0]["resources"], "cpu")["nominal"] == std::to_string(nominal));
      return true;
    };
    REQUIRE(world.executor.run_until(seen, 3s));
    world.executor.run_for(Duration{7 * nominal});
  }
}

TEST_CASE("A change that no decision depends on is observed at once too") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 1);
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  world.admin.patch("Quota", {"", "a"}, {{"spec", {{"weight", 7}}}});
  const std::int64_t generation = world.admin.get("Quota", {"", "a"})["metadata"]["generation"];
  world.executor.run_for(1s);
  CHECK(status_of(world, "Quota", "a")["observedGeneration"] == generation);
}

TEST_CASE("R1: whole nodes that are missing when their window opens make it a missed one") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 32);
  SimulatedOperator op(world);
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "Reservation", "", "nodes")
          .spec({{"poolRef", {{"name", "cpu"}}},
                 {"quotaRef", {{"name", "a"}}},
                 {"kind", "TimeWindow"},
                 {"nodeCount", 2},
                 {"window",
                  {{"start", format_time(world.executor.now() + 60s)}, {"durationSeconds", 600}}},
                 {"allowed", {{"namespaces", {"a"}}}}})
          .build());
  world.executor.run_for(10s);
  REQUIRE(world.condition("Reservation", "nodes", "Accepted")["status"] == "True");
  world.admin.patch("Node", {"", "cpu-1"}, {{"spec", {{"unschedulable", true}}}});
  world.executor.run_for(60s);
  const Json honored = world.condition("Reservation", "nodes", "Honored");
  CHECK(honored["status"] == "False");
  CHECK(honored["reason"] == "WindowMissed");
  CHECK(honored["message"].get<std::string>().find("1 of 2 whole nodes") != std::string::npos);
  CHECK(status_of(world, "Reservation", "nodes")["windowsTotal"] == 1);
  CHECK(status_of(world, "Reservation", "nodes")["windowsHonored"] == 0);
}

TEST_CASE("A reservation that cannot be read says so") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 16);
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  world.admin.create(simulation::make_object("berth.dev/v1alpha1", "Reservation", "", "late")
                         .spec({{"poolRef", {{"name", "cpu"}}},
                                {"quotaRef", {{"name", "a"}}},
                                {"kind", "TimeWindow"},
                                {"resources", {{{"name", "cpu"}, {"amount", "4"}}}},
                                {"window",
                                 {{"schedule", "0 17 * * 1-5"},
                                  {"timeZone", "Nowhere/Land"},
                                  {"durationSeconds", 3600}}},
                                {"allowed", {{"namespaces", {"a"}}}}})
                         .build());
  world.executor.run_for(5s);
  const Json accepted = world.condition("Reservation", "late", "Accepted");
  CHECK(accepted["status"] == "False");
  CHECK(accepted["reason"] == "InvalidSchedule");
  CHECK(accepted["message"].get<std::string>().find("Nowhere/Land") != std::string::npos);
  CHECK(world.condition("Reservation", "late", "Active")["status"] == "False");
}

TEST_CASE("Every answer of the calendar is told by one event") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 16);
  SimulatedOperator op(world);
  const TimePoint start = world.executor.now() + 1h;
  reserve(world, "fits", "12", start, 3600);
  reserve(world, "late", "12", start, 3600);
  world.executor.run_for(30s);
  CHECK(world.events("default", "Accepted") == 1);
  CHECK(world.events("default", "CalendarFull") == 1);
  CHECK(world.events("default", "CachesNotSynced") == 0);
}

TEST_CASE("However many quotas change all the time, their statuses are written at a bounded rate") {
  constexpr int kTeams = 30;
  OperatorWorld world;
  world.add_pool("cpu", 8, "64");
  for (int team = 0; team < kTeams; ++team)
    world.add_team("team-" + std::to_string(team), "cpu", 64);
  SimulatedOperator op(world);
  world.executor.run_for(1min);
  const std::size_t settled = op.writes_asked("/quotas/");
  for (int second = 0; second < 20; ++second) {
    for (int team = 0; team < kTeams; ++team)
      world.admin.create(make_pod("team-" + std::to_string(team), "p" + std::to_string(second))
                             .cpu("100m")
                             .build());
    world.executor.run_for(1s);
  }
  const std::size_t while_changing = op.writes_asked("/quotas/") - settled;
  CHECK(while_changing >= 3 * kTeams);
  CHECK(while_changing <= 20 * 10 + 2 * kTeams); // ten a second, and a round at each end
  world.executor.run_for(1min);
  for (int team = 0; team < kTeams; ++team)
    CHECK(status_of(world, "Quota", "team-" + std::to_string(team))["workloads"]["admitted"] == 20);
}
