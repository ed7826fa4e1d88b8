#pragma once
// What the API server says of workloads, as far as the analyzer needs it: how many replicas a
// Deployment, StatefulSet or Job wants and what each asks for, which pods are its, and what became
// of their containers. Read from list and watch; tests/fuzz/workloads feeds the decoders.

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/object_meta.hpp"
#include "lib/api/pushed_usage.hpp"
#include "lib/api/scaling_policy.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/kube/codec.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::analyzer {

/// Deployment, StatefulSet or Job.
struct WorkloadRef {
  api::ScalingTargetKind kind = api::ScalingTargetKind::Deployment;
  api::ObjectKey key{};

  friend auto operator<=>(const WorkloadRef&, const WorkloadRef&) = default;
};

struct WorkloadContainer {
  std::string name{};
  /// Where there is a limit and no request, the limit: so the API server fills in its pods.
  resources::ResourceVector requests{};
  resources::ResourceVector limits{};
  /// Whether the spec has any requests: a patch must know what is there to add to.
  bool has_requests = false;
  /// Where a patch finds it: its place among the containers, or for a sidecar (an init container
  /// that runs as long as the pod) among the init containers.
  bool is_sidecar = false;
  std::size_t position = 0;
  std::vector<resources::ResourceName> restarts_for{}; ///< changed in place it is started anew

  friend bool operator==(const WorkloadContainer&, const WorkloadContainer&) = default;
};

struct Workload {
  api::ObjectMeta meta{}; ///< without labels and annotations
  api::ScalingTargetKind kind = api::ScalingTargetKind::Deployment;
  std::int32_t replicas = 1;                   ///< wanted; of a Job its parallelism
  std::vector<WorkloadContainer> containers{}; ///< then sidecars; what runs once is not among them
  /// Its pods are for some nodes only, by a selector or required affinity.
  bool is_choosy = false;
  api::PushedUsageRead pushed{}; ///< what is said of its use beside the metrics API
};

struct PodContainer {
  std::string name{};
  resources::ResourceVector requests{};
  /// In force, where the kubelet says so; else those of the spec.
  resources::ResourceVector limits{};
  /// When it last ended, if it was killed for its memory then.
  std::optional<TimePoint> killed{};
  /// Those of the spec, where others are in force.
  std::optional<resources::ResourceVector> asked_limits{};
  /// What is asked for now is not in force yet, or never will be: what is, where the kubelet says.
  std::optional<resources::ResourceVector> requests_in_force{};
  bool is_sidecar = false;
  std::vector<resources::ResourceName> restarts_for{}; ///< changed in place it is started anew

  friend bool operator==(const PodContainer&, const PodContainer&) = default;
};

/// Waiting: for its node, its images, or its start. Ended: done, failed, or being deleted.
enum class PodStage { Waiting, Running, Ended };

/// How far a resize of a running pod is, as its node says: on the way; put off until the node has
/// room; impossible on the node; or failed, and tried again by the kubelet.
enum class PodResizeStage { None, InProgress, Deferred, Infeasible, Error };

/// A resize must not change it.
enum class PodQos { Unknown, Guaranteed, Burstable, BestEffort };

/// Where the operator's record says that a pod was admitted to.
struct PodAdmission {
  QuotaName quota{};
  PoolName pool{};

  friend auto operator<=>(const PodAdmission&, const PodAdmission&) = default;
};

struct WorkloadPod {
  api::ObjectMeta meta{}; ///< without labels, annotations and owners
  std::optional<WorkloadRef> workload{};
  PodStage stage = PodStage::Waiting;
  TimePoint accepted{};      ///< by its node: status.startTime
  TimePoint started{};       ///< of the pod, or of the container that started last
  bool ready = true;         ///< unless its condition Ready says otherwise
  TimePoint ready_changed{}; ///< when that condition last changed
  PodResizeStage resize = PodResizeStage::None;
  TimePoint resize_changed{}; ///< when the condition that says so last changed
  PodQos qos = PodQos::Unknown;
  /// A VerticalPodAutoscaler chose what it asks for.
  bool is_sized_by_autoscaler = false;
  std::optional<PodAdmission> admission{};
  bool is_gated = false; ///< it waits for Berth to admit it
  /// It does so for want of nodes with room, as the operator told it.
  bool lacks_room = false;
  std::string quota{}; ///< that its label names; of a gated pod only
  std::string node{};  ///< that it is bound to; empty: none yet
  std::int64_t priority = 0;
  /// It asks more of its place than room: by a selector, by who else is there, or by its gang. What
  /// one that is admitted asks of nodes by its affinity is left out: Berth writes there too. See
  /// Workload::is_choosy.
  bool is_choosy = false;
  /// It would lose something that is on its node, or says that it must not be moved.
  bool is_tied = false;
  /// Whether it was admitted and is bound to no node yet.
  bool is_unbound = false;
  std::vector<PodContainer> containers{}; ///< then sidecars
};

/// Deployment, StatefulSet or Job, where the kind is one of a workload.
[[nodiscard]] const kube::ResourceType& type_of(api::ScalingTargetKind kind);

[[nodiscard]] Result<std::shared_ptr<const Workload>>
decode_workload_text(api::ScalingTargetKind kind, const std::string& text);
[[nodiscard]] Result<std::shared_ptr<const WorkloadPod>>
decode_workload_pod_text(const std::string& text);

[[nodiscard]] kube::Codec<Workload> make_workload_codec(api::ScalingTargetKind kind);
[[nodiscard]] kube::Codec<WorkloadPod> make_workload_pod_codec();

} // namespace berth::analyzer
