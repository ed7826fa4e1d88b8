// Placement modes through the operator, in simulated time: what is written to the pod, and how a
// pod that lost its candidates comes back.

#include <catch2/catch.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include "lib/api/admission_record.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::Json;
using simulation::make_pod;

constexpr const char* kTerms = "/spec/affinity/nodeAffinity/"
                               "requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";

OperatorOptions with_mode(api::PlacementMode mode) {
  OperatorOptions options;
  options.placement.mode = mode;
  return options;
}

simulation::PodBuilder owned_pod(const std::string& name) {
  return make_pod("a", name).cpu("2").owner("apps/v1", "ReplicaSet", "web", "uid-of-web");
}

struct ModeWorld : OperatorWorld {
  ModeWorld() {
    add_pool("cpu", 6, "16");
    add_team("a", "cpu", 64);
  }
  Json admitted(const Json& created, SimulatedOperator&) {
    const std::string name = created["metadata"]["name"];
    admin.create(created);
    REQUIRE(executor.run_until([&] { return !is_gated("a", name); }, 30s));
    return pod("a", name);
  }
  [[nodiscard]] bool exists(const std::string& name) {
    for (const auto& found : admin.list("Pod"))
      if (found["metadata"]["name"] == name)
        return true;
    return false;
  }
};

std::set<std::string> pinned_nodes(const Json& pod) {
  std::set<std::string> names;
  for (const auto& term : pod.value(Json::json_pointer(kTerms), Json::array()))
    for (const auto& field : term.value("matchFields", Json::array()))
      names.insert(field["values"][0].get<std::string>());
  return names;
}

} // namespace

TEST_CASE("an owned pod is pinned to its candidates by the one patch that admits it") {
  ModeWorld world;
  SimulatedOperator op(world);
  const Json pod = world.admitted(owned_pod("p"), op);
  const auto record = api::decode_admission(world.annotation("a", "p", "berth.dev/admitted"));
  REQUIRE(record);
  CHECK(record->mode == allocation::PlacementMode::Candidates);
  std::set<std::string> planned;
  for (const auto& node : record->planned_nodes)
    planned.insert(node.str());
  CHECK(planned.size() == 4);
  CHECK(pinned_nodes(pod) == planned);
  world.executor.run_for(5s);
  std::size_t patches = 0;
  for (const auto& exchange : op.transport.exchanges())
    patches += exchange.method == "PATCH" && exchange.target.find("/pods/") != std::string::npos;
  CHECK(patches == 1);
}

TEST_CASE("N1: a pod that is left to the extender says itself which nodes its pool has") {
  ModeWorld world;
  SimulatedOperator op(world);
  const Json pod = world.admitted(make_pod("a", "bare").cpu("2"), op);
  CHECK(pinned_nodes(pod).empty());
  const Json terms = pod.value(Json::json_pointer(kTerms), Json::array());
  REQUIRE(terms.size() == 1);
  const Json in_pool = {{"key", "pool"}, {"operator", "In"}, {"values", {"cpu"}}};
  CHECK(terms[0]["matchExpressions"] == Json::array({in_pool}));
}

TEST_CASE(
    "the author's affinity term stays, with one candidate in it, where candidates are asked") {
  ModeWorld world;
  SimulatedOperator op(world, 7, with_mode(api::PlacementMode::Candidates));
  const Json pod = world.admitted(owned_pod("p").requires_node("pool", {"cpu", "other"}), op);
  const Json terms = pod.at(Json::json_pointer(kTerms));
  REQUIRE(terms.size() == 1);
  CHECK(terms[0]["matchExpressions"][0]["values"] == Json({"cpu", "other"}));
  CHECK(pinned_nodes(pod).size() == 1);
}

TEST_CASE("with Nominate the node is in the pod's status before its gate goes") {
  ModeWorld world;
  SimulatedOperator op(world, 7, with_mode(api::PlacementMode::Nominate));
  const Json pod = world.admitted(make_pod("a", "p").cpu("2"), op);
  const auto record = api::decode_admission(world.annotation("a", "p", "berth.dev/admitted"));
  REQUIRE(record);
  CHECK(pod["status"]["nominatedNodeName"] == record->planned_nodes.front().str());
  CHECK(pinned_nodes(pod).empty());
}

TEST_CASE("a pod whose nominated node is lost before it is bound is nominated for another") {
  ModeWorld world;
  SimulatedOperator op(world, 7, with_mode(api::PlacementMode::Nominate));
  const Json pod = world.admitted(make_pod("a", "p").cpu("2"), op);
  const std::string lost = pod["status"]["nominatedNodeName"];
  world.admin.remove("Node", {"", lost});
  const auto nominated = [&] {
    return world.pod("a", "p")["status"]["nominatedNodeName"].get<std::string>();
  };
  REQUIRE(world.executor.run_until([&] { return nominated() != lost; }, 30s));
  world.executor.run_for(5s);
  const auto record = api::decode_admission(world.annotation("a", "p", "berth.dev/admitted"));
  REQUIRE(record);
  CHECK(record->planned_nodes.front().str() == nominated());
}

TEST_CASE("F14: a lost reply to the nomination admits the pod once and for one node") {
  ModeWorld world;
  SimulatedOperator op(world, 7, with_mode(api::PlacementMode::Nominate));
  world.executor.run_for(5s);
  op.transport.faults().aim(simulation::Fault::LoseReply, simulation::requests("PATCH", "/status"));
  const Json pod = world.admitted(make_pod("a", "p").cpu("2"), op);
  const auto record = api::decode_admission(world.annotation("a", "p", "berth.dev/admitted"));
  REQUIRE(record);
  CHECK(pod["status"]["nominatedNodeName"] == record->planned_nodes.front().str());
}

TEST_CASE("a pod that lost every candidate is evicted after a grace, so that it is made again") {
  ModeWorld world;
  SimulatedOperator op(world);
  const auto nodes = pinned_nodes(world.admitted(owned_pod("p"), op));
  const bool heals = GENERATE(false, true);
  CAPTURE(heals);
  for (const auto& node : nodes)
    world.admin.patch("Node", {"", node}, {{"spec", {{"unschedulable", true}}}});
  world.executor.run_for(8s);
  CHECK(world.exists("p"));
  if (heals)
    world.admin.patch("Node", {"", *nodes.begin()}, {{"spec", {{"unschedulable", false}}}});
  world.executor.run_for(30s);
  CHECK(world.exists("p") == heals);
  CHECK_THAT(op.exposition(), Catch::Contains("berth_evictions_total{cause=\"candidates_lost\"} " +
                                              std::string(heals ? "0\n" : "1\n")));
  if (heals)
    return;
  const auto pinned_again = pinned_nodes(world.admitted(owned_pod("p"), op));
  CHECK_FALSE(pinned_again.empty());
  for (const auto& node : nodes)
    CHECK_FALSE(pinned_again.contains(node));
}
