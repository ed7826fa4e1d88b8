#pragma once
// A pod that uses every field that the codec reads, as an API server of 1.37 writes it.

namespace berth::cluster::testing {

inline constexpr const char* kSamplePod = R"({
  "apiVersion": "v1", "kind": "Pod",
  "metadata": {
    "name": "trainer-0", "namespace": "team-a", "uid": "0b7e4a1c-1", "resourceVersion": "1042",
    "generation": 2, "creationTimestamp": "2026-11-21T08:00:00Z",
    "labels": {"app": "trainer", "berth.dev/quota": "team-a", "berth.dev/reservation": "night",
               "berth.dev/workload": "train", "berth.dev/workload-size": "4"},
    "annotations": {"berth.dev/expected-duration-seconds": "600",
                    "berth.dev/duration-limit-seconds": "1200",
                    "berth.dev/explain": "waits", "big": "unread"},
    "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": "j1",
                         "controller": true, "blockOwnerDeletion": true}],
    "finalizers": ["example.com/hold"],
    "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {}}}]
  },
  "spec": {
    "schedulerName": "default-scheduler", "serviceAccountName": "runner", "priority": -7,
    "schedulingGates": [{"name": "berth.dev/admission"}, {"name": "example.com/other"}],
    "nodeSelector": {"disk": "ssd"},
    "activeDeadlineSeconds": 900,
    "overhead": {"cpu": "50m"},
    "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"},
                    {"key": "spot", "value": "true"},
                    {"key": "later", "operator": "Newer", "value": "7"}],
    "affinity": {
      "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
          {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}],
           "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]},
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}]},
      "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}}]}},
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone",
                                   "whenUnsatisfiable": "ScheduleAnyway"}],
    "initContainers": [
      {"name": "fetch", "resources": {"requests": {"cpu": "3", "memory": "1Gi"}}},
      {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}}],
    "containers": [
      {"name": "main", "image": "x", "resources": {"requests": {"cpu": "1500m", "memory": "4Gi",
                                                                "nvidia.com/gpu": "2"},
                                                   "limits": {"memory": "4Gi"}}},
      {"name": "log", "resources": {}}]
  },
  "status": {
    "phase": "Pending", "nominatedNodeName": "n7", "startTime": "2026-11-21T08:00:05Z",
    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
    "containerStatuses": [{"name": "main", "allocatedResources": {"cpu": "2"},
                           "resources": {"requests": {"cpu": "1", "memory": "6Gi"}}}]
  }
})";

} // namespace berth::cluster::testing
