#pragma once
// Workload: the unit of decision: a single pod, or a gang of pods that starts together or not at
// all (G1). Gangs are read from the labels that users already have; see gang_of().

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/allocation/quota.hpp"
#include "lib/allocation/selector.hpp"
#include "lib/base/result.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// What a pod's metadata says about its gang.
struct GangHints {
  const Labels& labels;
  const Labels& annotations;
  /// spec.parallelism of the Job that owns the pod; used only where a gang is named without a size.
  std::optional<std::int32_t> owner_parallelism{};
};

/// The gang that the metadata names, first of: berth.dev/workload (label),
/// kueue.x-k8s.io/pod-group-name (label), scheduling.x-k8s.io/pod-group (label),
/// scheduling.k8s.io/group-name (annotation, Volcano), pod-group-name (annotation, KAI). The size
/// is berth.dev/workload-size (label or annotation), kueue.x-k8s.io/pod-group-total-count
/// (annotation), or the owner's parallelism. With berth.dev/workload-max (label or annotation),
/// which is at least the size, the gang is elastic (G3). Nothing if no gang is named; Invalid if
/// the size is missing, or a number is not in 1..kGangMembersMax.
[[nodiscard]] Result<std::optional<GangMembership>> gang_of(const GangHints& hints);

inline constexpr std::int32_t kGangMembersMax = 10'000;

/// The pod's UID, or "<namespace>/<gang name>".
[[nodiscard]] WorkloadId workload_id(const PodView& pod);
/// What people call its workload in its namespace: the gang, the AllocationRequest or the pod.
[[nodiscard]] const std::string& workload_name(const PodView& pod);

/// The name of the gang that the units of an AllocationRequest are, and the uid of each of them.
[[nodiscard]] std::string request_gang(std::string_view request_uid);
[[nodiscard]] PodUid unit_uid(std::string_view request_uid, std::size_t number);
inline constexpr std::string_view kUnitPrefix = "request/";
inline constexpr std::string_view kRequestGangPrefix = "AllocationRequest:";

/// A workload with something to decide: at least one member waits. Immutable; the writer makes a
/// new one when a member changes.
struct Workload {
  WorkloadId id{};
  std::string namespace_name{};
  std::string service_account{};
  /// Highest priority of the waiting members, without the quota's offset.
  std::int32_t priority = 0;
  /// Creation of the oldest waiting member.
  TimePoint created{};
  /// How many members the gang may have; 1 for a single pod.
  std::int32_t size = 1;
  /// With so few of them it may start; at most `size`, and less only if it is elastic (G3).
  std::int32_t size_min = 1;
  /// Members that are admitted or bound, and neither terminal nor terminating.
  std::int32_t members_running = 0;
  /// Members of this run that succeeded: they were there and need no room any more. One that
  /// failed is not among them, as another is made in its stead.
  std::int32_t members_done = 0;
  /// The record of a running member, if there is one: the others follow it to its quota and pool.
  std::optional<AdmissionRecord> admission{};
  /// Members without a record, oldest first (then by UID), and how many of them from the front an
  /// earlier decision admitted before a crash kept it from being written on them: they are charged
  /// and need only be finished (G2). `interrupted` is that decision.
  std::vector<std::shared_ptr<const PodView>> waiting{};
  std::size_t already_charged = 0;
  std::optional<AdmissionRecord> interrupted{};
  /// The quota that the subject belongs to, resolved.
  QuotaChoice quota{};
  ReservationName reservation{};
  /// Why the workload cannot be decided ("members name different sizes: 4 and 5"); empty if it can.
  std::string defect{};

  [[nodiscard]] bool is_gang() const { return size > 1; }
};

} // namespace berth::allocation
