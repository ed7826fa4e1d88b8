// What the operator writes about work that waits, and how much of it.

#include <catch2/catch.hpp>

#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::make_pod;

/// Quota "full" has room for nothing and quota "roomy" for everything.
struct TwoTeams : OperatorWorld {
  TwoTeams() {
    add_pool("cpu", 40, "64");
    add_team("full", "cpu", 1);
    add_team("roomy", "cpu", 2000);
  }

  void create(const std::string& team, const std::string& prefix, int pods) {
    for (int pod = 0; pod < pods; ++pod)
      admin.create(make_pod(team, prefix + std::to_string(pod)).cpu("2").build());
  }

  /// Pods of the full quota whose reason is written.
  int told(const std::string& prefix, int pods) {
    int found = 0;
    for (int pod = 0; pod < pods; ++pod)
      found +=
          annotation("full", prefix + std::to_string(pod), "berth.dev/explain").empty() ? 0 : 1;
    return found;
  }
};

} // namespace

TEST_CASE("X1: who has waited longest is told first") {
  TwoTeams world;
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  world.create("full", "older-", 60);
  world.executor.run_for(1s);
  world.create("full", "newer-", 60);
  for (int look = 0; look < 300 && world.told("newer-", 60) == 0; ++look)
    world.executor.run_for(100ms);
  REQUIRE(world.told("newer-", 60) > 0);
  CHECK(world.told("older-", 60) == 60);
}

TEST_CASE("X1: while much is admitted few are told why they wait, and the rest soon after") {
  TwoTeams world;
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  world.create("full", "waits-", 150);
  for (int second = 0; second < 10; ++second) {
    world.create("roomy", "runs-" + std::to_string(second) + "-", 60);
    world.executor.run_for(1s);
  }
  CHECK(world.told("waits-", 150) >= 20);
  CHECK(world.told("waits-", 150) <= 60);
  world.executor.run_for(10s);
  CHECK(world.told("waits-", 150) == 150);
}
