#pragma once
// PodView: all that allocation needs to know of one pod, already translated: amounts weighed (L4),
// constraints read, Berth's labels and annotations parsed. Adapters build it from JSON; nothing
// here reads Kubernetes objects. What many pods have in common (request and constraints) is a
// PodShape, shared between them, so that a cycle looks at each shape once and not at each pod. A
// unit of an AllocationRequest is a PodView as well: it asks, is charged and ends like a pod.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/allocation/admission_record.hpp"
#include "lib/allocation/nomination.hpp"
#include "lib/allocation/pool_rules.hpp"
#include "lib/allocation/selector.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

enum class TaintEffect { NoSchedule, PreferNoSchedule, NoExecute };

struct Taint {
  std::string key;
  std::string value{};
  TaintEffect effect = TaintEffect::NoSchedule;

  friend bool operator==(const Taint&, const Taint&) = default;
  friend auto operator<=>(const Taint&, const Taint&) = default;
};

/// As in pod.spec.tolerations; an operator that Kubernetes adds later must be left out by the
/// adapter (tolerating too little is the safe side).
struct Toleration {
  enum class Operator { Equal, Exists };

  std::string key{}; ///< empty with Exists: every taint
  Operator op = Operator::Equal;
  std::string value{};
  std::optional<TaintEffect> effect{}; ///< absent: every effect

  [[nodiscard]] bool tolerates(const Taint& taint) const;

  friend bool operator==(const Toleration&, const Toleration&) = default;
  friend auto operator<=>(const Toleration&, const Toleration&) = default;
};

/// One entry of nodeSelectorTerms: all of both lists must hold; an empty term matches no node.
struct NodeSelectorTerm {
  std::vector<Requirement> match_expressions{};
  /// Only metadata.name exists as a field.
  std::vector<Requirement> match_fields{};

  [[nodiscard]] bool matches(const Labels& node_labels, const NodeName& node) const;

  friend bool operator==(const NodeSelectorTerm&, const NodeSelectorTerm&) = default;
  friend auto operator<=>(const NodeSelectorTerm&, const NodeSelectorTerm&) = default;
};

/// As NVIDIA's GPU feature discovery labels nodes.
inline constexpr std::string_view kDeviceModelLabel = "nvidia.com/gpu.product";

/// Where a pod may run, as far as kube-scheduler's own node-by-node filters and the rules of
/// policies say so.
struct Constraints {
  Labels node_selector{};
  /// requiredDuringSchedulingIgnoredDuringExecution: one term must match; absent: any node; present
  /// but empty: none.
  std::optional<std::vector<NodeSelectorTerm>> required_affinity{};
  std::vector<Toleration> tolerations{};
  /// Nodes that are better than others (N2), sorted; pods cannot say.
  std::vector<NodeName> preferred_nodes{};
  /// Models of devices that will do (the node label kDeviceModelLabel); empty: any.
  std::vector<std::string> device_models{};
  /// Written by ClusterState, never by adapters.
  std::vector<PoolRules> rules{};

  friend bool operator==(const Constraints&, const Constraints&) = default;
  friend auto operator<=>(const Constraints&, const Constraints&) = default;
};

struct PodShape {
  /// weigh()'s answer, finite and not negative: it includes one of "pods".
  ResourceVector requests{};
  Constraints constraints{};

  friend bool operator==(const PodShape&, const PodShape&) = default;
  friend auto operator<=>(const PodShape&, const PodShape&) = default;
};

/// A shared shape that compares by what it points to. Never null.
class ShapePtr {
public:
  ShapePtr() : shape_(empty_shape()) {}
  explicit ShapePtr(PodShape shape) : shape_(std::make_shared<const PodShape>(std::move(shape))) {}
  explicit ShapePtr(std::shared_ptr<const PodShape> shape);

  [[nodiscard]] const PodShape& operator*() const { return *shape_; }
  [[nodiscard]] const PodShape* operator->() const { return shape_.get(); }
  /// Identity: equal for pods of one snapshot if and only if their shapes are equal.
  [[nodiscard]] const PodShape* get() const { return shape_.get(); }

  friend bool operator==(const ShapePtr& left, const ShapePtr& right) {
    return left.shape_ == right.shape_ || *left.shape_ == *right.shape_;
  }

private:
  [[nodiscard]] static const std::shared_ptr<const PodShape>& empty_shape();
  std::shared_ptr<const PodShape> shape_;
};

/// `shape` with other rules; the same copy where they are its own already.
[[nodiscard]] ShapePtr with_rules(const ShapePtr& shape, const std::vector<PoolRules>& rules);
/// Whether the authors of both pods asked for the same.
[[nodiscard]] bool same_but_for_rules(const PodShape& left, const PodShape& right);

/// The gang that a pod says it belongs to (see workload.hpp for the labels).
struct GangMembership {
  std::string name; ///< unique in the namespace
  std::int32_t size = 1;
  /// With so few of them it may start; 0: only with all.
  std::int32_t size_min = 0;

  [[nodiscard]] std::int32_t least() const {
    return size_min > 0 ? std::min(size_min, size) : size;
  }

  friend bool operator==(const GangMembership&, const GangMembership&) = default;
};

struct PodView {
  PodUid uid{};
  std::string namespace_name{};
  std::string name{};
  std::string service_account{};
  ShapePtr shape{};
  /// Absent: the pod is a workload of its own.
  std::optional<GangMembership> gang{};
  std::int32_t priority = 0;
  /// metadata.creationTimestamp and status.startTime, by the API server's clock.
  TimePoint created{};
  std::optional<TimePoint> started{};
  /// spec.nodeName and status.nominatedNodeName; empty when not set.
  NodeName node{};
  NodeName nominated_node{};
  /// berth.dev/quota and berth.dev/reservation; empty when not set.
  QuotaName quota_hint{};
  ReservationName reservation{};
  /// How long it is expected to run (annotation), and how long it may at most
  /// (activeDeadlineSeconds or annotation).
  std::optional<Duration> expected_duration{};
  std::optional<Duration> duration_limit{};
  /// How long nine of ten of its kind took before (B2); only of work that says nothing itself.
  std::optional<Duration> learned_duration{};
  /// berth.dev/admitted, once written.
  std::optional<AdmissionRecord> admission{};
  /// berth.dev/nominated, while it waits for room that evictions make (P3).
  std::optional<NominationRecord> nomination{};
  /// berth.dev/revocable-after: it was told that it may be evicted from then on (P6).
  std::optional<TimePoint> revocable_after{};
  /// UID of the controller that makes the pod again; empty when there is none.
  std::string owner{};
  /// Labels of managed pods: a Quota may name one that says whose work it is (Q5).
  Labels labels{};
  /// Why the pod cannot be read ("berth.dev/workload-size: \"x\" is not a number"); empty if it
  /// can. Such a pod waits as InvalidWorkload; if it is bound it holds its node all the same.
  std::string defect{};

  /// Where it may go, in order of preference; empty: to the pools of its quota. Pods cannot say.
  std::vector<PoolName> pools{};

  /// A unit of an AllocationRequest and no pod: it is never bound, and its planned node is the one
  /// that it holds.
  bool is_request = false;
  bool preemptible = true; ///< false: berth.dev/preemptible says that it must not be evicted
  /// A controller owns the pod and would make it again.
  bool is_recreated = false;
  /// Required inter-pod (anti-)affinity or DoNotSchedule spreads, which only kube-scheduler checks.
  bool has_pod_rules = false;
  /// Plans may go by learned_duration, as a policy says. Written by ClusterState, never by
  /// adapters.
  bool plans_by_learned = false;
  bool managed = false;     ///< its namespace, or the pod itself, opted in
  bool gated = false;       ///< spec.schedulingGates has berth.dev/admission
  bool terminating = false; ///< metadata.deletionTimestamp is set; it still holds (L1)
  bool terminal = false;    ///< Succeeded or Failed; it holds nothing, for ever (L5)
  bool succeeded = false;   ///< it is terminal, and nobody makes it again

  [[nodiscard]] const ResourceVector& requests() const { return shape->requests; }
  /// How long plans take it to run (B2); nothing: nobody knows.
  [[nodiscard]] std::optional<Duration> planned_duration() const {
    if (duration_limit || expected_duration)
      return duration_limit ? duration_limit : expected_duration;
    return plans_by_learned ? learned_duration : std::nullopt;
  }
  /// Plans know when it goes, though nobody evicts it.
  [[nodiscard]] bool may_end() const { return planned_duration() || revocable_after; }
  [[nodiscard]] bool is_bound() const { return !node.empty(); }
  /// Whether it may be part of what is measured on its node.
  [[nodiscard]] bool is_measurable() const { return is_bound() && !is_request; }

  friend bool operator==(const PodView&, const PodView&) = default;
};

/// Whether it asks for something that only a node has; else it holds of its pool alone.
[[nodiscard]] bool needs_node(const PodShape& shape);

/// Some pods of one workload, or all.
using Pods = std::span<const std::shared_ptr<const PodView>>;
[[nodiscard]] ResourceVector total_of(Pods pods);

/// Whether it was admitted onto capacity that is promised to others (R3, R4): its notice came with
/// its admission and is never withdrawn.
[[nodiscard]] inline bool is_lent(const PodView& pod) {
  return pod.admission && pod.admission->lent_until && pod.revocable_after;
}

} // namespace berth::allocation
