#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "lib/cluster/node_codec.hpp"

using namespace berth;
using namespace berth::cluster;
using nlohmann::json;

namespace {

json sample() {
  return json::parse(R"({
    "apiVersion": "v1", "kind": "Node",
    "metadata": {"name": "n1", "uid": "u1", "resourceVersion": "7",
                 "labels": {"zone": "a"}, "annotations": {"big": "unread"}},
    "spec": {"unschedulable": true,
             "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"},
                        {"key": "soft", "effect": "PreferNoSchedule"},
                        {"key": "later", "effect": "Newer"}]},
    "status": {"allocatable": {"cpu": "3920m", "memory": "15Gi", "pods": "110", "nvidia.com/gpu": "8"},
               "capacity": {"cpu": "4"},
               "conditions": [{"type": "MemoryPressure", "status": "False"},
                              {"type": "Ready", "status": "True"}]}
  })");
}

Node decoded(const json& node) {
  auto result = decode_node_text(node.dump());
  REQUIRE(result);
  return **result;
}

} // namespace

TEST_CASE("A node's labels, taints, amounts and readiness are read") {
  const Node node = decoded(sample());
  CHECK(node.view.name == NodeName{"n1"});
  CHECK(*node.view.labels.find("zone") == "a");
  CHECK(node.view.unschedulable);
  CHECK(node.view.ready);
  CHECK(node.view.allocatable ==
        resources::ResourceVector{
            {"cpu", 3920}, {"memory", 15LL << 30}, {"nvidia.com/gpu", 8}, {"pods", 110}});
  REQUIRE(node.view.taints.size() == 3);
  CHECK(node.view.taints[1].effect == allocation::TaintEffect::PreferNoSchedule);
  // An effect of the future keeps pods away.
  CHECK(node.view.taints[2].effect == allocation::TaintEffect::NoSchedule);
  CHECK(node.meta.labels.empty());
  CHECK(node.meta.annotations.empty());
}

TEST_CASE("A node without a Ready condition that is True is not ready") {
  json node = sample();
  for (const char* status : {"False", "Unknown"}) {
    node["status"]["conditions"][1]["status"] = status;
    CHECK_FALSE(decoded(node).view.ready);
  }
  node["status"].erase("conditions");
  CHECK_FALSE(decoded(node).view.ready);
}

TEST_CASE("A heartbeat changes nothing that allocation looks at") {
  json node = sample();
  const Node before = decoded(node);
  node["metadata"]["resourceVersion"] = "8";
  node["status"]["conditions"][1]["lastHeartbeatTime"] = "2026-11-21T08:00:00Z";
  CHECK(decoded(node).view == before.view);
}

TEST_CASE("Nodes that cannot be are refused, not guessed") {
  json node = sample();
  node["metadata"].erase("name");
  CHECK_FALSE(decode_node_text(node.dump()));
  node = sample();
  node["status"]["allocatable"]["cpu"] = "many";
  CHECK_FALSE(decode_node_text(node.dump()));
  node["status"]["allocatable"]["cpu"] = true;
  CHECK_FALSE(decode_node_text(node.dump()));
  CHECK_FALSE(decode_node_text("null"));
}

TEST_CASE("A namespace is its name and labels") {
  const auto codec = make_namespace_codec();
  const auto event = codec.decode_event(
      R"({"type":"ADDED","object":{"apiVersion":"v1","kind":"Namespace",)"
      R"("metadata":{"name":"team-a","uid":"u","resourceVersion":"3","labels":{"berth.dev/managed":"true"}}}})");
  REQUIRE(event);
  REQUIRE(event->object);
  CHECK(event->object->view.name == "team-a");
  CHECK(*event->object->view.labels.find("berth.dev/managed") == "true");
}
