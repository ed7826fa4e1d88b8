#pragma once
// What a cycle decides, as data: the operator acts on it, the CLI prints it, tests compare it. A
// workload that must wait is not an error: it has a reason with numbers.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/allocation/admission_record.hpp"
#include "lib/allocation/eviction_history.hpp"
#include "lib/allocation/nomination.hpp"
#include "lib/allocation/quota_tree.hpp"
#include "lib/allocation/reservation.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/workload.hpp"
#include "lib/base/reason.hpp"

namespace berth::allocation {

/// Why one node was not taken (N3).
struct Rejection {
  NodeName node{};
  Reason reason = Reason::InsufficientNodeResources;
  std::string detail{}; ///< "cpu", "taint dedicated=gpu"; may be empty
  /// Whether evicting pods from the node could help: FailedNodes against
  /// FailedAndUnresolvableNodes on the wire.
  bool preemption_may_help = false;

  friend bool operator==(const Rejection&, const Rejection&) = default;
};

/// "reason (detail)".
[[nodiscard]] std::string to_string(const Rejection& rejection);

/// How many nodes of a pool were not taken for one reason and detail.
struct RejectionCount {
  Reason reason = Reason::InsufficientNodeResources;
  std::string detail{};
  std::size_t nodes = 0;

  friend bool operator==(const RejectionCount&, const RejectionCount&) = default;
};

/// A resource that the pool has and no node does, and that falls short.
struct PoolShortfall {
  PoolName pool{};
  ResourceName resource = ResourceName::cpu();
  Amount needed{};
  Amount left{}; ///< may be negative

  friend bool operator==(const PoolShortfall&, const PoolShortfall&) = default;
};

/// Why a workload waits. Shared by all workloads that wait for the same thing.
struct Explanation {
  Reason reason = Reason::InsufficientQuota;
  /// A sentence with the numbers: "needs 8 cpu; team-a has 3 of 10 left, research could lend 2".
  std::string message{};
  std::optional<QuotaShortfall> quota{}; ///< with InsufficientQuota
  std::vector<RejectionCount> nodes{};   ///< with InsufficientCapacity and its like
  std::optional<PoolShortfall> pool{};   ///< with InsufficientCapacity, if no node is short of it
  /// Whose room is being made for it, with Preempting (X1).
  std::vector<WorkloadId> victims{};

  friend bool operator==(const Explanation&, const Explanation&) = default;
};

/// The record to write on one pod before its gate goes.
struct MemberAdmission {
  std::shared_ptr<const PodView> pod{};
  AdmissionRecord record{};
};

/// One workload that may run: all of its members, or none (G1).
struct Admission {
  std::shared_ptr<const Workload> workload{};
  std::vector<MemberAdmission> members{};
  /// The members were charged by an earlier decision that a crash cut short (G2), or follow a gang
  /// that runs; the workload as such was admitted before.
  bool completes_earlier = false;
};

struct Waiting {
  std::shared_ptr<const Workload> workload{};
  std::uint32_t position = 0; ///< from 1, among the waiting workloads of its quota
  std::shared_ptr<const Explanation> why{};
  /// When it will start if what runs ends as expected (B1); absent: nobody knows, or it is too far
  /// back in the order.
  std::optional<TimePoint> planned_start{};
};

/// New planned nodes for an admitted pod that lost all of its old ones before it was bound.
struct Replanning {
  std::shared_ptr<const PodView> pod{};
  AdmissionRecord record{}; ///< as before but for planned_nodes; those are empty if none was found
};

/// An admitted pod that is pinned to candidates of which none can take it any more. Affinity cannot
/// be loosened, so its controller has to make it again.
struct Stranding {
  std::shared_ptr<const PodView> pod{};
  std::vector<Rejection> candidates{}; ///< why each is none; in their order
};

/// The calendar's answer to a reservation that was not accepted yet, is dormant or about to be.
struct ReservationDecision {
  std::shared_ptr<const ReservationSpec> reservation{};
  bool accepted = false;
  Reason reason = Reason::Accepted; ///< Accepted, CalendarFull, PoolNotFound, QuotaNotFound
  std::string message{};
  std::optional<TimePoint> next_start{}; ///< with CalendarFull: from when on it would fit
  std::vector<ReservedPlace> places{};   ///< if accepted: where its first window lies
  /// Of one that is armed and accepted: after how long a window that is asked for now would open.
  /// At once if the capacity is free, else when work had its notice and is gone (R3).
  std::optional<Duration> opens_after{};
  /// Of one that is active and whose end is announced: until when it could go on without taking
  /// what others were promised for the time after; TimePoint::max() for ever.
  std::optional<TimePoint> lasts_until{};
};

/// Where the next window of an accepted reservation will lie, and what it would not find.
struct WindowOutlook {
  std::shared_ptr<const ReservationSpec> reservation{};
  TimeRange window{};
  std::vector<ReservedPlace> places{};
  ResourceVector missing{};
  std::int32_t nodes_missing = 0;
};

/// A holder that runs on after its window (R4).
struct OverrunWarning {
  ReservationName reservation{};
  std::shared_ptr<const PodView> pod{};
};

/// A pod that has to give way, whoever asks: a burst is over (Q6), or its pool is under pressure
/// (T3). Listed anew in each plan for as long as that holds. PreemptionCycle::shed() makes of it
/// the steps that are carried out: a notice when it is first listed, and an eviction no earlier
/// than not_before; a pod that is not listed any more is pardoned.
struct Shedding {
  std::shared_ptr<const PodView> pod{};
  QuotaName quota{};
  Reason reason = Reason::BurstEnded; ///< or PoolUnderPressure, Drained, QuotaLowered
  std::string why{};                  ///< without what the pod holds
  TimePoint not_before{};             ///< the end of the grace
  bool gives_notice = true;           ///< false: an emergency (P6)
};

/// By which right a victim is taken (P2). Shed: by nobody's, it has to give way whoever asks.
enum class Claim { None, SameQuota, Borrowed, Critical, Reserved, Shed };
[[nodiscard]] std::string_view to_string(Claim claim);

/// What is to be done now to a victim of a preemption that is written down already (P6).
enum class EvictionStep {
  Notice, ///< write `revocable_after` on the pods
  Evict,  ///< the notice has passed: send the evictions
};
[[nodiscard]] std::string_view to_string(EvictionStep step);

struct Eviction {
  WorkloadId victim{};
  std::vector<std::shared_ptr<const PodView>> pods{}; ///< those the step is due for
  QuotaName quota{};                                  ///< that they are charged to
  PoolName pool{};                                    ///< that they run in
  ResourceVector amounts{};                           ///< of the whole victim
  WorkloadId preemptor{};
  ReservationName reservation{}; ///< the preemptor, if it is one (P2 c)
  Claim claim = Claim::None;
  EvictionStep step = EvictionStep::Notice;
  TimePoint revocable_after{};
  Reason reason = Reason::Preempted; ///< of the notice's event
  std::string message{};             ///< a sentence with the numbers, for the victim's event
};

/// Room to be promised to a preemptor: written on its pods before any victim hears of it (P3).
struct NominationDecision {
  std::shared_ptr<const Workload> workload{};
  struct Member {
    std::shared_ptr<const PodView> pod{};
    NominationRecord record{};
  };
  std::vector<Member> members{};
  ResourceVector requested{};
  ResourceVector evicted{};
  /// Quotas from which it takes borrowed room back and no earlier nomination of the plan does; for
  /// EvictionHistory::note_reclaim.
  std::vector<std::pair<QuotaName, PoolName>> reclaimed{};
};

/// A nomination that is over: its record goes from `pods`, and the notices of the `spared` victims
/// go with it, unless another nomination names them.
struct NominationEnd {
  WorkloadId workload{};
  std::vector<std::shared_ptr<const PodView>> pods{};
  std::vector<std::shared_ptr<const PodView>> spared{};
  bool is_fulfilled = false;          ///< the workload was admitted
  std::vector<EvictionKey> victims{}; ///< of a plan that failed: EvictionHistory::note_failed_plan
  TimePoint created{};                ///< of the workload, for the same
};

struct PreemptionPlan {
  std::vector<NominationDecision> nominations{}; ///< to be written first
  std::vector<Eviction> evictions{};
  std::vector<NominationEnd> ended{};
  /// Pods whose notice nobody stands behind any more: their preemptor is gone.
  std::vector<std::shared_ptr<const PodView>> pardons{};
  /// When the passing of time alone makes another step due: a notice has passed, a window is near.
  TimePoint next_due = TimePoint::max();

  /// Whether nothing is to be written.
  [[nodiscard]] bool empty() const {
    return nominations.empty() && evictions.empty() && ended.empty() && pardons.empty();
  }
};

/// All that one cycle decides. Applying it and deciding again yields nothing new.
struct Plan {
  Generation based_on{};
  std::vector<Admission> admissions{}; ///< in the order they were decided
  std::vector<Waiting> waiting{};      ///< in the order of their turn
  std::vector<Replanning> replannings{};
  std::vector<Stranding> strandings{};
  std::vector<ReservationDecision> reservations{};
  std::vector<WindowOutlook> windows{};   ///< the next one of each reservation, the older first
  std::vector<OverrunWarning> overruns{}; ///< said anew in each plan
  std::vector<Shedding> sheddings{};      ///< in the order in which they give way
  /// To be given to the next cycle, as Policy::memory.
  AllocationMemory memory{};
  /// When the passing of time alone lets somebody go on: a token, a breaker, a burst budget.
  TimePoint next_look = TimePoint::max();
  PreemptionPlan preemption{};
};

} // namespace berth::allocation
