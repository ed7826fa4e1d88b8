// Operator, kube-scheduler and extender together, each with a view of its own that lags: nodes are
// deleted and cordoned between admission and binding, pods come that Berth does not manage, and a
// second extender refuses what ours named. No pod is stranded, and no node has more than fits.
//
// BERTH_SIMULATION_SEED=N repeats one run.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "scheduler-extender/server.hpp"
#include "tests/support/simulation/kubelet.hpp"
#include "tests/support/simulation/scheduler.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::Json;

constexpr int kNodes = 8;
constexpr int kCpuOfNode = 8;
constexpr int kSteps = 50;
constexpr std::uint64_t kSeeds = 1; // half a minute each

/// One extender process, and behind it another extender that refuses some nodes.
class SimulatedExtender {
public:
  SimulatedExtender(OperatorWorld& world, std::uint64_t seed)
      : transport(world.server, simulation::kOperatorUser, seed),
        client_(transport, world.executor, Rng{seed}, {}),
        observer_(client_, world.executor, Rng{seed + 1}, options()),
        router_({},
                {[this] { return observer_.has_synced() ? observer_.snapshot() : nullptr; }, {}},
                {metrics_, telemetry::Logger{}, world.executor.clock()}),
        tasks_(world.executor), executor_(world.executor) {
    tasks_.spawn(observer_.run(tasks_.stop_token()));
  }
  ~SimulatedExtender() {
    tasks_.request_stop();
    const bool ended = executor_.run_until([&] { return tasks_.running() == 0; }, 1h);
    ensure(ended, "the simulated extender did not stop");
  }
  SimulatedExtender(const SimulatedExtender&) = delete;
  SimulatedExtender& operator=(const SimulatedExtender&) = delete;

  /// As shipped: kube-scheduler binds.
  [[nodiscard]] simulation::ExtenderOptions scheduler_options() {
    simulation::ExtenderOptions options;
    options.handler = [this](http::Request request) { return answer(this, std::move(request)); };
    options.binds = false;
    return options;
  }

  simulation::SimulatedTransport transport;
  std::set<std::string> refused; ///< by the other extender: nodes

private:
  static cluster::ObserverOptions options() {
    cluster::ObserverOptions options;
    options.decides = false;
    return options;
  }

  static async::Task<http::Response> answer(SimulatedExtender* self, http::Request request) {
    const bool filters = request.target == "/filter";
    http::Response response = co_await self->router_.handle(std::move(request));
    if (filters && !self->refused.empty()) {
      Json body = Json::parse(response.body);
      Json kept = Json::array();
      for (const Json& name : body["NodeNames"])
        if (!self->refused.contains(name.get<std::string>()))
          kept.push_back(name);
      body["NodeNames"] = std::move(kept);
      response.body = body.dump();
    }
    co_return response;
  }

  kube::Client client_;
  cluster::Observer observer_;
  telemetry::Registry registry_;
  telemetry::ExtenderMetrics metrics_{registry_};
  extender::Router router_;
  async::TaskGroup tasks_;
  async::SimulatedExecutor& executor_;
};

simulation::SchedulerOptions with(SimulatedExtender& extender) {
  simulation::SchedulerOptions options;
  options.extender = extender.scheduler_options();
  options.preempts = false;
  return options;
}

int cpu_of(const Json& pod) {
  return std::stoi(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"].get<std::string>());
}

bool is_over(const Json& pod) {
  const std::string phase = pod["status"].value("phase", "");
  return phase == "Succeeded" || phase == "Failed";
}

std::string node_of(const Json& pod) {
  return pod["spec"].value("nodeName", "");
}

/// Pool "cpu", team "a" whose pods are managed, and "web" whose pods are not.
class Trio {
public:
  explicit Trio(std::uint64_t seed)
      : world(seed), extender(world, seed * 1000 + 1), rng_(seed),
        scheduler(world.server, with(extender)), kubelet(world.server), tasks_(world.executor) {
    world.add_pool("cpu", kNodes, std::to_string(kCpuOfNode));
    world.add_team("a", "cpu", kNodes * kCpuOfNode);
    world.admin.create(simulation::make_namespace("web"));
    op = std::make_unique<SimulatedOperator>(world, seed * 1000 + 2);
    tasks_.spawn(scheduler.run(tasks_.stop_token()));
    tasks_.spawn(kubelet.run(tasks_.stop_token()));
    world.executor.run_for(2s);
  }
  ~Trio() {
    op.reset();
    tasks_.request_stop();
    const bool ended = world.executor.run_until([&] { return tasks_.running() == 0; }, 1h);
    ensure(ended, "scheduler and kubelet did not stop");
  }
  Trio(const Trio&) = delete;
  Trio& operator=(const Trio&) = delete;

  /// A pod of a ReplicaSet of its own, which makes it again whenever it is gone.
  void submit(const std::string& ns, const std::string& name, int cpu) {
    wanted_[name] = simulation::make_pod(ns, name)
                        .cpu(std::to_string(cpu))
                        .owner("apps/v1", "ReplicaSet", name, "uid-of-" + name)
                        .build();
    world.admin.create(wanted_[name]);
  }
  void pass(Duration time) {
    for (Duration passed{0}; passed < time; passed += 500ms) {
      world.executor.run_for(500ms);
      make_again();
      check_nodes();
    }
  }
  /// What ReplicaSet controller and pod garbage collector do.
  void make_again();
  void check_nodes();
  void step();
  void calm_down();
  [[nodiscard]] std::vector<std::string> without_node();
  [[nodiscard]] std::string node_of_pod(const std::string& ns, const std::string& name) {
    const auto pod = world.admin.find("Pod", {ns, name});
    return pod ? node_of(*pod) : "";
  }
  [[nodiscard]] std::set<std::string> candidates(const std::string& name) {
    std::set<std::string> nodes;
    const Json record = Json::parse(world.annotation("a", name, "berth.dev/admitted"));
    for (const Json& node : record["nodes"])
      nodes.insert(node.get<std::string>());
    return nodes;
  }

  OperatorWorld world;
  SimulatedExtender extender;

private:
  [[nodiscard]] int draw(int below) {
    return static_cast<int>(rng_.below(static_cast<std::uint64_t>(below)));
  }
  [[nodiscard]] std::string some_node() { return "cpu-" + std::to_string(draw(kNodes)); }

  Rng rng_;

public:
  simulation::SimulatedScheduler scheduler;
  simulation::SimulatedKubelet kubelet;
  std::unique_ptr<SimulatedOperator> op;

private:
  async::TaskGroup tasks_;
  std::map<std::string, Json> wanted_;
  int cpu_wanted_ = 0;
};

void Trio::make_again() {
  for (const auto& [name, like] : wanted_) {
    const kube::ObjectKey key{like["metadata"]["namespace"], name};
    const auto pod = world.admin.find("Pod", key);
    const bool is_lost =
        pod && !node_of(*pod).empty() && !world.admin.find("Node", {"", node_of(*pod)}).has_value();
    if (is_lost || (pod && is_over(*pod)))
      world.admin.remove("Pod", key, 0);
    if (!pod)
      world.admin.create(like);
  }
}

/// I1, whoever decided.
void Trio::check_nodes() {
  std::map<std::string, int> taken;
  for (const Json& pod : world.admin.list("Pod"))
    if (!node_of(pod).empty() && !is_over(pod))
      taken[node_of(pod)] += cpu_of(pod);
  for (const auto& [node, cpu] : taken)
    CHECK(cpu <= kCpuOfNode);
}

void Trio::step() {
  const int action = draw(10);
  const int cpu = 1 + draw(3);
  if (action < 5 && cpu_wanted_ + cpu <= kNodes * kCpuOfNode / 2) {
    cpu_wanted_ += cpu;
    submit(draw(4) == 0 ? "web" : "a", "w" + std::to_string(wanted_.size()), cpu);
  } else if (action == 6) {
    const std::string node = some_node();
    const bool is_cordoned = draw(2) == 0;
    if (world.admin.find("Node", {"", node}))
      world.admin.patch("Node", {"", node}, {{"spec", {{"unschedulable", is_cordoned}}}});
  } else if (action == 7) {
    const std::string node = some_node();
    if (world.admin.find("Node", {"", node}))
      world.admin.remove("Node", {"", node}, 0);
    else
      world.admin.create(simulation::make_node(node)
                             .cpu(std::to_string(kCpuOfNode))
                             .memory("64Gi")
                             .label("pool", "cpu")
                             .build());
  } else if (action == 8) {
    op->transport.cache().set_lag(draw(3) * 1s);
    extender.transport.cache().set_lag(draw(3) * 1s);
  } else if (action == 9) {
    extender.refused.clear();
    for (int node = draw(3); node > 0; --node)
      extender.refused.insert(some_node());
  }
  pass((1 + draw(6)) * 500ms);
}

/// Every node is there and takes work, and nobody refuses any.
void Trio::calm_down() {
  op->transport.cache().set_lag(0s);
  extender.transport.cache().set_lag(0s);
  extender.refused.clear();
  for (int i = 0; i < kNodes; ++i) {
    const std::string node = "cpu-" + std::to_string(i);
    if (!world.admin.find("Node", {"", node}))
      world.admin.create(simulation::make_node(node)
                             .cpu(std::to_string(kCpuOfNode))
                             .memory("64Gi")
                             .label("pool", "cpu")
                             .build());
    world.admin.patch("Node", {"", node}, {{"spec", {{"unschedulable", false}}}});
  }
}

std::vector<std::string> Trio::without_node() {
  std::vector<std::string> names;
  for (const auto& [name, like] : wanted_)
    if (node_of_pod(like["metadata"]["namespace"], name).empty())
      names.push_back(name);
  return names;
}

} // namespace

TEST_CASE("I1, I9: whatever happens to nodes between admission and binding, each pod gets a node") {
  const char* chosen = std::getenv("BERTH_SIMULATION_SEED");
  const std::uint64_t first = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  const std::uint64_t last = chosen == nullptr ? kSeeds : first;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    Trio trio(seed);
    for (int step = 0; step < kSteps; ++step)
      trio.step();
    trio.calm_down();
    trio.pass(15min);
    CHECK(trio.without_node() == std::vector<std::string>{});
    CHECK(trio.kubelet.stats().refused == 0);
    CHECK(trio.scheduler.stats().extender_failures == 0);
  }
}

TEST_CASE("a node that another extender refuses is not named for ever: the next candidates are") {
  Trio trio(1);
  trio.extender.refused = {"cpu-0", "cpu-1", "cpu-2"}; // of four candidates all but one
  trio.submit("a", "p", 2);
  trio.pass(6min);
  CHECK(trio.node_of_pod("a", "p") == "cpu-3");
  CHECK(trio.world.events("a", "CandidatesLost") == 0);
}

TEST_CASE("a pod of which another extender refuses every candidate is made again, and not pinned") {
  Trio trio(1);
  trio.submit("a", "p", 2);
  REQUIRE(trio.world.executor.run_until([&] { return !trio.world.is_gated("a", "p"); }, 10s));
  const std::set<std::string> pinned = trio.candidates("p");
  REQUIRE(pinned.size() == 4);
  trio.world.admin.remove("Pod", {"a", "p"}, 0);
  trio.extender.refused = pinned;
  trio.pass(5min);
  CHECK(trio.node_of_pod("a", "p").empty());
  trio.pass(15min);
  const std::string node = trio.node_of_pod("a", "p");
  CHECK_FALSE(node.empty());
  CHECK_FALSE(pinned.contains(node));
  CHECK(trio.world.events("a", "CandidatesLost") == 1);
}
