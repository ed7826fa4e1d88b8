#pragma once
// Failpoints: named places between two writes where a test can make the operator die (kill -9 in
// effect), to prove that the next leader finishes or rolls back from the API alone. Off unless the
// environment variable BERTH_FAILPOINT names one; main() reads it. `berth-operator
// --list-failpoints` prints them, so that a test can walk all of them.

#include <optional>
#include <span>
#include <string_view>

#include "lib/base/result.hpp"

namespace berth::op {

// clang-format off
#define BERTH_FAILPOINTS(X)                                                                        \
  X(Admission, BeforeFirstAdmissionWrite, "a plan was made, nothing of it is written")             \
  X(Admission, AfterFirstGangGate, "one member of a gang is ungated, the others are not")          \
  X(Admission, BeforeLastGangGate, "all members of a gang but one are ungated")                    \
  X(Admission, AfterAdmissionWrite, "an admission is written, its event is not")                   \
  X(Admission, AfterAdmissionEvent, "an admission is written and told, no status is")              \
  X(Admission, BeforeGangRollback, "a gang is to be rolled back, no member is deleted")            \
  X(Admission, AfterFirstGangRollback, "one member of a gang that is rolled back is deleted")      \
  X(Admission, BeforeReservationAccepted, "a reservation was judged, its status is not written")   \
  X(Admission, AfterReservationAccepted, "a reservation's acceptance is written, its event is not")\
  X(Admission, BeforeRollbackRecord, "a gang's new member is not told of the rollback")            \
  X(Admission, AfterRollbackRecord, "a gang's new member is told of the rollback")                 \
  X(Admission, BeforeStatusWrite, "a status was computed and is not written")                      \
  X(Admission, AfterStatusWrite, "a status is written, what it was written for is not done")       \
  X(Admission, BeforeFinalizers, "an object's finalizers are to change, nothing is written")       \
  X(Admission, AfterFinalizers, "an object's finalizers are written, its status is not")           \
  X(Node, AfterNodeNominated, "a pod's node is nominated, its admission is not written")           \
  X(Waiting, BeforeExplanation, "a pod is to be told why it waits, nothing is written")            \
  X(Waiting, AfterExplanation, "a pod was told why it waits, its event is not written")            \
  X(Stranding, BeforeStrandedEviction, "a pod lost its candidates, its eviction is not sent")      \
  X(Stranding, AfterStrandedEviction, "a pod without candidates is evicted, its event is not written") \
  X(Request, BeforeGrantWrite, "an AllocationRequest is to be granted, nothing is written")        \
  X(Request, AfterGrantWrite, "an AllocationRequest's grant is written, its event is not")         \
  X(Preemption, BeforeNomination, "evictions are planned, nothing of it is written")               \
  X(Preemption, AfterFirstNomination, "one member of a gang is nominated, the others are not")     \
  X(Preemption, AfterNomination, "a nomination is written, no victim is told")                     \
  X(Preemption, AfterFirstNotice, "one victim is told, others may not be")                         \
  X(Preemption, BeforeFirstEviction, "a notice has passed, no eviction is sent")                   \
  X(Preemption, AfterFirstEviction, "one victim is evicted, others may not be")                    \
  X(Preemption, BeforeNominationEnd, "a plan is given up, its nomination stands")                  \
  X(Preemption, AfterNominationEnd, "a nomination is cleared, notices stand")                      \
  X(Certificates, AfterCertificateWrite, "one Secret of the certificates is written, others are not")
// clang-format on

enum class Failpoint {
#define BERTH_FAILPOINT_ENUMERATOR(subject, name, when) name,
  BERTH_FAILPOINTS(BERTH_FAILPOINT_ENUMERATOR)
#undef BERTH_FAILPOINT_ENUMERATOR
};

struct FailpointInfo {
  Failpoint failpoint;
  std::string_view subject; ///< what is being written there
  std::string_view name;
  std::string_view when;
};

[[nodiscard]] std::span<const FailpointInfo> all_failpoints();

/// What to do at which failpoint: "<name>" dies at its first passage, "<name>:3" at its third.
class FailpointPlan {
public:
  /// Nothing happens anywhere.
  FailpointPlan() = default;
  /// Invalid names the known failpoints.
  [[nodiscard]] static Result<FailpointPlan> parse(std::string_view text);

  /// Dies here if the plan says so: SIGKILL to the own process, as nothing may be cleaned up.
  void pass(Failpoint failpoint);

private:
  std::optional<Failpoint> armed_;
  unsigned passages_left_ = 0;
};

} // namespace berth::op
