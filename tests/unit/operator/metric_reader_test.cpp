// The metrics API as a trigger's measure, asked beside everything else.

#include <catch2/catch.hpp>

#include "operator/reservation/metric_reader.hpp"
#include "tests/support/simulation/await.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;

TEST_CASE("an adapter that hangs holds up the operator's end no longer than its time-out") {
  simulation::World world(1);
  simulation::SimulatedTransport transport(world.server, simulation::kOperatorUser, 7);
  kube::ClientOptions options;
  options.user_agent = "berth-operator/test";
  kube::Client client(transport, world.executor, Rng{7}, options);
  std::vector<kube::ObjectKey> told;
  MetricReader reader(client, world.executor,
                      [&](const kube::ObjectKey& key) { told.push_back(key); });
  api::ReservationTrigger trigger;
  trigger.metric = api::TriggerMetric{"queue_depth", "a", {}};
  const kube::ObjectKey peak{"", "peak"};
  transport.partition(true);
  CHECK_FALSE(reader.latest(peak, trigger));
  const SteadyPoint stopped = world.executor.clock().steady_now();
  const auto drained = [](MetricReader& used) -> async::Task<bool> {
    co_await used.drain();
    co_return true;
  };
  REQUIRE(simulation::await(world.executor, drained(reader)));
  CHECK(world.executor.clock().steady_now() - stopped <= kMetricReadTimeout + 1s);
  CHECK(told == std::vector{peak});
  const auto answer = reader.latest(peak, trigger);
  REQUIRE(answer);
  REQUIRE_FALSE(*answer);
  CHECK(answer->error().message ==
        "the metric queue_depth in namespace a is not answered by the external metrics API");
  transport.partition(false);
}

TEST_CASE("a metric that the operator's own rate limit kept from being read says so") {
  simulation::World world(1);
  simulation::SimulatedTransport transport(world.server, simulation::kOperatorUser, 7);
  kube::ClientOptions options;
  options.user_agent = "berth-operator/test";
  options.qps = 0.01;
  options.burst = 1;
  kube::Client client(transport, world.executor, Rng{7}, options);
  MetricReader reader(client, world.executor, [](const kube::ObjectKey&) {});
  api::ReservationTrigger trigger;
  trigger.metric = api::TriggerMetric{"queue_depth", "a", {}};
  const kube::ObjectKey first{"", "first"};
  const kube::ObjectKey second{"", "second"};
  CHECK_FALSE(reader.latest(first, trigger));
  CHECK_FALSE(reader.latest(second, trigger));
  const auto drained = [](MetricReader& used) -> async::Task<bool> {
    co_await used.drain();
    co_return true;
  };
  REQUIRE(simulation::await(world.executor, drained(reader)));
  const auto answer = reader.latest(second, trigger);
  REQUIRE(answer);
  REQUIRE_FALSE(*answer);
  CHECK(answer->error().message ==
        "the metric queue_depth in namespace a was not read: the operator's own rate limit, the "
        "API server or the adapter asks it to slow down");
}
