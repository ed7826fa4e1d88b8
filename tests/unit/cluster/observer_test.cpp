#include <catch2/catch.hpp>

#include "lib/cluster/observer.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::cluster;
using namespace berth::simulation;
using namespace std::chrono_literals;

namespace {

struct Bench {
  Bench() {
    world.admin.create(make_managed_namespace("team-a"));
    create_nodes(world.admin, "node", 3, make_node("shape").cpu("8").memory("32Gi"));
  }
  ~Bench() {
    stop.request_stop();
    world.executor.run_for(1h);
    CHECK(ended);
  }
  void start() {
    observer->on_publish(
        [this](const Observer::Snapshot& snapshot) { published.push_back(snapshot); });
    ended = false;
    async::spawn(world.executor, run());
  }
  async::Task<void> run() {
    co_await observer->run(stop.get_token());
    ended = true;
  }
  PodUid create_pod(const std::string& name) {
    const Json pod = world.admin.create(make_pod("team-a", name).cpu("1").gated());
    return PodUid{pod["metadata"]["uid"].get<std::string>()};
  }

  World world{1};
  SimulatedTransport transport{world.server, "observer", 7};
  kube::Client client{transport, world.executor, Rng{5}, {}};
  std::optional<Observer> observer{std::in_place, client, world.executor, Rng{3},
                                   ObserverOptions{}};
  std::vector<Observer::Snapshot> published;
  std::stop_source stop;
  bool ended = true;
};

} // namespace

TEST_CASE("Nothing is published before every cache is filled (F21)") {
  Bench bench;
  bench.create_pod("p0");
  bench.start();
  bench.world.executor.run_for(10min);
  CHECK(bench.observer->pods().has_synced());
  CHECK_FALSE(bench.observer->has_synced());
  CHECK(bench.observer->snapshot() == nullptr);
  install_custom_resources(bench.world.admin);
  bench.world.executor.run_for(1min);
  REQUIRE(bench.observer->has_synced());
  CHECK(bench.observer->snapshot()->pods.size() == 1);
  CHECK(bench.published.size() == 1);
}

TEST_CASE("Events that come close together make one snapshot, and quiet makes none") {
  Bench bench;
  install_custom_resources(bench.world.admin);
  bench.start();
  bench.world.executor.run_for(1min);
  bench.published.clear();
  for (int i = 0; i < 20; ++i)
    bench.create_pod("p" + std::to_string(i));
  bench.world.executor.run_for(1s);
  CHECK(bench.published.size() >= 1);
  CHECK(bench.published.size() <= 2);
  CHECK(bench.observer->snapshot()->pods.size() == 20);
  bench.published.clear();
  // A heartbeat changes the object and nothing that is decided on.
  bench.world.admin.patch("Node", {"", "node-0"}, {{"metadata", {{"annotations", {{"x", "y"}}}}}});
  bench.world.executor.run_for(10min);
  CHECK(bench.published.empty());
}

TEST_CASE("A pod is managed as its namespace says, also when that changes later") {
  Bench bench;
  install_custom_resources(bench.world.admin);
  bench.world.admin.create(make_namespace("team-b"));
  const Json pod = bench.world.admin.create(make_pod("team-b", "plain").cpu("1"));
  const PodUid uid{pod["metadata"]["uid"].get<std::string>()};
  bench.start();
  bench.world.executor.run_for(1min);
  CHECK_FALSE(bench.observer->snapshot()->find_pod(uid)->managed);
  bench.world.admin.patch("Namespace", {"", "team-b"},
                          {{"metadata", {{"labels", {{"berth.dev/managed", "true"}}}}}});
  bench.world.executor.run_for(1s);
  CHECK(bench.observer->snapshot()->find_pod(uid)->managed);
}

TEST_CASE("What was assumed counts until the watch shows it, is forgotten or runs out") {
  Bench bench;
  install_custom_resources(bench.world.admin);
  bench.start();
  const PodUid uid = bench.create_pod("p0");
  bench.world.executor.run_for(1min);
  bench.observer->assume_bound(uid, NodeName{"node-1"});
  CHECK(bench.observer->publish_now()->find_pod(uid)->node == NodeName{"node-1"});
  bench.observer->forget(uid);
  CHECK_FALSE(bench.observer->publish_now()->find_pod(uid)->is_bound());
  bench.observer->assume_bound(uid, NodeName{"node-2"});
  bench.world.executor.run_for(50s);
  CHECK(bench.observer->snapshot()->find_pod(uid)->is_bound());
  bench.world.executor.run_for(20s);
  CHECK_FALSE(bench.observer->snapshot()->find_pod(uid)->is_bound());
}

TEST_CASE("A pod is found by its UID and not by the UID of one that had its name before") {
  Bench bench;
  install_custom_resources(bench.world.admin);
  bench.start();
  const PodUid first = bench.create_pod("p0");
  bench.world.executor.run_for(1min);
  CHECK(bench.observer->find_pod(first) != nullptr);
  bench.world.admin.remove("Pod", {"team-a", "p0"}, 0);
  const PodUid second = bench.create_pod("p0");
  bench.world.executor.run_for(1s);
  CHECK(bench.observer->find_pod(first) == nullptr);
  REQUIRE(bench.observer->find_pod(second) != nullptr);
  CHECK(bench.observer->snapshot()->find_pod(first) == nullptr);
}

TEST_CASE("An observer that goes away leaves nothing behind on the executor") {
  Bench bench;
  install_custom_resources(bench.world.admin);
  bench.start();
  bench.world.executor.run_for(1min);
  bench.create_pod("p0");
  bench.stop.request_stop();
  REQUIRE(bench.world.executor.run_until([&] { return bench.ended; }, 1min));
  bench.observer.reset();
  bench.world.executor.run_for(1min);
}
