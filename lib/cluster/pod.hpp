#pragma once
// Pod: what Berth keeps of a pod: the view that allocation decides on, and the few things that
// writing to the pod needs. Decoded straight from the wire; see pod_codec.hpp.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/api/object_meta.hpp"

namespace berth::cluster {

/// The newest sign that what runs in a pod does not do well.
struct PodFailure {
  enum class Kind { CrashLoop, OutOfMemory, Evicted };
  Kind kind = Kind::CrashLoop;
  TimePoint at{}; ///< by the kubelet's clock

  friend bool operator==(const PodFailure&, const PodFailure&) = default;
};

struct Pod {
  /// Labels are kept as far as Berth reads them (berth.dev/*); of the annotations only
  /// berth.dev/explain, revocable-after and rolled-back, since the view holds the rest.
  api::ObjectMeta meta;
  /// `managed` says here only what the pod's own label and gate say; the Observer adds what its
  /// namespace says.
  allocation::PodView view;
  /// All gates, in their order, ours included.
  std::vector<std::string> scheduling_gates;
  std::string scheduler_name;
  /// Preferred affinities or ScheduleAnyway spreads: in-tree scores would tell nodes apart.
  bool has_soft_constraints = false;
  /// kube-scheduler tried it and found no node (PodScheduled is False as Unschedulable).
  bool is_unschedulable = false;
  /// A container that the kernel killed for want of memory, or that crashes again and again, or an
  /// eviction by the kubelet. A container that failed once may be meant to.
  std::optional<PodFailure> failure{};
  bool restarts_always = false; ///< its restartPolicy: it runs until it is deleted
  /// Of one that ran to its end: when its last container ended, by the kubelet's clock. Not of one
  /// that was deleted or evicted, or that runs until it is: those may end well too.
  std::optional<TimePoint> ended{};
};

} // namespace berth::cluster
