// What slows admissions down in a cluster (T1, T2): failures that are seen on pods, a server that
// asks for less, rates that outlive a restart; and what quotas' conditions say of it.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <memory>

#include "lib/base/timestamp.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

using namespace berth;
using namespace berth::op;
using simulation::Json;
using simulation::make_pod;
using namespace std::chrono_literals;

namespace {

void run_out_of_memory(OperatorWorld& world, const std::string& name) {
  const Json ended = {{"reason", "OOMKilled"},
                      {"finishedAt", format_time(world.executor.clock().now())}};
  Json status;
  status["name"] = "main";
  status["lastState"]["terminated"] = ended;
  Json patch;
  patch["status"]["containerStatuses"] = Json::array({status});
  world.admin.patch("Pod", {"a", name}, patch, "status");
}

/// How many of the pods p0, p1 ... are through the gate.
int admitted(OperatorWorld& world, int pods) {
  int through = 0;
  for (int i = 0; i < pods; ++i)
    through += world.is_gated("a", "p" + std::to_string(i)) ? 0 : 1;
  return through;
}

/// As many as open the breaker of the default policy.
constexpr int kFailures = 5;

void add_failing_pods(OperatorWorld& world) {
  for (int i = 0; i < kFailures; ++i)
    world.admin.create(make_pod("a", "fails-" + std::to_string(i)).cpu("1").build());
  world.executor.run_for(5s);
  for (int i = 0; i < kFailures; ++i) {
    REQUIRE_FALSE(world.is_gated("a", "fails-" + std::to_string(i)));
    run_out_of_memory(world, "fails-" + std::to_string(i));
    world.executor.run_for(2s);
  }
  world.admin.create(make_pod("a", "late").cpu("1").build());
  world.executor.run_for(5s);
}

} // namespace

TEST_CASE("T2: work of a subject that runs out of memory again and again is held back, visibly") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 16);
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  CHECK(world.condition("Quota", "a", "Throttled")["status"] == "False");
  add_failing_pods(world);
  CHECK(world.is_gated("a", "late"));
  const Json throttled = world.condition("Quota", "a", "Throttled");
  CHECK(throttled["status"] == "True");
  CHECK(throttled["reason"] == "CircuitOpen");
  CHECK(throttled["message"].get<std::string>().find("a/default") != std::string::npos);
  world.executor.run_for(6min);
  CHECK_FALSE(world.is_gated("a", "late")); // the probe
  CHECK(world.condition("Quota", "a", "Throttled")["status"] == "False");
}

TEST_CASE("T2: a new leader reads from the pods what failed before it led") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 16);
  auto op = std::make_unique<SimulatedOperator>(world);
  world.executor.run_for(5s);
  add_failing_pods(world);
  op.reset();
  SimulatedOperator next(world, 8);
  world.executor.run_for(10s);
  CHECK(world.is_gated("a", "late"));
}

TEST_CASE("T1: a rate outlives a restart") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 16);
  world.admin.patch("Quota", {"", "a"},
                    {{"spec", {{"rateLimit", {{"admissionsPerMinute", 2}, {"burst", 2}}}}}});
  for (int i = 0; i < 6; ++i)
    world.admin.create(make_pod("a", "p" + std::to_string(i)).cpu("1").build());
  auto op = std::make_unique<SimulatedOperator>(world);
  world.executor.run_for(10s);
  CHECK(admitted(world, 6) == 2);
  CHECK(world.condition("Quota", "a", "Throttled")["reason"] == "RateLimited");
  op.reset();
  SimulatedOperator next(world, 8);
  world.executor.run_for(10s);
  CHECK(admitted(world, 6) == 2);
  world.executor.run_for(2min);
  CHECK(admitted(world, 6) == 6);
}

TEST_CASE(
    "T1: an API server that answers 429 slows admissions down, and calm gives the pace back") {
  OperatorWorld world;
  world.add_pool("cpu", 8, "32");
  world.add_team("a", "cpu", 256);
  SimulatedOperator op(world);
  for (int i = 0; i < 15; ++i) {
    op.transport.faults().aim(simulation::Fault::Throttle, [](const http::Request& request) {
      return request.method == "PATCH" && request.target.find("/pods/") != std::string::npos;
    });
    world.admin.create(make_pod("a", "early-" + std::to_string(i)).cpu("100m").build());
    world.executor.run_for(6s);
  }
  constexpr int kPods = 300;
  for (int i = 0; i < kPods; ++i)
    world.admin.create(make_pod("a", "p" + std::to_string(i)).cpu("100m").build());
  world.executor.run_for(1s);
  CHECK(admitted(world, kPods) > 0);
  CHECK(admitted(world, kPods) < kPods / 2);
  world.executor.run_for(60s);
  CHECK(admitted(world, kPods) == kPods);
}
