// What becomes of admissions between the decision and the write: queues, refusals, other leaders.

#include <algorithm>
#include <functional>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "lib/api/admission_record.hpp"
#include "operator/admission/admitter.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::make_pod;

constexpr const char* kAdmitted = "berth.dev/admitted";
constexpr const char* kExplain = "berth.dev/explain";

std::string name_of(int pod) {
  return "p" + std::to_string(pod);
}

/// A team with room for many pods of 1 cpu, and those pods.
void create_many(OperatorWorld& world, int pods) {
  world.add_pool("cpu", 4, "100");
  world.add_team("a", "cpu", 400);
  for (int pod = 0; pod < pods; ++pod)
    world.admin.create(make_pod("a", name_of(pod)).cpu("1").build());
}

int count_admitted(OperatorWorld& world) {
  const auto pods = world.admin.list("Pod", "a");
  return static_cast<int>(std::ranges::count_if(pods, [](const auto& pod) {
    return pod["spec"].value("schedulingGates", simulation::Json::array()).empty();
  }));
}

/// Looking at many pods after every event would take minutes.
bool reached(OperatorWorld& world, const std::function<bool()>& condition, Duration within) {
  const Duration step = std::max<Duration>(250ms, within / 100);
  for (Duration waited{0}; waited < within && !condition(); waited += step)
    world.executor.run_for(step);
  return condition();
}

simulation::Latency one_way(Duration time) {
  simulation::Latency latency;
  latency.min = latency.max = time;
  return latency;
}

} // namespace

TEST_CASE("L1: an admission that waits for minutes to be written is not decided again") {
  OperatorWorld world;
  constexpr int kPods = 200;
  create_many(world, kPods);
  SimulatedOperator op(world);
  REQUIRE(world.executor.run_until([&] { return op.observer.has_synced(); }, 30s));
  op.transport.faults().set_latency(one_way(10s));
  REQUIRE(reached(world, [&] { return count_admitted(world) == kPods; }, 10min));
  world.executor.run_for(5min);
  CHECK(op.writes_asked("/pods/") == kPods);
}

TEST_CASE("I7: an admission that another leader wrote meanwhile is not written over") {
  OperatorWorld world;
  constexpr int kPods = 80;
  SimulatedOperator slow(world, 3);
  world.executor.run_for(5s);
  create_many(world, kPods);
  slow.transport.faults().set_latency(one_way(2s));
  REQUIRE(reached(world, [&] { return count_admitted(world) > 0; }, 30s));
  SimulatedOperator quick(world, 4);
  REQUIRE(reached(world, [&] { return count_admitted(world) == kPods; }, 1s));
  std::vector<std::string> records;
  for (int pod = 0; pod < kPods; ++pod)
    records.push_back(world.annotation("a", name_of(pod), kAdmitted));
  world.executor.run_for(5min);
  for (int pod = 0; pod < kPods; ++pod) {
    CAPTURE(pod);
    CHECK(world.annotation("a", name_of(pod), kAdmitted) == records[static_cast<std::size_t>(pod)]);
  }
}

TEST_CASE("F10: a replica that does not lead by its own clock writes nothing") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "4");
  world.add_team("a", "cpu", 2);
  world.admin.create(make_pod("a", "fits").cpu("2").build());
  world.admin.create(make_pod("a", "waits").cpu("2").build());
  SimulatedOperator op(world);
  op.leads = false;
  world.executor.run_for(5min);
  CHECK(op.writes_asked() == 0);
  op.leads = true;
  REQUIRE(world.executor.run_until(
      [&] { return !world.is_gated("a", "fits") || !world.is_gated("a", "waits"); }, 3min));
}

TEST_CASE("An operator that stops finishes what it is writing and drops what it has only decided") {
  OperatorWorld world;
  constexpr int kPods = 200;
  create_many(world, kPods);
  {
    SimulatedOperator op(world);
    REQUIRE(world.executor.run_until([&] { return op.observer.has_synced(); }, 30s));
    op.transport.faults().set_latency(one_way(1s));
    REQUIRE(reached(world, [&] { return count_admitted(world) > 0; }, 30s));
  }
  CHECK(count_admitted(world) <= static_cast<int>(AdmitterLimits{}.workloads_in_flight_max));
  // Nothing of it is lost: the next one decides again.
  SimulatedOperator next(world, 8);
  CHECK(reached(world, [&] { return count_admitted(world) == kPods; }, 1min));
}

TEST_CASE("An admission that the API server refuses waits with back-off and blocks nobody") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "4");
  world.add_team("a", "cpu", 2);
  world.server.add_hooks({{"a policy of the house",
                           {},
                           [](const simulation::Json& after, const simulation::Json*,
                              const simulation::AdmissionContext&) -> std::optional<std::string> {
                             const auto annotations =
                                 after["metadata"].value("annotations", simulation::Json::object());
                             if (after["metadata"]["name"] == "unlucky" &&
                                 annotations.contains("berth.dev/admitted"))
                               return "must not be admitted on a Monday";
                             return std::nullopt;
                           }}});
  world.admin.create(make_pod("a", "unlucky").cpu("2").build());
  world.executor.run_for(2s);
  SimulatedOperator op(world);
  world.executor.run_for(30s);
  CHECK(world.is_gated("a", "unlucky"));
  const std::string why = world.annotation("a", "unlucky", kExplain);
  CAPTURE(why);
  CHECK(why.starts_with("NotAdmitted: "));
  CHECK(why.find("on a Monday") != std::string::npos);
  // The room that it would have is not taken while it waits.
  world.admin.create(make_pod("a", "next").cpu("2").build());
  CHECK(world.executor.run_until([&] { return !world.is_gated("a", "next"); }, 1min));
  world.admin.remove("Pod", {"a", "next"}, 0);
  const std::size_t before = op.writes_asked("/pods/unlucky");
  world.executor.run_for(1h);
  CHECK(op.writes_asked("/pods/unlucky") - before < 20);
  // What is only decided is not counted as admitted.
  const std::string metrics = op.exposition();
  CHECK_THAT(metrics, Catch::Contains("berth_admission_wait_seconds_count{quota=\"a\"} 1\n"));
  CHECK_THAT(metrics, Catch::Contains("berth_admission_writes_total{outcome=\"done\"} 1\n"));
  CHECK_THAT(metrics, !Catch::Contains("berth_admission_writes_total{outcome=\"refused\"} 0\n"));
}

TEST_CASE("F5: a cache that stands still makes no storm of writes") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "4");
  world.add_team("a", "cpu", 2);
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  world.admin.create(make_pod("a", "p").cpu("2").build());
  op.transport.faults().set_latency(one_way(50ms));
  // The pod is gone before it can be admitted, and the operator does not hear of it.
  REQUIRE(
      world.executor.run_until([&] { return op.observer.pods().find({"a", "p"}) != nullptr; }, 5s));
  op.transport.cache().hold(true);
  world.admin.remove("Pod", {"a", "p"}, 0);
  world.executor.run_for(1min);
  CHECK(op.writes_asked("/pods/p") > 0);
  CHECK(op.writes_asked("/pods/p") < 70);
}

TEST_CASE("X1: a pod that is admitted while its reason is being written says no reason any more") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    OperatorWorld world;
    world.add_pool("cpu", 2, "4");
    world.add_team("a", "cpu", 2);
    world.admin.create(make_pod("a", "first").cpu("2").build());
    SimulatedOperator op(world, seed);
    world.executor.run_for(5s);
    world.admin.create(make_pod("a", "second").cpu("2").build());
    simulation::Latency wide;
    wide.min = 1ms;
    wide.max = 400ms;
    op.transport.faults().set_latency(wide);
    // The reason is due two to three seconds after the pod came.
    world.executor.run_for(1800ms + Duration{static_cast<int>(seed) * 100});
    world.admin.remove("Pod", {"a", "first"}, 0);
    REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "second"); }, 1min));
    world.executor.run_for(30s);
    CHECK(world.annotation("a", "second", kExplain).empty());
  }
}

TEST_CASE(
    "F25: a new plan that cannot be written takes nothing from the pod that it was made for") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "2");
  world.add_team("a", "cpu", 2);
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  // The watch never shows the admission, so only the operator's own memory counts it.
  world.admin.create(make_pod("a", "p").cpu("2").build());
  REQUIRE(
      world.executor.run_until([&] { return op.observer.pods().find({"a", "p"}) != nullptr; }, 5s));
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "p"); }, 5s));
  const auto record = api::decode_admission(world.annotation("a", "p", kAdmitted));
  REQUIRE(record);
  world.executor.run_for(2s);
  op.transport.faults().aim(simulation::Fault::ServerError,
                            simulation::requests("PATCH", "/pods/p"), 1000);
  world.admin.create(simulation::make_node("spare").cpu("2").label("pool", "cpu").build());
  for (const auto& node : record->planned_nodes)
    world.admin.remove("Node", {"", node.str()});
  world.executor.run_for(10s);
  world.admin.create(make_pod("a", "q").cpu("2").build());
  world.executor.run_for(2min);
  CHECK(world.is_gated("a", "q"));
}

TEST_CASE("A quota deleted while it is used is charged again when it comes back") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "4");
  world.add_team("a", "cpu", 2);
  SimulatedOperator op(world);
  world.admin.create(make_pod("a", "runs").cpu("2").build());
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "runs"); }, 30s));
  const auto quota = world.admin.get("Quota", {"", "a"});
  world.admin.remove("Quota", {"", "a"});
  world.admin.create(make_pod("a", "waits").cpu("1").build());
  world.executor.run_for(30s);
  CHECK(world.admin.find("Pod", {"a", "runs"}).has_value());
  CHECK(world.annotation("a", "waits", kExplain).starts_with("QuotaNotFound: "));
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "Quota", "", "a").spec(quota["spec"]).build());
  world.executor.run_for(30s);
  CHECK(world.is_gated("a", "waits"));
  CHECK(world.annotation("a", "waits", kExplain).starts_with("InsufficientQuota: "));
}

TEST_CASE("L2: pods that Berth does not manage take room on their nodes until they end") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "4");
  world.add_team("a", "cpu", 4);
  world.admin.create(simulation::make_namespace("others").build());
  world.admin.create(make_pod("others", "old").cpu("3").on_node("cpu-0").build());
  SimulatedOperator op(world);
  world.admin.create(make_pod("a", "p").cpu("2").build());
  world.executor.run_for(30s);
  CHECK(world.annotation("a", "p", kExplain).starts_with("InsufficientCapacity: "));
  SECTION("by finishing") {
    world.admin.patch("Pod", {"others", "old"}, {{"status", {{"phase", "Succeeded"}}}}, "status");
  }
  SECTION("by deletion") {
    world.admin.remove("Pod", {"others", "old"}, 0);
  }
  CHECK(world.executor.run_until([&] { return !world.is_gated("a", "p"); }, 30s));
}
