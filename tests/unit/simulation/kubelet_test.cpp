// The simulated kubelets and disruption controller: lives of pods, and budgets that follow them.

#include <catch2/catch.hpp>

#include "lib/async/task_group.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/disruption_controller.hpp"
#include "tests/support/simulation/kubelet.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::simulation;
using namespace std::chrono_literals;

namespace {

struct Cluster {
  Cluster() : kubelet(world.server), disruption(world.server), tasks(world.executor) {
    tasks.spawn(kubelet.run(tasks.stop_token()));
    tasks.spawn(disruption.run(tasks.stop_token()));
    world.admin.create(make_node("n").cpu("4").memory("8Gi"));
  }
  ~Cluster() {
    tasks.request_stop();
    world.executor.run_for(60s);
  }
  void place(const PodBuilder& pod) {
    const Json object = pod.build();
    world.admin.create(object);
    world.admin.bind({"default", text_at(object, "/metadata/name")}, "n");
  }
  std::string phase(const std::string& pod) {
    const auto found = world.admin.find("Pod", {"default", pod});
    return found ? text_at(*found, "/status/phase") : "gone";
  }
  int evict(const std::string& pod) {
    const Json eviction = {
        {"kind", "Eviction"}, {"apiVersion", "policy/v1"}, {"metadata", {{"name", pod}}}};
    return world.admin
        .request("POST", "/api/v1/namespaces/default/pods/" + pod + "/eviction", eviction)
        .status;
  }

  World world;
  SimulatedKubelet kubelet;
  SimulatedDisruptionController disruption;
  async::TaskGroup tasks;
};

} // namespace

TEST_CASE("a bound pod runs for its annotated time and then has succeeded") {
  Cluster cluster;
  cluster.place(make_pod("default", "a").cpu("1").runs_for(60));
  CHECK(cluster.phase("a") == "Pending");
  cluster.world.executor.run_for(1s);
  CHECK(cluster.phase("a") == "Running");
  cluster.world.executor.run_for(58s);
  CHECK(cluster.phase("a") == "Running");
  cluster.world.executor.run_for(5s);
  CHECK(cluster.phase("a") == "Succeeded");
}

TEST_CASE("a deleted pod ends within its grace period") {
  Cluster cluster;
  cluster.place(make_pod("default", "a").cpu("1"));
  cluster.world.executor.run_for(1s);
  cluster.world.admin.remove("Pod", {"default", "a"});
  CHECK(cluster.phase("a") == "Running");
  cluster.world.executor.run_for(3s);
  CHECK(cluster.phase("a") == "gone");
}

TEST_CASE("a pod that does not fit its node is refused, as a kubelet would (I1)") {
  Cluster cluster;
  cluster.place(make_pod("default", "a").cpu("3"));
  cluster.world.executor.run_for(1s);
  cluster.place(make_pod("default", "b").cpu("2"));
  cluster.world.executor.run_for(1s);
  CHECK(cluster.phase("a") == "Running");
  CHECK(cluster.phase("b") == "Failed");
  CHECK(text_at(cluster.world.admin.get("Pod", {"default", "b"}), "/status/reason") == "OutOfcpu");
  CHECK(cluster.kubelet.stats().refused == 1);
}

TEST_CASE("a dead node's pods stand still until it lives again") {
  Cluster cluster;
  cluster.place(make_pod("default", "a").cpu("1"));
  cluster.world.executor.run_for(1s);
  cluster.kubelet.set_dead("n", true);
  cluster.world.admin.remove("Pod", {"default", "a"});
  cluster.world.executor.run_for(120s);
  CHECK(cluster.phase("a") == "Running");
  cluster.kubelet.set_dead("n", false);
  cluster.world.executor.run_for(5s);
  CHECK(cluster.phase("a") == "gone");
}

TEST_CASE("a resized pod gets its new amounts") {
  Cluster cluster;
  cluster.place(make_pod("default", "a").cpu("1"));
  cluster.world.executor.run_for(1s);
  const Json container = {{"name", "main"}, {"resources", {{"requests", {{"cpu", "2"}}}}}};
  const Json patch = {{"spec", {{"containers", Json::array({container})}}}};
  const auto resized = cluster.world.admin.request(
      "PATCH", "/api/v1/namespaces/default/pods/a/resize", patch, std::string(kStrategicPatch));
  REQUIRE(resized.status == 200);
  cluster.world.executor.run_for(1s);
  const Json pod = cluster.world.admin.get("Pod", {"default", "a"});
  CHECK(text_at(pod, "/spec/containers/0/resources/requests/cpu") == "2");
  CHECK(text_at(pod, "/status/containerStatuses/0/resources/requests/cpu") == "2");
}

TEST_CASE("a budget counts ready pods, and evictions follow it") {
  Cluster cluster;
  for (const auto* name : {"a", "b", "c"})
    cluster.place(make_pod("default", name).cpu("1").label("app", "x"));
  cluster.world.admin.create(make_budget("default", "budget", "app", "x", 2));
  cluster.world.executor.run_for(2s);
  const Json budget = cluster.world.admin.get("PodDisruptionBudget", {"default", "budget"});
  CHECK(integer_at(budget, "/status/currentHealthy") == 3);
  CHECK(integer_at(budget, "/status/disruptionsAllowed") == 1);
  CHECK(cluster.evict("a") == 201);
  CHECK(cluster.evict("b") == 429);
  cluster.world.executor.run_for(10s);
  CHECK(cluster.phase("a") == "gone");
  CHECK(cluster.evict("b") == 429);
  cluster.place(make_pod("default", "d").cpu("1").label("app", "x"));
  cluster.world.executor.run_for(2s);
  CHECK(cluster.evict("b") == 201);
}
