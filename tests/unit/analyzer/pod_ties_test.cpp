// What is read of a pod's place: its node, what it asks of it, and why it is nowhere yet.

#include <catch2/catch.hpp>

#include "analyzer/sources/workloads.hpp"
#include "lib/api/admission_record.hpp"
#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

std::shared_ptr<const WorkloadPod> read(const std::string& spec, const std::string& metadata = "") {
  const auto found = decode_workload_pod_text(R"({"metadata": {"name": "p", "uid": "u")" +
                                              (metadata.empty() ? "" : ", " + metadata) +
                                              R"(}, "spec": {)" + spec + "}}");
  REQUIRE(found);
  return *found;
}

std::string labels(const std::string& text) {
  return R"("labels": {)" + text + "}";
}

std::string annotations(const std::string& text) {
  return R"("annotations": {)" + text + "}";
}

} // namespace

TEST_CASE("a pod's node and priority are read; one that asks for nothing else may go anywhere") {
  const auto pod = read(R"("nodeName": "n-1", "priority": 1000, "nodeSelector": {},
                           "volumes": [{"name": "t", "projected": {}},
                                       {"name": "m", "emptyDir": {"medium": "Memory"}}])");
  CHECK(pod->node == "n-1");
  CHECK(pod->priority == 1000);
  CHECK_FALSE(pod->is_choosy);
  CHECK_FALSE(pod->is_tied);
  CHECK(read("")->node.empty());
}

TEST_CASE("a pod that asks more of its place than room is choosy") {
  const std::string required = R"("requiredDuringSchedulingIgnoredDuringExecution": )";
  const std::string spec =
      GENERATE_COPY(as<std::string>{}, R"("nodeSelector": {"disk": "ssd"})",
                    R"("affinity": {"nodeAffinity": {)" + required +
                        R"({"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone"}]}]}}})",
                    R"("affinity": {"podAffinity": {)" + required + "[{}]}}",
                    R"("affinity": {"podAntiAffinity": {)" + required + "[{}]}}",
                    R"("topologySpreadConstraints": [{"whenUnsatisfiable": "DoNotSchedule"}])");
  CAPTURE(spec);
  CHECK(read(spec)->is_choosy);
}

TEST_CASE("a wish, or the nodes that Berth wrote into a pod, make it not choosy") {
  const std::string spec = GENERATE(
      as<std::string>{},
      R"("affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
           {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name"}]}]}}})",
      R"("affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{}]}})",
      R"("topologySpreadConstraints": [{"whenUnsatisfiable": "ScheduleAnyway"}])");
  CAPTURE(spec);
  CHECK_FALSE(read(spec)->is_choosy);
}

TEST_CASE("what an admitted pod's affinity asks of nodes is asked of its workload's template") {
  const std::string affinity =
      R"("affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
           {"nodeSelectorTerms": [{"matchExpressions": [{"key": "pool"}]}]}}})";
  allocation::AdmissionRecord record;
  record.decision = allocation::DecisionId("d");
  record.quota = QuotaName("q");
  record.pool = PoolName("p");
  const std::string said = api::to_text(api::Json(api::encode_admission(record)));
  const auto pod = read(affinity, annotations(R"("berth.dev/admitted": )" + said));
  REQUIRE(pod->admission);
  CHECK_FALSE(pod->is_choosy);
  CHECK(read(affinity)->is_choosy);
  const auto choosy = [](const std::string& spec) {
    const auto workload = decode_workload_text(
        api::ScalingTargetKind::Deployment,
        R"({"metadata": {"name": "web", "uid": "u"}, "spec": {"template": {"spec": {)" + spec +
            "}}}}");
    REQUIRE(workload);
    return (*workload)->is_choosy;
  };
  CHECK(choosy(affinity));
  CHECK(choosy(R"("nodeSelector": {"disk": "ssd"})"));
  CHECK_FALSE(choosy(R"("nodeSelector": {}, "affinity": {})"));
}

TEST_CASE("a member of a gang is choosy: the gang would stop with it") {
  CHECK(read("", labels(R"("berth.dev/workload": "train")"))->is_choosy);
  CHECK(read("", labels(R"("kueue.x-k8s.io/pod-group-name": "train")"))->is_choosy);
  CHECK(read("", annotations(R"("scheduling.k8s.io/group-name": "train")"))->is_choosy);
}

TEST_CASE("a pod that would lose data, or says that it must stay, is tied") {
  const std::string volume = GENERATE(as<std::string>{}, R"("hostPath": {"path": "/x"})",
                                      R"("persistentVolumeClaim": {"claimName": "c"})",
                                      R"("emptyDir": {})", R"("ephemeral": {})");
  CAPTURE(volume);
  CHECK(read(R"("volumes": [{"name": "v", )" + volume + "}]")->is_tied);
  CHECK(read("", labels(R"("berth.dev/preemptible": "false")"))->is_tied);
  const std::string autoscaler = "cluster-autoscaler.kubernetes.io/safe-to-evict";
  CHECK(read("", annotations('"' + autoscaler + R"(": "false")"))->is_tied);
  CHECK_FALSE(read("", annotations('"' + autoscaler + R"(": "true")"))->is_tied);
  CHECK(read("", annotations(R"("karpenter.sh/do-not-disrupt": "true")"))->is_tied);
}

TEST_CASE("a gated pod says whether it lacks room, and the quota that it names") {
  const std::string gate = R"("schedulingGates": [{"name": "berth.dev/admission"}])";
  const auto said = [&](const std::string& why) {
    return read(gate, labels(R"("berth.dev/quota": "team")") + ", " +
                          annotations(R"("berth.dev/explain": ")" + why + '"'));
  };
  CHECK(said("InsufficientCapacity: no node has room")->lacks_room);
  CHECK(said("InsufficientCapacity: no node has room")->quota == "team");
  CHECK_FALSE(said("InsufficientQuota: team has 3 of 10 left")->lacks_room);
  CHECK_FALSE(said("InsufficientCapacityOfSorts: no such reason")->lacks_room);
  CHECK_FALSE(
      read("", annotations(R"("berth.dev/explain": "InsufficientCapacity: x")"))->lacks_room);
}

} // namespace berth::analyzer
