#pragma once
// Every name that Berth reads from or writes to other people's objects: labels, annotations, gates,
// field managers. One list, so that policies, manifests and code cannot drift apart.

#include <string_view>

namespace berth::api {

inline constexpr std::string_view kGroup = "berth.dev";
inline constexpr std::string_view kApiVersion = "berth.dev/v1alpha1";

/// The scheduling gate that holds a pod back until it is admitted.
inline constexpr std::string_view kAdmissionGate = "berth.dev/admission";

/// On a Reservation with deletionPolicy Block while pods use it (R5).
inline constexpr std::string_view kInUseFinalizer = "berth.dev/in-use";

namespace label {
/// On a namespace or a pod, "true": Berth decides when the pods run.
inline constexpr std::string_view kManaged = "berth.dev/managed";
/// On a pod: the Quota to charge, among those its subject may use.
inline constexpr std::string_view kQuota = "berth.dev/quota";
/// On a pod: the gang it belongs to (its namespace's), and how many members it has.
inline constexpr std::string_view kWorkload = "berth.dev/workload";
inline constexpr std::string_view kWorkloadSize = "berth.dev/workload-size";
/// On a pod: how many members an elastic gang may have.
inline constexpr std::string_view kWorkloadMax = "berth.dev/workload-max";
/// On a pod: the Reservation whose capacity it may use.
inline constexpr std::string_view kReservation = "berth.dev/reservation";
/// On a pod, "false": it is never evicted for others.
inline constexpr std::string_view kPreemptible = "berth.dev/preemptible";
/// On a pod, a number from 1 to 999: the share of one device that it asks for, in thousandths.
inline constexpr std::string_view kGpuMilli = "berth.dev/gpu-milli";
} // namespace label

namespace annotation {
/// On a pod, by its user: an estimate, and a limit after which it may be evicted (B2).
inline constexpr std::string_view kExpectedDurationSeconds = "berth.dev/expected-duration-seconds";
inline constexpr std::string_view kDurationLimitSeconds = "berth.dev/duration-limit-seconds";
/// On a pod: the models of device that will do, as node label nvidia.com/gpu.product, separated by
/// commas.
inline constexpr std::string_view kGpuModels = "berth.dev/gpu-models";
/// On a Node, a ResourcePool or a workload, by whoever measures it: PushedUsage.
inline constexpr std::string_view kUsage = "berth.dev/usage";
/// Written by Berth only: the admission (AdmissionRecord), the room that evictions make for it
/// (NominationRecord), the notice of an eviction (P6), and the short reason why it waits.
inline constexpr std::string_view kAdmitted = "berth.dev/admitted";
inline constexpr std::string_view kNominated = "berth.dev/nominated";
inline constexpr std::string_view kRevocableAfter = "berth.dev/revocable-after";
inline constexpr std::string_view kExplain = "berth.dev/explain";
/// Also by Berth only: that the pod's gang was rolled back (RollbackRecord).
inline constexpr std::string_view kRolledBack = "berth.dev/rolled-back";
} // namespace annotation

/// Who writes which fields by server-side apply.
namespace field_manager {
inline constexpr std::string_view kOperator = "berth-operator";
inline constexpr std::string_view kSchedulerExtender = "berth-scheduler-extender";
inline constexpr std::string_view kAnalyzer = "berth-analyzer";
} // namespace field_manager

} // namespace berth::api
