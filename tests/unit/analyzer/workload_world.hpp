#pragma once
// A Deployment with its pods and what is measured of them, on the simulated API server, in
// simulated time; and what a ScalingPolicy makes of it.

#include "tests/unit/analyzer/simulated_analyzer.hpp"

namespace berth::analyzer {

using simulation::Json;

/// What a container asks for that is killed when it uses more than 1 Gi.
inline Json with_limit() {
  return {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}, {"limits", {{"memory", "1Gi"}}}};
}

/// A Deployment "web" in the namespace "shop", whose containers ask for 1 core and 1 Gi.
struct WorkloadWorld : AnalyzerWorld {
  WorkloadWorld() {
    admin.create(simulation::make_namespace("shop"));
    add_node("n-0");
  }

  /// Its containers, and those of its pods, ask for `container_resources` as they are now.
  void add_deployment(int replicas) {
    Json pod_template = {{"metadata", {{"labels", {{"app", "web"}}}}},
                         {"spec",
                          {{"containers", Json::array({{{"name", "main"},
                                                        {"image", "web"},
                                                        {"resources", container_resources}}})}}}};
    admin.create(simulation::make_object("apps/v1", "Deployment", "shop", "web")
                     .spec({{"replicas", replicas},
                            {"selector", {{"matchLabels", {{"app", "web"}}}}},
                            {"template", pod_template}}));
    for (int i = 0; i < replicas; ++i)
      add_pod("web-" + std::to_string(i));
  }
  /// One more pod, which has no node yet.
  void add_pending_pod(const std::string& name) { admin.create(make_its_pod(name)); }
  void scale(int replicas) {
    admin.patch("Deployment", {"shop", "web"}, {{"spec", {{"replicas", replicas}}}});
  }
  void add_autoscaler(Json metrics = Json::array()) {
    const Json target = {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", "web"}};
    admin.create(simulation::make_object("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "hpa")
                     .spec({{"scaleTargetRef", target},
                            {"minReplicas", 1},
                            {"maxReplicas", 20},
                            {"metrics", std::move(metrics)}}));
  }
  /// A condition of the status of a policy of the namespace, which must be there.
  [[nodiscard]] api::Condition policy_condition(const std::string& type,
                                                const std::string& name = "web") {
    const auto policy = api::decode<api::ScalingPolicy>(admin.get("ScalingPolicy", {"shop", name}));
    ensure(policy.has_value(), "the policy can be read");
    const auto* found = api::find_condition(policy->status.conditions, type);
    ensure(found != nullptr, "the policy has the condition");
    return *found;
  }
  void add_pod(const std::string& name) {
    admin.create(make_its_pod(name).on_node("n-0"));
    set_status(name, Json::object());
    pods.push_back(name);
  }
  /// Running since now, with this said of its container.
  void set_status(const std::string& name, const Json& last_state) {
    const std::string started = format_time(executor.now());
    admin.patch(
        "Pod", {"shop", name},
        {{"status",
          {{"phase", "Running"},
           {"startTime", started},
           {"containerStatuses", Json::array({{{"name", "main"},
                                               {"image", "web"},
                                               {"imageID", ""},
                                               {"ready", true},
                                               {"restartCount", last_state.empty() ? 0 : 1},
                                               {"state", {{"running", {{"startedAt", started}}}}},
                                               {"lastState", last_state}}})}}}},
        "status");
  }
  /// Its container was killed for its memory just now, and is started again.
  void kill_for_memory(const std::string& name) {
    set_status(name, {{"terminated",
                       {{"reason", "OOMKilled"},
                        {"exitCode", 137},
                        {"finishedAt", format_time(executor.now())}}}});
  }
  void add_policy(Json spec = Json::object(), const std::string& name = "web") {
    if (!spec.contains("targetRef"))
      spec["targetRef"] = {{"kind", "Deployment"}, {"name", "web"}};
    admin.create(
        simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "shop", name).spec(spec));
  }
  void measure_pod(const std::string& name, int cpu_milli, int memory_mib) {
    server.put_metrics(simulation::make_pod_metrics("shop", name, std::to_string(cpu_milli) + "m",
                                                    std::to_string(memory_mib) + "Mi")
                           .set("/timestamp", format_time(executor.now())));
  }
  [[nodiscard]] int replicas() {
    return admin.get("Deployment", {"shop", "web"}).at("spec").at("replicas").get<int>();
  }
  /// As the Deployment's controller: as many pods as are wanted, and those running.
  void follow_scale() {
    while (static_cast<int>(pods.size()) < replicas())
      add_pod("web-" + std::to_string(pods.size()));
    for (; static_cast<int>(pods.size()) > replicas(); pods.pop_back())
      admin.remove("Pod", {"shop", pods.back()}, 0);
  }
  /// The same work, shared by as many pods as there are.
  void share_for(Duration span, int cpu_milli, int memory_mib = 300) {
    for (Duration passed{0}; passed < span; passed += std::chrono::minutes{1}) {
      follow_scale();
      measure_pods_for(std::chrono::minutes{1}, cpu_milli / static_cast<int>(pods.size()),
                       memory_mib);
    }
  }
  /// Measures every pod, and the node, once a minute.
  void measure_pods_for(Duration span, int cpu_milli, int memory_mib) {
    for (Duration passed{0}; passed < span; passed += std::chrono::minutes{1}) {
      measure("n-0", 1000, 1);
      for (const auto& pod : pods)
        measure_pod(pod, cpu_milli, memory_mib);
      executor.run_for(std::chrono::minutes{1});
    }
  }
  [[nodiscard]] std::vector<api::ScalingRecommendation> standing_in(const std::string& ns) {
    auto all = recommendations(ns);
    std::erase_if(all,
                  [](const auto& one) { return !api::is_true(one.status.conditions, "Valid"); });
    return all;
  }

  std::vector<std::string> pods;
  Json container_resources = {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}};

private:
  [[nodiscard]] simulation::PodBuilder make_its_pod(const std::string& name) const {
    return simulation::make_pod("shop", name)
        .set("/spec/containers/0/resources", container_resources)
        .label("pod-template-hash", "7c9")
        .owner("apps/v1", "ReplicaSet", "web-7c9", "rs-uid");
  }
};

/// The Deployment with a policy that advises on its replicas.
struct ReplicasWorld : WorkloadWorld {
  explicit ReplicasWorld(int replicas) {
    add_deployment(replicas);
    add_policy({{"actions", {"Replicas"}}});
  }
};

/// The same, and the analyzer has begun to look at it.
struct WatchedReplicas : ReplicasWorld {
  explicit WatchedReplicas(int replicas) : ReplicasWorld(replicas) {}

  SimulatedAnalyzer analyzer{*this};
};

/// Null before its status is written.
inline const api::Condition* valid_of(const api::ScalingRecommendation& recommendation) {
  return api::find_condition(recommendation.status.conditions, "Valid");
}

} // namespace berth::analyzer
