#include "lib/cluster/watch_metrics.hpp"

#include <catch2/catch.hpp>

#include "lib/async/task_group.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::cluster;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("What the reflectors count is exposed by resource: lists, events by type, objects, age") {
  simulation::World world;
  simulation::install_custom_resources(world.admin);
  world.admin.create(simulation::make_managed_namespace("team-a"));
  simulation::SimulatedTransport transport(world.server, "observer", 7);
  kube::Client client(transport, world.executor, Rng{5}, {});
  Observer observer(client, world.executor, Rng{3}, {});
  telemetry::Registry registry;
  WatchMetrics metrics([&] { return observer.resources(); }, world.executor, registry);
  CHECK_THAT(registry.exposition(),
             Contains("berth_watch_events_total{resource=\"quotas\",type=\"deleted\"} 0\n"));

  async::TaskGroup tasks(world.executor);
  tasks.spawn(observer.run(tasks.stop_token()));
  tasks.spawn(metrics.run(tasks.stop_token()));
  world.executor.run_for(1min);
  world.admin.create(simulation::make_pod("team-a", "p").cpu("1").gated());
  world.executor.run_for(1s);
  world.admin.remove("Pod", {"team-a", "p"}, 0);
  world.executor.run_for(10s);
  const std::string text = registry.exposition();
  CHECK_THAT(text, Contains("berth_watch_events_total{resource=\"pods\",type=\"added\"} 1\n"));
  CHECK_THAT(text, Contains("berth_watch_events_total{resource=\"pods\",type=\"deleted\"} 1\n"));
  CHECK_THAT(text, Contains("berth_watch_objects{resource=\"pods\"} 0\n"));
  CHECK_THAT(text, Contains("berth_watch_objects{resource=\"namespaces\"}"));
  CHECK_THAT(text, Contains("berth_watch_synced{resource=\"pods\"} 1\n"));
  CHECK_THAT(text, Contains("berth_watch_relists_total{resource=\"pods\",reason=\"start\"} 1\n"));

  tasks.request_stop();
  REQUIRE(world.executor.run_until([&] { return tasks.running() == 0; }, 1h));
}
