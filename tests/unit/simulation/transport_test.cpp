// What can go wrong between a client and the simulated server, and that it goes wrong as said.

#include <catch2/catch.hpp>

#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::simulation;
using namespace std::chrono_literals;

namespace {

http::Request create_pod(const std::string& name) {
  return {"POST", "/api/v1/namespaces/default/pods", {}, make_pod("default", name).build().dump()};
}

struct Fixture {
  World world;
  SimulatedTransport transport{world.server, "tester", 7};

  Result<http::Response> send(http::Request request, Duration timeout = 30s) {
    http::SendOptions options;
    options.timeout = timeout;
    return await(world.executor, transport.send(std::move(request), options));
  }
  bool exists(const std::string& pod) {
    return world.admin.find("Pod", {"default", pod}).has_value();
  }
};

} // namespace

TEST_CASE("a request takes its latency both ways and then has its effect") {
  Fixture fixture;
  fixture.transport.faults().set_latency({20ms, 20ms});
  const TimePoint start = fixture.world.executor.now();
  const auto response = fixture.send(create_pod("a"));
  REQUIRE(response);
  CHECK(response->status == 201);
  CHECK(fixture.world.executor.now() - start == 40ms);
  CHECK(fixture.exists("a"));
}

TEST_CASE("a lost reply leaves the effect, a lost request does not, and both look the same") {
  Fixture fixture;
  fixture.transport.faults().aim(Fault::LoseReply, requests("POST", "/pods"));
  const auto reply_lost = fixture.send(create_pod("a"));
  fixture.transport.faults().aim(Fault::LoseRequest, requests("POST", "/pods"));
  const auto request_lost = fixture.send(create_pod("b"));
  REQUIRE_FALSE(reply_lost);
  REQUIRE_FALSE(request_lost);
  CHECK(reply_lost.error().code == Code::Timeout);
  CHECK(request_lost.error().code == Code::Timeout);
  CHECK(fixture.exists("a"));
  CHECK_FALSE(fixture.exists("b"));
}

TEST_CASE("a refused connection is known to have had no effect") {
  Fixture fixture;
  fixture.transport.faults().aim(Fault::Refuse);
  const auto refused = fixture.send(create_pod("a"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::Unavailable);
  CHECK_FALSE(fixture.exists("a"));
  CHECK(fixture.send(create_pod("a"))->status == 201);
}

TEST_CASE("throttling answers 429 with Retry-After and no effect") {
  Fixture fixture;
  fixture.transport.faults().aim(Fault::Throttle, requests("POST", "/pods"), 2);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto response = fixture.send(create_pod("a"));
    REQUIRE(response);
    CHECK(response->status == 429);
    CHECK(response->headers.find("Retry-After") == "1");
  }
  CHECK_FALSE(fixture.exists("a"));
}

TEST_CASE("a partition keeps requests back until it heals") {
  Fixture fixture;
  fixture.transport.partition(true);
  fixture.world.executor.post_after(5s, [&] { fixture.transport.partition(false); });
  const auto response = fixture.send(create_pod("a"), 30s);
  REQUIRE(response);
  CHECK(response->status == 201);
}

TEST_CASE("a partition that lasts longer than the timeout ends in Timeout") {
  Fixture fixture;
  fixture.transport.partition(true);
  const TimePoint start = fixture.world.executor.now();
  const auto response = fixture.send(create_pod("a"), 10s);
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Code::Timeout);
  CHECK(fixture.world.executor.now() - start == 10s);
  CHECK_FALSE(fixture.exists("a"));
}

TEST_CASE("an effect before the partition stays unknown to the client") {
  Fixture fixture;
  fixture.transport.faults().set_latency({100ms, 100ms});
  fixture.world.executor.post_after(150ms, [&] { fixture.transport.partition(true); });
  const auto response = fixture.send(create_pod("a"), 10s);
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Code::Timeout);
  CHECK(fixture.exists("a"));
}

TEST_CASE("the same seed repeats a run and another seed does not") {
  const auto run = [](std::uint64_t seed) {
    World world;
    SimulatedTransport transport(world.server, "tester", seed);
    transport.faults().set_all_permille(100);
    std::string seen;
    for (int index = 0; index < 200; ++index) {
      const auto response =
          await(world.executor, transport.send(create_pod("p" + std::to_string(index)), {}));
      seen += response ? std::to_string(response->status)
                       : std::string(to_string(response.error().code));
    }
    return seen + std::to_string(world.executor.now().time_since_epoch().count());
  };
  CHECK(run(11) == run(11));
  CHECK(run(11) != run(12));
}
