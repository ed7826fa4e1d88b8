#pragma once
// SimulatedOperator: one operator process (observer and leader) against the simulated API server,
// with a transport of its own, so that a test can crash it, cut it off or run two of them.

#include <memory>
#include <string>

#include "lib/async/task_group.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/events.hpp"
#include "operator/leader.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

namespace berth::op {

/// A world in which Berth's definitions and policies are installed, with quick statuses.
struct OperatorWorld : simulation::World {
  explicit OperatorWorld(std::uint64_t seed = 1) : World(seed) {
    simulation::install_custom_resources(admin);
    server.add_hooks(simulation::make_berth_policies());
  }

  /// A pool of all nodes labelled pool=<name>, and such nodes.
  void add_pool(const std::string& name, int nodes, const std::string& cpu_per_node) {
    admin.create(simulation::make_object("berth.dev/v1alpha1", "ResourcePool", "", name)
                     .spec({{"nodeSelector", {{"matchLabels", {{"pool", name}}}}},
                            {"resources", {{{"name", "cpu"}}}},
                            {"strategy", "BestFit"}})
                     .build());
    simulation::create_nodes(
        admin, name, nodes,
        simulation::make_node("shape").cpu(cpu_per_node).memory("64Gi").label("pool", name));
  }

  /// A quota for the namespace of the same name, which is made and managed.
  void add_team(const std::string& name, const std::string& pool, int cpu) {
    admin.create(simulation::make_managed_namespace(name).build());
    admin.create(simulation::make_object("berth.dev/v1alpha1", "Quota", "", name)
                     .spec({{"subjects", {{"namespaces", {name}}}},
                            {"pools",
                             {{{"poolRef", {{"name", pool}}},
                               {"resources", {{{"name", "cpu"}, {"nominal", cpu}}}}}}}})
                     .build());
  }

  [[nodiscard]] simulation::Json pod(const std::string& ns, const std::string& name) {
    return admin.get("Pod", {ns, name});
  }
  [[nodiscard]] bool is_gated(const std::string& ns, const std::string& name) {
    const auto found = pod(ns, name);
    return found["spec"].contains("schedulingGates") && !found["spec"]["schedulingGates"].empty();
  }
  [[nodiscard]] std::string annotation(const std::string& ns, const std::string& name,
                                       const std::string& key) {
    const auto found = pod(ns, name);
    return found["metadata"].value("annotations", simulation::Json::object()).value(key, "");
  }
  /// The condition of a cluster-scoped object, or null.
  [[nodiscard]] simulation::Json condition(const std::string& kind, const std::string& name,
                                           const std::string& type) {
    const auto found = admin.get(kind, {"", name});
    for (const auto& candidate : found.value("status", simulation::Json::object())
                                     .value("conditions", simulation::Json::array()))
      if (candidate["type"] == type)
        return candidate;
    return nullptr;
  }
  /// The events of a namespace with this reason.
  [[nodiscard]] std::size_t events(const std::string& ns, const std::string& reason) {
    const auto answer = admin.request("GET", "/apis/events.k8s.io/v1/namespaces/" + ns + "/events");
    const auto events = simulation::Json::parse(answer.body);
    std::size_t found = 0;
    for (const auto& event : events["items"])
      found += event["reason"] == reason ? 1 : 0;
    return found;
  }
};

class SimulatedOperator {
public:
  explicit SimulatedOperator(OperatorWorld& world, std::uint64_t seed = 7,
                             OperatorOptions options = {}, telemetry::Tracer tracer = {})
      : transport(world.server, simulation::kOperatorUser, seed),
        client_(transport, world.executor, Rng{seed}, client_options()),
        observer(client_, world.executor, Rng{seed + 1}, {}),
        events_(client_, world.executor, event_options()), metrics_(registry_),
        leader({client_, world.executor, observer, events_, failpoints_, registry_, metrics_,
                telemetry::Logger{}, [this] { return leads; }, std::move(tracer)},
               options, seed),
        tasks_(world.executor), executor_(world.executor) {
    tasks_.spawn(observer.run(tasks_.stop_token()));
    tasks_.spawn(events_.run(tasks_.stop_token()));
    tasks_.spawn(leader.run(tasks_.stop_token()));
  }
  /// A regular end: what is under way is finished.
  ~SimulatedOperator() {
    transport.partition(false);
    transport.set_down(false);
    tasks_.request_stop();
    const bool ended =
        executor_.run_until([&] { return tasks_.running() == 0; }, std::chrono::hours{1});
    ensure(ended, "the simulated operator did not stop");
  }
  SimulatedOperator(const SimulatedOperator&) = delete;
  SimulatedOperator& operator=(const SimulatedOperator&) = delete;

  /// Requests to the API server that were no reads, with whatever answer.
  [[nodiscard]] std::size_t writes_asked(const std::string& target_part = "") const {
    std::size_t writes = 0;
    for (const auto& exchange : transport.exchanges())
      writes += exchange.method != "GET" && exchange.target.find(target_part) != std::string::npos;
    return writes;
  }

  /// What a scrape of /metrics would read.
  [[nodiscard]] std::string exposition() const { return registry_.exposition(); }

  simulation::SimulatedTransport transport;
  /// What the process's own clock says of its Lease.
  bool leads = true;

private:
  static kube::ClientOptions client_options() {
    kube::ClientOptions options;
    options.user_agent = "berth-operator/test";
    options.field_manager = "berth-operator";
    return options;
  }
  static kube::EventRecorderOptions event_options() {
    kube::EventRecorderOptions options;
    options.component = "berth.dev/operator";
    options.instance = "test";
    return options;
  }

  kube::Client client_;

public:
  cluster::Observer observer;

private:
  kube::EventRecorder events_;
  FailpointPlan failpoints_;
  telemetry::Registry registry_;
  telemetry::AllocationMetrics metrics_;

public:
  Leader leader;

private:
  async::TaskGroup tasks_;
  async::SimulatedExecutor& executor_;
};

} // namespace berth::op
