#pragma once
// What a pod weighs (L4), by the rules of kube-scheduler's NodeResourcesFit (Kubernetes 1.37):
// containers and sidecars together or the largest init step, pod-level resources where set, the
// overhead, and during an in-place resize the most of what is desired, allocated and actual.
// Adapters fill PodResources from JSON; this is the only place that adds it up.

#include <optional>
#include <vector>

#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

/// Requests of one container, or of the pod as a whole: spec, and what the kubelet reports during
/// an in-place resize (status allocatedResources and resources.requests; empty when absent).
struct RequestSet {
  resources::ResourceVector desired{};
  resources::ResourceVector allocated{};
  resources::ResourceVector actual{};
};

struct InitContainer {
  RequestSet requests{};
  bool is_sidecar = false; ///< restartPolicy: Always
};

struct PodResources {
  std::vector<RequestSet> containers{};
  std::vector<InitContainer> init_containers{}; ///< in the order they start
  /// spec.resources; it replaces the containers' sum for the resources that it names.
  std::optional<RequestSet> pod_level{};
  resources::ResourceVector overhead{};
  /// The kubelet said Infeasible: the desired amounts will not come and do not count.
  bool resize_infeasible = false;
};

/// Includes one of "pods". Negative amounts, which the API server refuses, count as zero.
[[nodiscard]] resources::ResourceVector weigh(const PodResources& pod);

} // namespace berth::allocation
