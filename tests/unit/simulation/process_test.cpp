// A process that is frozen, and one with a wrong clock.

#include <catch2/catch.hpp>

#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/process.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::simulation;
using namespace std::chrono_literals;

namespace {

async::Task<void> create(http::Transport& transport, std::vector<TimePoint>& answered,
                         SimulatedProcess& process) {
  http::Request request{
      "POST", "/api/v1/namespaces/default/pods", {}, make_pod("default", "a").build().dump()};
  const http::SendOptions options;
  const auto response = co_await transport.send(std::move(request), options);
  if (response)
    answered.push_back(process.now());
}

} // namespace

TEST_CASE(
    "a frozen process sees an answer only when it goes on, though it took effect before (F10)") {
  World world;
  SimulatedProcess process(world.executor);
  SimulatedTransport transport(world.server, "operator", 1, process);
  std::vector<TimePoint> answered;
  async::spawn(process, create(transport, answered, process));
  world.executor.run_ready();
  process.freeze();
  world.executor.run_for(20s);
  CHECK(world.admin.find("Pod", {"default", "a"}));
  CHECK(answered.empty());
  process.thaw();
  world.executor.run_for(1s);
  REQUIRE(answered.size() == 1);
  CHECK(answered.front() - kWorldStart >= 20s);
}

TEST_CASE("what was due while frozen runs afterwards, in order") {
  World world;
  SimulatedProcess process(world.executor);
  std::string seen;
  process.freeze();
  process.post_after(2s, [&] { seen += "b"; });
  process.post([&] { seen += "a"; });
  process.post_after(5s, [&] { seen += "c"; });
  world.executor.run_for(10s);
  CHECK(seen.empty());
  process.thaw();
  world.executor.run_ready();
  CHECK(seen == "abc");
}

TEST_CASE("a wrong wall clock is the process's own and leaves steady time alone (F19)") {
  World world;
  SimulatedProcess process(world.executor);
  const SteadyPoint before = process.steady_now();
  process.set_wall_clock_skew(1h);
  CHECK(process.now() - world.executor.now() == 1h);
  CHECK(process.steady_now() == before);
}
