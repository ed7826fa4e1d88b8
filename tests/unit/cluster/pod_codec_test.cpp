#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "lib/cluster/pod_codec.hpp"
#include "tests/unit/cluster/sample_pod.hpp"

using namespace berth;
using namespace berth::cluster;
using allocation::ResourceVector;
using berth::cluster::testing::kSamplePod;
using nlohmann::json;

namespace {

constexpr std::int64_t kGi = 1LL << 30;

Pod decoded(const json& pod) {
  auto result = decode_pod_text(pod.dump());
  INFO(pod.dump(1));
  REQUIRE(result);
  return **result;
}

json sample() {
  return json::parse(kSamplePod);
}

/// The smallest pod there is.
json minimal() {
  return {{"metadata", {{"name", "p"}, {"namespace", "n"}, {"uid", "u"}, {"resourceVersion", "1"}}},
          {"spec", {{"containers", json::array()}}}};
}

/// Every place in a document, from the root down.
void collect(const json& value, const json::json_pointer& at,
             std::vector<json::json_pointer>& into) {
  into.push_back(at);
  if (value.is_object())
    for (const auto& [key, member] : value.items())
      collect(member, at / key, into);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i)
      collect(value[i], at / i, into);
}

} // namespace

TEST_CASE("A pod's metadata, gates and hints are read") {
  const Pod pod = decoded(sample());
  CHECK(pod.meta.key() == api::ObjectKey{"team-a", "trainer-0"});
  CHECK(pod.meta.resource_version == "1042");
  CHECK(pod.meta.owners.size() == 1);
  CHECK(pod.view.uid == PodUid{"0b7e4a1c-1"});
  CHECK(pod.view.service_account == "runner");
  CHECK(pod.view.priority == -7);
  CHECK(pod.view.nominated_node == NodeName{"n7"});
  CHECK_FALSE(pod.view.is_bound());
  CHECK(pod.view.quota_hint == QuotaName{"team-a"});
  CHECK(pod.view.reservation == ReservationName{"night"});
  CHECK(pod.view.gang == allocation::GangMembership{"train", 4});
  CHECK(pod.view.gated);
  CHECK(pod.view.managed);
  CHECK(pod.view.started.has_value());
  CHECK(pod.scheduling_gates ==
        std::vector<std::string>{"berth.dev/admission", "example.com/other"});
  CHECK(pod.view.defect.empty());
}

TEST_CASE("P4: a pod that is made again counts as its controller's, whatever its own UID") {
  CHECK(decoded(sample()).view.is_recreated);
  CHECK(decoded(sample()).view.owner == "j1");
}

TEST_CASE("Only the labels and annotations that later code reads are kept") {
  const Pod pod = decoded(sample());
  CHECK_FALSE(pod.meta.labels.contains("app"));
  CHECK(pod.meta.labels.contains("berth.dev/quota"));
  CHECK(pod.meta.annotations == std::map<std::string, std::string>{{"berth.dev/explain", "waits"}});
}

TEST_CASE("A pod weighs what kube-scheduler says it does, resizes included (L4)") {
  const Pod pod = decoded(sample());
  // containers max(1500m, 2, 1) + sidecar 100m against init 3 + overhead 50m; memory max(4, 6) Gi.
  CHECK(pod.view.requests() ==
        ResourceVector{{"cpu", 3050}, {"memory", 6 * kGi}, {"nvidia.com/gpu", 2}, {"pods", 1}});
  json deferred = sample();
  deferred["spec"]["initContainers"] = nullptr;
  CHECK(decoded(deferred).view.requests().get(resources::ResourceName::cpu()) ==
        resources::Amount{2050});
  deferred["status"]["conditions"] = {
      {{"type", "PodResizePending"}, {"status", "True"}, {"reason", "Infeasible"}}};
  CHECK(decoded(deferred).view.requests().get(resources::ResourceName::memory()) ==
        resources::Amount{6 * kGi});
}

TEST_CASE("Pod-level resources replace the containers' sum (L4)") {
  json pod = sample();
  pod["spec"]["resources"] = {{"requests", {{"cpu", "8"}}}};
  const auto requests = decoded(pod).view.requests();
  CHECK(requests.get(resources::ResourceName::cpu()) == resources::Amount{8050});
  CHECK(requests.get(resources::ResourceName::memory()) == resources::Amount{6 * kGi});
}

TEST_CASE("A deadline in the spec goes before an annotation, durations are seconds (B2)") {
  const Pod pod = decoded(sample());
  CHECK(pod.view.expected_duration == std::chrono::minutes{10});
  CHECK(pod.view.duration_limit == std::chrono::minutes{15});
  json annotated = sample();
  annotated["spec"].erase("activeDeadlineSeconds");
  CHECK(decoded(annotated).view.duration_limit == std::chrono::minutes{20});
}

TEST_CASE("Constraints are read as the node-by-node filters see them (N1)") {
  const Pod pod = decoded(sample());
  const auto& constraints = pod.view.shape->constraints;
  CHECK(*constraints.node_selector.find("disk") == "ssd");
  REQUIRE(constraints.required_affinity);
  REQUIRE(constraints.required_affinity->size() == 1);
  CHECK((*constraints.required_affinity)[0].match_fields.at(0).values ==
        std::vector<std::string>{"n1"});
  // The toleration with an operator of the future is left out.
  CHECK(constraints.tolerations.size() == 2);
  CHECK(pod.has_soft_constraints);
  CHECK(pod.view.has_pod_rules);
}

TEST_CASE("Soft and hard rules between pods are told apart") {
  json pod = minimal();
  CHECK_FALSE(decoded(pod).has_soft_constraints);
  CHECK_FALSE(decoded(pod).view.has_pod_rules);
  pod["spec"]["topologySpreadConstraints"] = {{{"whenUnsatisfiable", "DoNotSchedule"}}};
  CHECK(decoded(pod).view.has_pod_rules);
  CHECK_FALSE(decoded(pod).has_soft_constraints);
  pod = minimal();
  pod["spec"]["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] = {
      json::object()};
  CHECK(decoded(pod).has_soft_constraints);
  pod["spec"]["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] =
      json::array();
  CHECK_FALSE(decoded(pod).has_soft_constraints);
}

TEST_CASE("A finished pod is terminal, a deleted one is terminating and still holds (L1, L5)") {
  json pod = minimal();
  for (const char* phase : {"Succeeded", "Failed"}) {
    pod["status"]["phase"] = phase;
    CHECK(decoded(pod).view.terminal);
    CHECK(decoded(pod).view.succeeded == (phase == std::string_view("Succeeded")));
  }
  pod["status"]["phase"] = "Running";
  pod["metadata"]["deletionTimestamp"] = "2026-11-21T08:00:00Z";
  CHECK_FALSE(decoded(pod).view.terminal);
  CHECK(decoded(pod).view.terminating);
}

TEST_CASE("A pod that only Berth's own labels make unreadable is kept with its defect") {
  struct Case {
    const char* pointer;
    const char* value;
  };
  const auto given = GENERATE(
      Case{"/metadata/labels/berth.dev~1workload-size", "x"},
      Case{"/metadata/labels/berth.dev~1workload-size", "0"},
      Case{"/metadata/annotations/berth.dev~1expected-duration-seconds", "-1"},
      Case{"/metadata/annotations/berth.dev~1expected-duration-seconds", "10m"},
      Case{"/metadata/annotations/berth.dev~1duration-limit-seconds", "99999999999999999999"},
      Case{"/metadata/annotations/berth.dev~1admitted", "{"});
  INFO(given.pointer << " = " << given.value);
  json pod = sample();
  pod[json::json_pointer(given.pointer)] = given.value;
  const Pod read = decoded(pod);
  CHECK_FALSE(read.view.defect.empty());
  CHECK(read.view.requests().size() == 4);
}

TEST_CASE("Null anywhere is the same as absent and never a crash") {
  std::vector<json::json_pointer> places;
  collect(sample(), json::json_pointer(), places);
  REQUIRE(places.size() > 100);
  for (const auto& place : places) {
    json pod = sample();
    pod[place] = nullptr;
    INFO(place.to_string());
    const auto read = decode_pod_text(pod.dump());
    const auto text = place.to_string();
    // Inside lists and maps of values null is a value of the wrong type.
    const bool needed =
        text.empty() || text == "/metadata" || text == "/metadata/name" || text == "/metadata/uid";
    if (needed)
      CHECK_FALSE(read);
    else if (!read)
      CHECK(read.error().code == Code::Invalid);
  }
}

TEST_CASE("A value of the wrong type anywhere is refused or passed over, never a crash") {
  std::vector<json::json_pointer> places;
  collect(sample(), json::json_pointer(), places);
  const std::vector<json> wrong{
      true, -1, 1e300, "", "x", json::array({1}), json{{"x", 1}}, 18446744073709551615ULL};
  std::size_t refused = 0;
  for (const auto& place : places)
    for (const auto& value : wrong) {
      json pod = sample();
      pod[place] = value;
      if (!decode_pod_text(pod.dump()))
        ++refused;
    }
  CHECK(refused > places.size());
}

TEST_CASE("A refusal says where the fault is") {
  json pod = sample();
  pod["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "1 Gi";
  const auto read = decode_pod_text(pod.dump());
  REQUIRE_FALSE(read);
  CHECK(read.error().message.starts_with("spec: containers: resources: requests: cpu: "));
}

TEST_CASE("A key that is read and comes twice is refused, at every depth") {
  for (
      const char* text :
      {R"({"metadata":{"name":"p","uid":"u","name":"q"}})",
       R"({"metadata":{"name":"p","uid":"u"},"spec":{"nodeName":"a","nodeName":"b"}})",
       R"({"metadata":{"name":"p","uid":"u","labels":{"a":"1","a":"2"}}})",
       R"({"metadata":{"name":"p","uid":"u"},"spec":{"containers":[{"resources":{"requests":{"cpu":"1","cpu":"2"}}}]}})",
       R"({"metadata":{"name":"p","uid":"u"},"metadata":{"name":"p","uid":"u"}})"})
    CHECK_FALSE(decode_pod_text(text));
}

TEST_CASE("JSON is read to a depth of 64 and no further") {
  const auto nested = [](int depth) {
    return R"({"metadata":{"name":"p","uid":"u"},"x":)" +
           std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
  };
  CHECK(decode_pod_text(nested(60)));
  CHECK_FALSE(decode_pod_text(nested(65)));
  CHECK_FALSE(decode_pod_text(nested(100'000)));
}

TEST_CASE("Text that is not one JSON document is refused") {
  const std::string good = minimal().dump();
  CHECK(decode_pod_text(good));
  for (const std::string& bad :
       {std::string(), good + "x", good + good, good.substr(0, good.size() - 1),
        "\xef\xbb\xbf" + good, std::string("[]"), std::string("7"),
        std::string("{\"metadata\":\"\\ud800\"}")})
    CHECK_FALSE(decode_pod_text(bad));
}

TEST_CASE("Pods of one codec with equal requests and constraints share one shape") {
  const auto codec = make_pod_codec();
  json first = sample();
  json second = sample();
  second["metadata"]["name"] = "trainer-1";
  second["metadata"]["uid"] = "0b7e4a1c-2";
  const json list{{"kind", "PodList"},
                  {"apiVersion", "v1"},
                  {"metadata", {{"resourceVersion", "1"}}},
                  {"items", {first, second}}};
  const auto page = codec.decode_page(list.dump());
  REQUIRE(page);
  REQUIRE(page->items.size() == 2);
  CHECK(page->items[0]->view.shape.get() == page->items[1]->view.shape.get());
}

namespace {

json status_of(json container) {
  json pod = minimal();
  container["name"] = "main";
  pod["status"]["containerStatuses"] = json::array({std::move(container)});
  return pod;
}

json ended(const char* reason, const char* at) {
  return {{"terminated", {{"exitCode", 1}, {"reason", reason}, {"finishedAt", at}}}};
}

constexpr TimePoint kEnded =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{9};

} // namespace

TEST_CASE("T2: a container that ran out of memory is a failure at the time of its end") {
  for (const char* part : {"state", "lastState"}) {
    const Pod pod = decoded(status_of({{part, ended("OOMKilled", "2026-11-21T09:00:00Z")}}));
    CHECK(pod.failure == PodFailure{PodFailure::Kind::OutOfMemory, kEnded});
  }
}

TEST_CASE("T2: a container in a crash loop is a failure, one that ended once is none") {
  const json last = ended("Error", "2026-11-21T09:00:00Z");
  const Pod looping = decoded(
      status_of({{"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}}, {"lastState", last}}));
  CHECK(looping.failure == PodFailure{PodFailure::Kind::CrashLoop, kEnded});
  CHECK_FALSE(decoded(status_of({{"state", last}})).failure);
  CHECK_FALSE(
      decoded(status_of({{"state", {{"running", json::object()}}}, {"lastState", last}})).failure);
}

TEST_CASE("T2: of several failures of a pod the newest counts") {
  json pod = status_of({{"state", ended("OOMKilled", "2026-11-21T08:00:00Z")}});
  pod["status"]["initContainerStatuses"] =
      json::array({{{"name", "init"}, {"lastState", ended("OOMKilled", "2026-11-21T09:00:00Z")}}});
  CHECK(decoded(pod).failure->at == kEnded);
}

TEST_CASE("B2: a pod that succeeded has run until its last container ended") {
  json pod = minimal();
  json first = ended("Completed", "2026-11-21T08:00:00Z");
  json last = ended("Completed", "2026-11-21T09:00:00Z");
  pod["status"] = {
      {"phase", "Succeeded"},
      {"containerStatuses", {{{"name", "a"}, {"state", last}}, {{"name", "b"}, {"state", first}}}}};
  CHECK(decoded(pod).ended == kEnded);
  json service = pod;
  service["spec"]["restartPolicy"] = "Always"; // it ran until somebody deleted it
  CHECK_FALSE(decoded(service).ended);
  service["spec"]["restartPolicy"] = "Never";
  CHECK(decoded(service).ended == kEnded);
  json deleted = pod;
  deleted["metadata"]["deletionTimestamp"] = "2026-11-21T09:00:00Z";
  CHECK_FALSE(decoded(deleted).ended);
  json evicted = pod;
  evicted["status"]["conditions"] = json::array({{{"type", "DisruptionTarget"},
                                                  {"status", "True"},
                                                  {"lastTransitionTime", "2026-11-21T09:00:00Z"}}});
  CHECK_FALSE(decoded(evicted).ended);
  pod["status"]["phase"] = "Failed";
  CHECK_FALSE(decoded(pod).ended);
  pod["status"] = {{"phase", "Succeeded"}};
  CHECK_FALSE(decoded(pod).ended);
}

TEST_CASE("T2: a pod that the kubelet evicted is a failure, one that failed by itself is none") {
  json pod = minimal();
  pod["status"] = {{"phase", "Failed"},
                   {"reason", "Evicted"},
                   {"conditions",
                    {{{"type", "DisruptionTarget"},
                      {"status", "True"},
                      {"lastTransitionTime", "2026-11-21T09:00:00Z"}}}}};
  CHECK(decoded(pod).failure == PodFailure{PodFailure::Kind::Evicted, kEnded});
  pod["status"]["reason"] = "DeadlineExceeded";
  CHECK_FALSE(decoded(pod).failure);
}

TEST_CASE("A pod says that kube-scheduler found no node for it, and a gate is not that") {
  json pod = minimal();
  const auto scheduled = [](const char* status, const char* reason) {
    return json::array({{{"type", "PodScheduled"}, {"status", status}, {"reason", reason}}});
  };
  pod["status"]["conditions"] = scheduled("False", "Unschedulable");
  CHECK(decoded(pod).is_unschedulable);
  for (const char* reason : {"SchedulingGated", "SchedulerError"}) {
    pod["status"]["conditions"] = scheduled("False", reason);
    CHECK_FALSE(decoded(pod).is_unschedulable);
  }
}
