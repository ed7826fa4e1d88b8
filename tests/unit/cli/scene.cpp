#include "tests/unit/cli/scene.hpp"

#include <cstdio>

#include "lib/api/codec.hpp"
#include "lib/cluster/pod_codec.hpp"

namespace berth::cli {
namespace {

constexpr const char* kReady = R"("conditions": [{"type": "Ready", "status": "True",
  "reason": "Ready", "message": "fine", "observedGeneration": 1,
  "lastTransitionTime": "2026-03-02T08:00:00Z"}])";

/// An object of berth.dev with generation 1.
std::string object_text(const std::string& kind, const std::string& name, const std::string& spec,
                        const std::string& status) {
  return R"({"apiVersion": "berth.dev/v1alpha1", "kind": ")" + kind +
         R"(", "metadata": {"name": ")" + name +
         R"(", "uid": "u", "resourceVersion": "1", "generation": 1}, "spec": {)" + spec +
         R"(}, "status": {)" + status + "}}";
}

std::string condition(const std::string& type, const std::string& status, const std::string& reason,
                      const std::string& message) {
  return R"({"type": ")" + type + R"(", "status": ")" + status + R"(", "reason": ")" + reason +
         R"(", "message": ")" + message +
         R"(", "observedGeneration": 1, "lastTransitionTime": "2026-03-02T08:00:00Z"})";
}

std::shared_ptr<const api::Quota> team(const std::string& name, const std::string& parent,
                                       const std::string& status) {
  const std::string spec = R"("parentRef": {"name": ")" + parent +
                           R"("}, "subjects": {"namespaces": [")" + name +
                           R"("]}, "priorityOffset": 1000, "pools": [
    {"poolRef": {"name": "cpu"}, "resources": [{"name": "cpu", "nominal": 50}]},
    {"poolRef": {"name": "gpu"}, "resources": [{"name": "nvidia.com/gpu", "nominal": 8}]}])";
  return object_of<api::Quota>(object_text("Quota", name, spec, status));
}

std::string cpu_status(const std::string& used, const std::string& borrowed,
                       const std::string& pending) {
  return R"("pools": [{"pool": "cpu", "resources": [{"name": "cpu", "nominal": "50", "used": ")" +
         used + R"(", "borrowed": ")" + borrowed + R"(", "pending": ")" + pending + R"("}]}])";
}

void add_pools(ObservedStatus& observed) {
  observed.pools.push_back(object_of<api::ResourcePool>(
      object_text("ResourcePool", "new", R"("resources": [{"name": "cpu"}])", "")));
  observed.pools.push_back(object_of<api::ResourcePool>(object_text(
      "ResourcePool", "gpu", R"("resources": [{"name": "cpu"}, {"name": "nvidia.com/gpu"}])",
      R"("nodes": {"ready": 0, "total": 0}, "conditions": [)" +
          condition("Ready", "False", "NoNodes", "0 of 0 nodes are ready") + "]")));
  observed.pools.push_back(object_of<api::ResourcePool>(
      object_text("ResourcePool", "cpu", R"("strategy": "BestFit", "resources": [{"name": "cpu"},
      {"name": "memory"}, {"name": "licences", "kind": "Virtual", "capacity": 20}])",
                  R"("nodes": {"ready": 9, "total": 10}, "resources": [
        {"name": "cpu", "capacity": "160", "allocatable": "144", "allocated": "120",
         "promised": "16", "used": "96500m", "largestFreeBlock": "4"},
        {"name": "memory", "capacity": "640Gi", "allocatable": "576Gi", "allocated": "144Gi",
         "promised": "32Gi", "largestFreeBlock": "48Gi"},
        {"name": "pods", "capacity": "1100", "allocatable": "990", "allocated": "120",
         "promised": "0", "largestFreeBlock": "98"},
        {"name": "pool.berth.dev/licences", "capacity": "20", "allocatable": "20",
         "allocated": "20", "promised": "0", "largestFreeBlock": "0"}], )" +
                      std::string(kReady))));
}

void add_quotas(ObservedStatus& observed) {
  const std::string ready = kReady;
  const auto counts = [](int admitted, int pending) {
    return R"("workloads": {"admitted": )" + std::to_string(admitted) + R"(, "pending": )" +
           std::to_string(pending) + "}";
  };
  observed.quotas.push_back(team("research", "company",
                                 cpu_status("70", "20", "40") + ", " + counts(70, 40) +
                                     R"(, "firstPending": {
             "kind": "Pod", "namespace": "research", "name": "sweep-70",
             "reason": "InsufficientQuota", "message": "needs 1 cpu"}, )" +
                                     ready));
  observed.quotas.push_back(
      team("product", "company", cpu_status("40", "0", "0") + ", " + counts(20, 0) + ", " + ready));
  observed.quotas.push_back(
      team("search", "product", cpu_status("10", "0", "0") + ", " + counts(5, 0) + ", " + ready));
  observed.quotas.push_back(object_of<api::Quota>(object_text(
      "Quota", "company",
      R"("pools": [{"poolRef": {"name": "cpu"}, "resources": [{"name": "cpu", "nominal": 0}]}])",
      ready)));
  observed.quotas.push_back(team(
      "lost", "nobody",
      R"("conditions": [)" +
          condition("Ready", "False", "ParentNotFound", "the parent nobody does not exist") + "]"));
  observed.quotas.push_back(team("egg", "hen", ""));
  observed.quotas.push_back(team("hen", "egg", ""));
}

void add_reservations(ObservedStatus& observed) {
  const auto add = [&](const std::string& name, const std::string& spec,
                       const std::string& status) {
    observed.reservations.push_back(object_of<api::Reservation>(object_text(
        "Reservation", name,
        R"("poolRef": {"name": "cpu"}, "quotaRef": {"name": "product"}, )" + spec, status)));
  };
  const std::string accepted = condition("Accepted", "True", "Accepted", "it fits");
  const std::string amounts = R"("resources": [{"name": "cpu", "amount": "32"}], )";
  add("nightly", R"("kind": "TimeWindow", "nodeCount": 2, "window": {"schedule": "0 22 * * *",
       "timeZone": "Europe/Berlin", "durationSeconds": 21600})",
      R"("nextWindow": {"start": "2026-03-02T21:00:00Z", "end": "2026-03-03T03:00:00Z"},
         "windowsHonored": 3, "windowsTotal": 4, "conditions": [)" +
          accepted + ", " + condition("Active", "False", "WindowClosed", "no window is open") +
          "]");
  add("release", amounts + R"("kind": "TimeWindow", "window": {
       "start": "2026-03-02T08:55:00Z", "durationSeconds": 1800})",
      R"("currentWindow": {"start": "2026-03-02T08:55:00Z", "end": "2026-03-02T09:25:00Z",
           "held": [{"name": "cpu", "amount": "32"}], "used": [{"name": "cpu", "amount": "6"}]},
         "holderCount": 3, "windowsHonored": 1, "windowsTotal": 1, "conditions": [)" +
          accepted + ", " + condition("Active", "True", "WindowOpen", "it holds its capacity") +
          "]");
  add("too-much", amounts + R"("kind": "TimeWindow", "window": {
       "start": "2026-03-02T10:00:00Z", "durationSeconds": 1800})",
      R"("nextPossibleStart": "2026-03-02T14:00:00Z", "conditions": [)" +
          condition("Accepted", "False", "CalendarFull", "the pool is promised until 14:00") + "]");
  add("unseen", amounts + R"("kind": "Guaranteed")", "");
}

} // namespace

template <class T>
std::shared_ptr<const T> object_of(std::string_view json) {
  auto decoded = api::decode_text<T>(json);
  if (!decoded)
    std::fprintf(stderr, "%s\n", decoded.error().message.c_str());
  ensure(decoded.has_value(), "the scene's objects can be read");
  return std::make_shared<const T>(std::move(*decoded));
}
template std::shared_ptr<const api::Quota> object_of(std::string_view);
template std::shared_ptr<const api::ResourcePool> object_of(std::string_view);
template std::shared_ptr<const api::Reservation> object_of(std::string_view);

std::shared_ptr<const cluster::Pod> pod_of(const PodText& text) {
  auto pod = cluster::decode_pod_text(
      R"({"metadata": {"namespace": ")" + text.ns + R"(", "name": ")" + text.name +
      R"(", "uid": "uid-)" + text.name + R"(", "creationTimestamp": ")" + text.created +
      R"(", "labels": )" + text.labels + R"(, "annotations": )" + text.annotations +
      R"(}, "spec": {"priority": )" + std::to_string(text.priority) +
      R"(, "serviceAccountName": "default", "containers": [{"name": "c", "resources":
          {"requests": {"cpu": ")" +
      text.cpu + R"("}}}], )" + text.spec + R"(}, "status": )" + text.status + "}");
  if (!pod)
    std::fprintf(stderr, "%s\n", pod.error().message.c_str());
  ensure(pod.has_value(), "the scene's pods can be read");
  return *pod;
}

ObservedStatus company() {
  ObservedStatus observed;
  add_pools(observed);
  add_quotas(observed);
  add_reservations(observed);
  return observed;
}

} // namespace berth::cli
