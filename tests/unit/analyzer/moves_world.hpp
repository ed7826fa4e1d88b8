#pragma once
// A pool with pods of several workloads on its nodes, and work that waits for room, on the
// simulated API server.

#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {

using simulation::Json;

struct MovesWorld : PoolWorld {
  explicit MovesWorld(int nodes) : PoolWorld(nodes) {
    admin.create(simulation::make_namespace("shop"));
    admin.create(simulation::make_namespace("team"));
    const Json nominal = {{"name", "cpu"}, {"nominal", 100}};
    const Json pool = {{"poolRef", {{"name", "p"}}}, {"resources", Json::array({nominal})}};
    admin.create(simulation::make_object("berth.dev/v1alpha1", "Quota", "", "team")
                     .spec({{"subjects", {{"namespaces", Json::array({"team"})}}},
                            {"pools", Json::array({pool})}}));
  }

  void set_strategy(const char* strategy) {
    admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"strategy", strategy}}}});
  }
  /// A Deployment of which each replica asks for so many cores, one on each of these nodes.
  void add_deployment(const std::string& name, int cores, const std::vector<std::string>& nodes) {
    const Json containers = Json::array({{{"name", "main"}, {"image", name}}});
    admin.create(simulation::make_object("apps/v1", "Deployment", "shop", name)
                     .spec({{"replicas", nodes.size()},
                            {"selector", {{"matchLabels", {{"app", name}}}}},
                            {"template",
                             {{"metadata", {{"labels", {{"app", name}}}}},
                              {"spec", {{"containers", containers}}}}}}));
    for (std::size_t i = 0; i < nodes.size(); ++i)
      add_replica(name, name + '-' + std::to_string(i), cores, nodes[i]);
  }
  void add_replica(const std::string& deployment, const std::string& pod, int cores,
                   const std::string& node) {
    admin.create(simulation::make_pod("shop", pod)
                     .cpu(std::to_string(cores))
                     .label("pod-template-hash", "7c9")
                     .owner("apps/v1", "ReplicaSet", deployment + "-7c9", deployment + "-rs")
                     .on_node(node));
    start("shop", pod);
  }
  /// A pod that nobody would make again.
  void add_bare_pod(const std::string& pod, int cores, const std::string& node) {
    admin.create(simulation::make_pod("shop", pod).cpu(std::to_string(cores)).on_node(node));
    start("shop", pod);
  }
  /// Waits at the gate for so many cores, as the operator told it.
  void add_waiting_pod(const std::string& pod, int cores) {
    admin.create(simulation::make_pod("team", pod)
                     .cpu(std::to_string(cores))
                     .gated()
                     .annotation("berth.dev/explain", "InsufficientCapacity: no node has room"));
    tell_waiting(1);
  }
  void tell_waiting(int workloads) {
    const Json row = {{"name", "cpu"}, {"pending", workloads}};
    admin.patch("Quota", {"", "team"},
                {{"status",
                  {{"workloads", {{"admitted", 0}, {"pending", workloads}}},
                   {"pools", Json::array({{{"pool", "p"}, {"resources", Json::array({row})}}})}}}},
                "status");
  }
  void start(const std::string& ns, const std::string& pod) {
    const std::string started = format_time(executor.now());
    const Json state = {{"running", {{"startedAt", started}}}};
    const Json container = {{"name", "main"}, {"image", pod},      {"imageID", ""},
                            {"ready", true},  {"restartCount", 0}, {"state", state}};
    admin.patch("Pod", {ns, pod},
                {{"status",
                  {{"phase", "Running"},
                   {"startTime", started},
                   {"containerStatuses", Json::array({container})}}}},
                "status");
  }
  void measure_pod(const std::string& pod, int cpu_milli) {
    server.put_metrics(
        simulation::make_pod_metrics("shop", pod, std::to_string(cpu_milli) + "m", "1Gi")
            .set("/timestamp", format_time(executor.now())));
  }
  [[nodiscard]] std::vector<api::ScalingRecommendation> standing_of(api::RecommendationKind kind) {
    auto all = standing_in(*this);
    std::erase_if(all, [kind](const auto& one) { return one.spec.kind != kind; });
    return all;
  }
  /// Of the kind, standing or ended; there must be one.
  [[nodiscard]] api::ScalingRecommendation only_one(api::RecommendationKind kind) {
    auto all = recommendations();
    std::erase_if(all, [kind](const auto& one) { return one.spec.kind != kind; });
    REQUIRE(all.size() == 1);
    return all.front();
  }
  [[nodiscard]] std::string uid_of(const std::string& pod) {
    return admin.get("Pod", {"shop", pod}).at("metadata").at("uid");
  }
};

/// Four nodes, of which n-0 is the busy one: pods of two Deployments share it.
struct BusyNodeWorld : MovesWorld {
  BusyNodeWorld() : MovesWorld(4) {
    add_deployment("web", 1, {"n-0", "n-1"});
    add_deployment("api", 1, {"n-0", "n-2"});
  }
  void pass(Duration span, int busy_milli) {
    for (Duration passed{0}; passed < span; passed += std::chrono::minutes{1}) {
      measure("n-0", busy_milli, 10);
      for (const char* node : {"n-1", "n-2", "n-3"})
        measure(node, 1000, 10);
      measure_pod("web-0", 3000);
      measure_pod("api-0", 2000);
      executor.run_for(std::chrono::minutes{1});
    }
  }
};

} // namespace berth::analyzer
