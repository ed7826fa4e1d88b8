// What nodes use, for LoadAware pools (N2): asked for once a minute, and only where it matters.

#include <catch2/catch.hpp>

#include "lib/api/admission_record.hpp"
#include "lib/base/timestamp.hpp"
#include "operator/measure/node_meter.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

using namespace berth;
using namespace berth::op;
using namespace berth::simulation;
using namespace std::chrono_literals;

namespace {

struct MeasuredWorld : OperatorWorld {
  MeasuredWorld() {
    add_pool("cpu", 2, "16");
    add_team("a", "cpu", 32);
  }
  void place_by(const std::string& strategy) {
    admin.patch("ResourcePool", {"", "cpu"}, {{"spec", {{"strategy", strategy}}}});
  }
  void measure(const std::string& node, const std::string& cpu) {
    server.put_metrics(make_node_metrics(node, cpu, "1Gi")
                           .set("/timestamp", format_time(executor.clock().now()))
                           .build());
  }
  void submit(const std::string& name) {
    admin.create(make_pod("a", name).cpu("2").build());
    REQUIRE(executor.run_until([&] { return !is_gated("a", name); }, 30s));
  }
  [[nodiscard]] NodeName node_of(const std::string& name) {
    const auto record = api::decode_admission(annotation("a", name, "berth.dev/admitted"));
    return record && !record->planned_nodes.empty() ? record->planned_nodes.front() : NodeName{};
  }
};

std::size_t readings(const SimulatedOperator& op) {
  return static_cast<std::size_t>(
      std::ranges::count_if(op.transport.exchanges(), [](const auto& exchange) {
        return exchange.target.find("/metrics.k8s.io/") != std::string::npos;
      }));
}

} // namespace

TEST_CASE(
    "N2: LoadAware takes the node that is measured idle, and counts what it put there since") {
  MeasuredWorld world;
  world.place_by("LoadAware");
  world.measure("cpu-0", "9");
  world.measure("cpu-1", "4");
  SimulatedOperator op(world);
  REQUIRE(world.executor.run_until([&] { return readings(op) == 1; }, 30s));
  world.executor.run_for(1s);
  for (const char* name : {"p1", "p2"})
    world.submit(name);
  CHECK(world.node_of("p1") == NodeName{"cpu-1"});
  CHECK(world.node_of("p2") == NodeName{"cpu-1"});
  world.submit("p3"); // 4 measured and 4 charged since: as much as 9 with none
  world.submit("p4");
  CHECK(std::set{world.node_of("p3"), world.node_of("p4")} ==
        std::set{NodeName{"cpu-0"}, NodeName{"cpu-1"}});
}

TEST_CASE("N2: a measurement that has grown old says nothing, and LoadAware counts charges") {
  MeasuredWorld world;
  world.place_by("LoadAware");
  world.measure("cpu-0", "9");
  world.measure("cpu-1", "4");
  SimulatedOperator op(world);
  REQUIRE(world.executor.run_until([&] { return readings(op) == 1; }, 30s));
  world.executor.run_for(NodeMeter::kSampleAgeMax + 2 * NodeMeter::kReadInterval);
  CHECK_FALSE(op.observer.snapshot()->nodes->has_measurements());
  world.submit("p1");
  CHECK(world.node_of("p1") == NodeName{"cpu-0"}); // by name
}

TEST_CASE("nobody asks what nodes use where no pool places by it") {
  MeasuredWorld world;
  world.measure("cpu-1", "4");
  SimulatedOperator op(world);
  world.executor.run_for(5min);
  CHECK(readings(op) == 0);
  CHECK_FALSE(op.observer.snapshot()->nodes->has_measurements());
  world.place_by("LoadAware");
  world.measure("cpu-1", "4");
  world.executor.run_for(2 * NodeMeter::kReadInterval);
  CHECK(readings(op) > 0);
  CHECK(op.observer.snapshot()->nodes->has_measurements());
  world.place_by("BestFit");
  world.executor.run_for(2 * NodeMeter::kReadInterval);
  CHECK_FALSE(op.observer.snapshot()->nodes->has_measurements());
}
