#pragma once
// What the API server says of workloads, as far as the analyzer needs it: how many replicas a
// Deployment or StatefulSet wants and what each asks for, which pods are its, and what became of
// their containers. Read from list and watch; tests/fuzz/workloads feeds the decoders.

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/object_meta.hpp"
#include "lib/api/scaling_policy.hpp"
#include "lib/kube/codec.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::analyzer {

/// Deployment or StatefulSet.
struct WorkloadRef {
  api::ScalingTargetKind kind = api::ScalingTargetKind::Deployment;
  api::ObjectKey key{};

  friend auto operator<=>(const WorkloadRef&, const WorkloadRef&) = default;
};

struct WorkloadContainer {
  std::string name{};
  resources::ResourceVector requests{};
  resources::ResourceVector limits{};
  /// Whether the spec has any requests or limits: a patch must know what is there to add to.
  bool has_requests = false;
  bool has_limits = false;

  friend bool operator==(const WorkloadContainer&, const WorkloadContainer&) = default;
};

struct Workload {
  api::ObjectMeta meta{}; ///< without labels and annotations
  api::ScalingTargetKind kind = api::ScalingTargetKind::Deployment;
  std::int32_t replicas = 1; ///< wanted
  std::vector<WorkloadContainer> containers{};
};

struct PodContainer {
  std::string name{};
  resources::ResourceVector limits{};
  std::int64_t restarts = 0;
  bool killed_for_memory = false; ///< the last time it ended, if ever

  friend bool operator==(const PodContainer&, const PodContainer&) = default;
};

struct WorkloadPod {
  api::ObjectMeta meta{}; ///< without labels, annotations and owners
  std::optional<WorkloadRef> workload{};
  std::string node{}; ///< empty: waits for one
  bool running = false;
  /// The sum over its containers; what waits, by this, is demand that nobody measures.
  resources::ResourceVector requests{};
  TimePoint started{}; ///< of the pod, or of the container that started last
  std::vector<PodContainer> containers{};
};

[[nodiscard]] Result<std::shared_ptr<const Workload>>
decode_workload_text(api::ScalingTargetKind kind, std::string text);
[[nodiscard]] Result<std::shared_ptr<const WorkloadPod>> decode_workload_pod_text(std::string text);

[[nodiscard]] kube::Codec<Workload> make_workload_codec(api::ScalingTargetKind kind);
[[nodiscard]] kube::Codec<WorkloadPod> make_workload_pod_codec();

} // namespace berth::analyzer
