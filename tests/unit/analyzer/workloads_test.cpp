// What is read of Deployments, StatefulSets and pods, and whose a pod is.

#include "analyzer/sources/workloads.hpp"

#include <catch2/catch.hpp>

#include "lib/base/timestamp.hpp"

namespace berth::analyzer {
namespace {

using api::ScalingTargetKind;
using resources::ResourceVector;

std::string pod(const std::string& metadata, const std::string& status = "{}") {
  return R"({"metadata": {"name": "web-7c9-x", "namespace": "shop", "uid": "u-1", )" + metadata +
         R"(}, "spec": {"nodeName": "n-1", "containers": [
              {"name": "app", "resources": {"requests": {"cpu": "500m", "memory": "1Gi"},
                                            "limits": {"memory": "2Gi"}}},
              {"name": "proxy", "resources": {}}]},
            "status": )" +
         status + "}";
}

std::string owner(const std::string& kind, const std::string& name, bool controller = true) {
  return R"("ownerReferences": [{"apiVersion": "apps/v1", "kind": ")" + kind + R"(", "name": ")" +
         name + R"(", "uid": "u-2", "controller": )" + (controller ? "true" : "false") + "}]";
}

const char* const kHash = R"("labels": {"pod-template-hash": "7c9"}, )";

} // namespace

TEST_CASE("a workload's replicas and what its containers ask for are read") {
  const auto found = decode_workload_text(ScalingTargetKind::Deployment, R"({
    "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
    "spec": {"replicas": 4, "template": {"spec": {"containers": [
      {"name": "app", "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}},
      {"name": "proxy"}]}}}})");
  REQUIRE(found);
  CHECK((*found)->replicas == 4);
  REQUIRE((*found)->containers.size() == 2);
  const WorkloadContainer& app = (*found)->containers[0];
  // As in a pod, what has a limit and no request asks for its limit.
  CHECK(app.requests == ResourceVector{{"cpu", 1000}, {"memory", 1 << 30}});
  CHECK(app.limits == ResourceVector{{"memory", 1 << 30}});
  CHECK(app.has_requests);
  CHECK_FALSE((*found)->containers[1].has_requests);
  CHECK((*found)->containers[1].position == 1);
}

TEST_CASE("a workload without replicas wants one") {
  const auto found = decode_workload_text(
      ScalingTargetKind::StatefulSet, R"({"metadata": {"name": "db", "uid": "u"}, "spec": {}})");
  REQUIRE(found);
  CHECK((*found)->replicas == 1);
}

TEST_CASE("a pod of a ReplicaSet is its Deployment's, by the hash in the name") {
  const auto found = decode_workload_pod_text(pod(kHash + owner("ReplicaSet", "web-7c9")));
  REQUIRE(found);
  CHECK((*found)->workload == WorkloadRef{ScalingTargetKind::Deployment, {"shop", "web"}});
  CHECK((*found)->containers.at(0).requests == ResourceVector{{"cpu", 500}, {"memory", 1 << 30}});
}

TEST_CASE("a pod of a StatefulSet is its own") {
  const auto found = decode_workload_pod_text(pod(owner("StatefulSet", "db")));
  REQUIRE(found);
  CHECK((*found)->workload == WorkloadRef{ScalingTargetKind::StatefulSet, {"shop", "db"}});
}

TEST_CASE("a pod of something else is no workload's") {
  const std::string metadata = GENERATE(
      as<std::string>{}, R"("labels": {})", owner("ReplicaSet", "web-7c9"),
      std::string(kHash) + owner("ReplicaSet", "web-other"), std::string(kHash) + owner("Job", "j"),
      std::string(kHash) + owner("ReplicaSet", "web-7c9", false),
      std::string(kHash) + owner("ReplicaSet", "-7c9"));
  CAPTURE(metadata);
  const auto found = decode_workload_pod_text(pod(metadata));
  REQUIRE(found);
  CHECK_FALSE((*found)->workload);
}

TEST_CASE("what became of containers is read: restarts, kills, and when the last one began") {
  const auto found = decode_workload_pod_text(pod(R"("labels": {})", R"({
    "phase": "Running", "startTime": "2026-03-02T09:00:00Z", "containerStatuses": [
      {"name": "app", "restartCount": 3,
       "state": {"running": {"startedAt": "2026-03-02T10:00:00Z"}},
       "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137,
                                    "finishedAt": "2026-03-02T09:59:30Z"}}},
      {"name": "proxy", "restartCount": 0,
       "state": {"running": {"startedAt": "2026-03-02T09:00:05Z"}}}]})"));
  REQUIRE(found);
  const WorkloadPod& read = **found;
  CHECK(read.stage == PodStage::Running);
  CHECK(read.ready);
  CHECK(read.started == *parse_time("2026-03-02T10:00:00Z"));
  REQUIRE(read.containers.size() == 2);
  CHECK(read.containers[0].killed == *parse_time("2026-03-02T09:59:30Z"));
  CHECK(read.containers[0].limits == ResourceVector{{"memory", std::int64_t{2} << 30}});
  CHECK_FALSE(read.containers[1].killed);
}

TEST_CASE("a container that is down for want of memory was killed as well") {
  const auto found = decode_workload_pod_text(pod(R"("labels": {})", R"({
    "phase": "Running", "startTime": "2026-03-02T09:00:00Z", "containerStatuses": [
      {"name": "app", "restartCount": 1, "state": {"terminated": {"reason": "OOMKilled"}}}]})"));
  REQUIRE(found);
  CHECK((*found)->containers[0].killed == *parse_time("2026-03-02T09:00:00Z"));
}

TEST_CASE(
    "sidecars are read with their place among the init containers, and what runs once is not") {
  const auto found = decode_workload_text(ScalingTargetKind::Deployment, R"({
    "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
    "spec": {"template": {"spec": {
      "initContainers": [
        {"name": "migrate", "resources": {"requests": {"cpu": "8"}}},
        {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}}],
      "containers": [{"name": "app"}]}}}})");
  REQUIRE(found);
  REQUIRE((*found)->containers.size() == 2);
  CHECK((*found)->containers[0].name == "app");
  CHECK_FALSE((*found)->containers[0].is_sidecar);
  const WorkloadContainer& proxy = (*found)->containers[1];
  CHECK(proxy.name == "proxy");
  CHECK(proxy.is_sidecar);
  CHECK(proxy.position == 1);
  CHECK(proxy.requests == ResourceVector{{"cpu", 1000}});
}

TEST_CASE("a pod waits, runs or has ended, and is ready unless it says otherwise") {
  const auto stage_of = [](const std::string& metadata, const std::string& status) {
    const auto found = decode_workload_pod_text(pod(metadata, status));
    REQUIRE(found);
    return (*found)->stage;
  };
  const std::string plain = R"("labels": {})";
  CHECK(stage_of(plain, "{}") == PodStage::Waiting);
  CHECK(stage_of(plain, R"({"phase": "Pending"})") == PodStage::Waiting);
  CHECK(stage_of(plain, R"({"phase": "Running"})") == PodStage::Running);
  CHECK(stage_of(plain, R"({"phase": "Failed"})") == PodStage::Ended);
  CHECK(stage_of(plain, R"({"phase": "Succeeded"})") == PodStage::Ended);
  CHECK(stage_of(R"("deletionTimestamp": "2026-03-02T09:00:00Z")", R"({"phase": "Running"})") ==
        PodStage::Ended);
  const auto unready = decode_workload_pod_text(pod(plain, R"({"phase": "Running", "conditions": [
    {"type": "Initialized", "status": "True", "lastTransitionTime": null},
    {"type": "Ready", "status": "False", "lastTransitionTime": "2026-03-02T09:00:00Z"}]})"));
  REQUIRE(unready);
  CHECK_FALSE((*unready)->ready);
  CHECK((*unready)->ready_changed == *parse_time("2026-03-02T09:00:00Z"));
}

TEST_CASE("the limit in force counts, not the one that a resize in place still asks for") {
  const auto found = decode_workload_pod_text(pod(R"("labels": {})", R"({"phase": "Running",
    "containerStatuses": [{"name": "app", "resources": {"limits": {"memory": "1Gi"}}}]})"));
  REQUIRE(found);
  CHECK((*found)->containers[0].limits == ResourceVector{{"memory", 1 << 30}});
}

TEST_CASE("a pod that a VerticalPodAutoscaler sized says so") {
  const auto found = decode_workload_pod_text(
      pod(R"("annotations": {"vpaObservedContainers": "app, proxy", "other": "x"})"));
  REQUIRE(found);
  CHECK((*found)->is_sized_by_autoscaler);
  const auto in_place =
      decode_workload_pod_text(pod(R"("annotations": {"vpaInPlaceUpdated": "true"})"));
  REQUIRE(in_place);
  CHECK((*in_place)->is_sized_by_autoscaler);
  const auto other = decode_workload_pod_text(pod(R"("annotations": {"other": "x"})"));
  REQUIRE(other);
  CHECK_FALSE((*other)->is_sized_by_autoscaler);
}

TEST_CASE("a Kind of the same name in another group is another Kind") {
  std::string metadata = owner("StatefulSet", "db");
  metadata.replace(metadata.find("apps/v1"), 7, "apps.kruise.io/v1beta1");
  const auto found = decode_workload_pod_text(pod(metadata));
  REQUIRE(found);
  CHECK_FALSE((*found)->workload);
}

TEST_CASE("what cannot be read is refused with its place") {
  const auto bad = decode_workload_text(
      ScalingTargetKind::Deployment,
      R"({"metadata": {"name": "web", "uid": "u"}, "spec": {"replicas": -1}})");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("replicas") != std::string::npos);
  CHECK_FALSE(decode_workload_pod_text("{}"));
  CHECK_FALSE(decode_workload_pod_text("[]"));
}

TEST_CASE("how far a resize of a pod is, is read from its conditions") {
  const auto stage = [](const std::string& conditions) {
    const auto read = decode_workload_pod_text(
        pod("\"labels\": {}", R"({"phase": "Running", "conditions": [)" + conditions + "]}"));
    REQUIRE(read);
    return (*read)->resize;
  };
  const auto condition = [](const std::string& type, const std::string& reason,
                            const std::string& status = "True") {
    return R"({"type": ")" + type + R"(", "status": ")" + status + R"(", "reason": ")" + reason +
           R"("})";
  };
  CHECK(stage("") == PodResizeStage::None);
  CHECK(stage(condition("PodResizeInProgress", "")) == PodResizeStage::InProgress);
  CHECK(stage(condition("PodResizeInProgress", "Error")) == PodResizeStage::Error);
  CHECK(stage(condition("PodResizePending", "Deferred")) == PodResizeStage::Deferred);
  CHECK(stage(condition("PodResizePending", "Infeasible")) == PodResizeStage::Infeasible);
  CHECK(stage(condition("PodResizePending", "Infeasible", "False")) == PodResizeStage::None);
  CHECK(stage(condition("PodResizePending", "Deferred") + "," +
              condition("PodResizeInProgress", "")) == PodResizeStage::Deferred);
}

TEST_CASE("limits that are asked for and not in force are told apart from those that are") {
  const auto read = decode_workload_pod_text(
      pod("\"labels\": {}", R"({"phase": "Running", "qosClass": "Burstable",
          "containerStatuses": [{"name": "app", "resources": {"limits": {"memory": "1Gi"}}}]})"));
  REQUIRE(read);
  const PodContainer& app = (*read)->containers.at(0);
  CHECK(app.limits == ResourceVector{{"memory", std::int64_t{1} << 30}});
  REQUIRE(app.asked_limits);
  CHECK(*app.asked_limits == ResourceVector{{"memory", std::int64_t{2} << 30}});
  CHECK((*read)->qos == PodQos::Burstable);
}

TEST_CASE("requests that are asked for and not in force are told apart from those that are") {
  const auto in_force = [](const std::string& said) {
    const auto read =
        decode_workload_pod_text(pod("\"labels\": {}", R"({"containerStatuses": [{"name": "app")" +
                                                           said + R"(}, {"name": "proxy"}]})"));
    REQUIRE(read);
    return (*read)->containers.at(0).requests_in_force;
  };
  const std::string as_asked = R"({"cpu": "0.5", "memory": "1Gi"})";
  const std::string less = R"({"cpu": "250m", "memory": "1Gi"})";
  const ResourceVector less_amounts{{"cpu", 250}, {"memory", 1 << 30}};
  const auto resources = [](const std::string& requests) {
    return R"(, "resources": {"requests": )" + requests + "}";
  };
  const auto allocated = [](const std::string& requests) {
    return R"(, "allocatedResources": )" + requests;
  };
  CHECK_FALSE(in_force(""));
  CHECK_FALSE(in_force(resources(as_asked) + allocated(as_asked)));
  CHECK(in_force(resources(less) + allocated(as_asked)) == less_amounts);
  CHECK(in_force(resources(as_asked) + allocated(less)) == less_amounts);
}

TEST_CASE("what a container cannot be given without a restart is read") {
  const auto read = decode_workload_pod_text(R"({
    "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
    "spec": {"containers": [{"name": "app", "resizePolicy": [
      {"resourceName": "cpu", "restartPolicy": "NotRequired"},
      {"resourceName": "memory", "restartPolicy": "RestartContainer"}]}]}})");
  REQUIRE(read);
  CHECK((*read)->containers.at(0).restarts_for == std::vector{resources::ResourceName::memory()});
}

} // namespace berth::analyzer
