// A pool in mode Auto on the simulated API server: what is sent to Cluster API, and what is said
// of it.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using simulation::Json;

/// The definition of a MachineDeployment, as far as the analyzer asks for one.
Json machine_deployments() {
  const Json anything = {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
  const Json version = {
      {"name", "v1beta1"},
      {"served", true},
      {"storage", true},
      {"subresources",
       {{"status", Json::object()},
        {"scale",
         {{"specReplicasPath", ".spec.replicas"}, {"statusReplicasPath", ".status.replicas"}}}}},
      {"schema",
       {{"openAPIV3Schema",
         {{"type", "object"}, {"properties", {{"spec", anything}, {"status", anything}}}}}}}};
  return simulation::make_object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "",
                                 "machinedeployments.cluster.x-k8s.io")
      .spec({{"group", "cluster.x-k8s.io"},
             {"scope", "Namespaced"},
             {"names", {{"plural", "machinedeployments"}, {"kind", "MachineDeployment"}}},
             {"versions", Json::array({version})}});
}

/// A pool of so many nodes that a MachineDeployment grows, in mode Auto.
struct MachinesWorld : AnalyzerWorld {
  explicit MachinesWorld(int nodes, Json annotations = Json::object()) {
    admin.create(machine_deployments());
    admin.create(simulation::make_namespace("capi"));
    Json group =
        simulation::make_object("cluster.x-k8s.io/v1beta1", "MachineDeployment", "capi", "workers")
            .spec({{"clusterName", "c"}, {"replicas", nodes}});
    group["metadata"]["annotations"] = std::move(annotations);
    admin.create(group);
    add_pool(nodes);
    const Json ref = {{"namespace", "capi"}, {"name", "workers"}};
    const Json elastic = {
        {"minNodes", 2}, {"maxNodes", 20}, {"provider", "ClusterAPI"}, {"providerRef", ref}};
    admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"elastic", elastic}}}});
    admin.create(simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
                     .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                            {"mode", "Auto"},
                            {"actions", Json::array({"Pool"})}}));
    work();
    analyzer.emplace(*this);
  }

  /// As Cluster API's controllers: each machine that is asked for is a node.
  void work() {
    const int wanted = replicas();
    while (static_cast<int>(node_names.size()) < wanted)
      add_node("n-" + std::to_string(node_names.size()));
    for (; static_cast<int>(node_names.size()) > wanted; node_names.pop_back())
      admin.remove("Node", {"", node_names.back()}, 0);
    admin.patch("MachineDeployment", {"capi", "workers"},
                {{"status", {{"replicas", wanted}, {"readyReplicas", wanted}}}}, "status");
    const auto row = [this](const char* name, int each, int held, const std::string& suffix) {
      const int whole = each * static_cast<int>(node_names.size());
      return Json{{"name", name},
                  {"allocatable", std::to_string(whole) + suffix},
                  {"allocated", std::to_string(held) + suffix}};
    };
    const Json rows = Json::array({row("cpu", 10, 20, ""), row("memory", 100, 200, "Gi")});
    admin.patch("ResourcePool", {"", "p"}, {{"status", {{"resources", rows}}}}, "status");
  }
  /// The same work on as many nodes as there are; so many thousandths of a core in all.
  void share_for(Duration span, int cpu_milli) {
    for (Duration passed{0}; passed < span; passed += 1min) {
      work();
      measure_for(1min, cpu_milli / static_cast<int>(node_names.size()), 5);
    }
  }
  [[nodiscard]] int replicas() {
    return admin.get("MachineDeployment", {"capi", "workers"}).at("spec").at("replicas").get<int>();
  }
  [[nodiscard]] std::size_t scalings() const { return analyzer->writes("/scale"); }

  std::optional<SimulatedAnalyzer> analyzer;
};

} // namespace

TEST_CASE("in mode Auto a busy pool gets machines, and all of it is said") {
  MachinesWorld world(10);
  world.share_for(20min, 90'000);
  CHECK(world.replicas() == 14);
  CHECK(world.scalings() == 1);
  const auto all = world.recommendations();
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].status.carried_out);
  CHECK(all[0].status.carried_out->nodes == api::PoolStep{10, 14});
  CHECK(api::is_true(all[0].status.conditions, "Applied"));
  CHECK(valid_of(all[0]).reason == Reason::Applied);
  CHECK(world.pool().spec.elastic->min_nodes == 2); // the bounds are left as they are
  const auto events = world.events_about("ResourcePool");
  REQUIRE(events.size() == 1);
  CHECK(events[0].at("reason") == "PoolGrown");
  CHECK(events[0].at("note") == "From 10 to 14 nodes: cpu is at 90 % of 10 nodes; 14 nodes would "
                                "bring it to 65 %");
  using telemetry::AdviceKind;
  CHECK(world.analyzer->metrics.actions(AdviceKind::GrowPool, telemetry::Outcome::Ok).value() == 1);
}

TEST_CASE("an idle pool gives machines back, a step at a time and not below its least") {
  MachinesWorld world(10);
  world.share_for(4h, 5'000);
  CHECK(world.replicas() < 8);
  CHECK(world.replicas() >= 2);
  CHECK(world.scalings() >= 2);
  for (const auto& event : world.events_about("ResourcePool"))
    CHECK(event.at("reason") == "PoolShrunk");
}

TEST_CASE("without --act a pool in mode Auto is left as it is") {
  MachinesWorld world(10);
  world.analyzer.reset();
  world.analyzer.emplace(world, AdvisorOptions{});
  world.share_for(20min, 90'000);
  CHECK(world.replicas() == 10);
  CHECK(world.recommendations().size() == 1);
}

TEST_CASE("machines that another autoscaler owns are left to it, and the policy says so") {
  MachinesWorld world(10, {{"cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size", "20"}});
  world.share_for(20min, 90'000);
  CHECK(world.replicas() == 10);
  CHECK(world.scalings() == 0);
  const auto policy =
      api::decode<api::ScalingPolicy>(world.admin.get("ScalingPolicy", {"berth-system", "p"}));
  REQUIRE(policy);
  const auto* acting = api::find_condition(policy->status.conditions, "Acting");
  REQUIRE(acting != nullptr);
  CHECK(acting->reason == Reason::ScaledByAutoscaler);
}

TEST_CASE("nothing shrinks when measurements stop") {
  MachinesWorld world(10);
  world.share_for(40min, 5'000);
  const auto before = world.replicas();
  for (int minute = 0; minute < 240; ++minute) {
    world.work();
    world.executor.run_for(1min);
  }
  CHECK(world.replicas() == before);
}

TEST_CASE("machines that never become nodes are not asked for twice") {
  MachinesWorld world(10);
  for (int minute = 0; minute < 180; ++minute)
    world.measure_for(1min, 9000, 5);
  CHECK(world.replicas() == 14);
  CHECK(world.scalings() == 1);
  const auto standing = standing_in(world);
  REQUIRE(standing.size() == 1);
  const auto* applied = api::find_condition(standing[0].status.conditions, "Applied");
  REQUIRE(applied != nullptr);
  CHECK(applied->reason == Reason::NodesMissing);
}

} // namespace berth::analyzer
