// What a StatusWriter remembers of its writes until the watch shows them.

#include <catch2/catch.hpp>

#include "operator/status/status_writer.hpp"
#include "tests/support/simulation/await.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;

namespace {

struct WriterWorld : OperatorWorld {
  WriterWorld() {
    add_pool("cpu", 1, "8");
    add_team("a", "cpu", 8);
    quota.meta.name = "a";
    const auto found = admin.get("Quota", {"", "a"});
    quota.meta.uid = found["metadata"]["uid"];
    quota.meta.resource_version = found["metadata"]["resourceVersion"];
  }
  static kube::ClientOptions client_options() {
    kube::ClientOptions options;
    options.user_agent = "berth-operator/test";
    options.field_manager = "berth-operator";
    return options;
  }
  bool write() {
    api::QuotaStatus wanted;
    wanted.observed_generation = ++generation;
    const auto written =
        simulation::await(executor, writer.write(kube::types::quota(), quota, {}, wanted));
    REQUIRE(written);
    return *written;
  }

  simulation::SimulatedTransport transport{server, simulation::kOperatorUser, 7};
  kube::Client client{transport, executor, Rng{7}, client_options()};
  FailpointPlan failpoints;
  bool leads = true;
  StatusWriter writer{client, failpoints, [this] { return leads; }, executor.clock()};
  api::Quota quota;
  std::int64_t generation = 0;
};

} // namespace

TEST_CASE("a status that was written onto a version is awaited until the watch shows another") {
  WriterWorld world;
  CHECK_FALSE(world.writer.awaited(world.quota.meta));
  REQUIRE(world.write());
  const auto awaited = world.writer.awaited(world.quota.meta);
  REQUIRE(awaited);
  CHECK(*awaited <= StatusWriter::kSeenWithin);
  SECTION("it shows the next one") {
    world.quota.meta.resource_version += "1";
    CHECK_FALSE(world.writer.awaited(world.quota.meta));
  }
  SECTION("of another object of that name nothing was written") {
    world.quota.meta.uid = "another";
    CHECK_FALSE(world.writer.awaited(world.quota.meta));
  }
  SECTION("it never comes") {
    world.executor.run_for(StatusWriter::kSeenWithin - 1s);
    CHECK(world.writer.awaited(world.quota.meta));
    world.executor.run_for(1s);
    CHECK_FALSE(world.writer.awaited(world.quota.meta));
  }
}

TEST_CASE("what was not written is not awaited") {
  WriterWorld world;
  SECTION("the object changed meanwhile") {
    world.quota.meta.resource_version = "1";
    CHECK_FALSE(world.write());
  }
  SECTION("another replica leads") {
    world.leads = false;
    CHECK_FALSE(world.write());
  }
  CHECK_FALSE(world.writer.awaited(world.quota.meta));
}
