#pragma once
// Reason: the one closed list of machine words for everything Berth decides or finds. Its names
// are the condition reasons, event reasons, metric labels and the page docs/reference/reasons.md;
// a test fails if one of those misses a value. New behaviour means a new row here, never a free
// string. The words follow Kubernetes' own where the meaning is the same.

#include <optional>
#include <span>
#include <string_view>

namespace berth {

// clang-format off
#define BERTH_REASONS(X)                                                                           \
  /* admission */                                                                                  \
  X(Admitted, "The workload may run: its charge is written and its gates are removed.")            \
  X(InsufficientQuota, "The quota, or one above it, has too little left for the workload.")        \
  X(InsufficientCapacity, "No set of nodes in the quota's pools has room for the workload.")       \
  X(ReservedCapacity, "The free capacity is promised to a reservation that the workload may not use.") \
  X(NodeMismatch, "No node of the pool meets the workload's selector, affinity or tolerations.")   \
  X(WaitingForGang, "Not all members of the gang exist yet.")                                      \
  X(GangTimedOut, "The gang was not complete or not bound in time; it was rolled back and requeued.") \
  X(SubjectLimited, "The workload's subject holds all that the quota grants to one subject.")      \
  X(RateLimited, "The quota, or its subject, had as many admissions as its rate allows.")          \
  X(CircuitOpen, "Work of the subject failed again and again; nothing more of it starts for a while.") \
  X(HigherPriorityFirst, "Earlier work in the order is entitled to the capacity first.")           \
  X(QuotaNotFound, "No Quota names the workload's subject, or the quota it names does not exist.") \
  X(QuotaAmbiguous, "Two quotas name the subject equally well; one of them must yield.")           \
  X(QuotaNotAllowed, "The workload names a quota that its subject may not use.")                   \
  X(QuotaStopped, "The quota is on hold (spec.stop).")                                             \
  X(PoolStopped, "The pools that the workload may use are on hold (spec.drain).")                   \
  X(PoolNotAllowed, "The pools that the quota lists belong to other tenants.")                      \
  X(TenantLimited, "The tenant holds all of its share of the pool.")                                \
  X(QuotaTreeInvalid, "The quota's tree has a cycle or a missing parent; only its admissions stop.") \
  X(PoolNotFound, "A pool named by the quota or the reservation does not exist.")                  \
  X(Preempting, "Room is being made for the workload; it starts when its victims are gone.")        \
  X(BorrowingBackOff, "What the quota borrowed was taken back; it may borrow again later.")        \
  X(NamespaceQuotaExceeded, "The namespace's own ResourceQuota would refuse the workload.")        \
  X(InvalidWorkload, "The workload cannot be read: a label, annotation or amount is malformed.")   \
  X(ReservationNotFound, "The reservation that the workload names does not exist or is not accepted.") \
  X(ReservationNotAllowed, "The workload's subject may not use the reservation that it names.")    \
  /* placement on a node */                                                                        \
  X(InsufficientNodeResources, "The node has too little left.")                                    \
  X(NodeNotInPool, "The node is not in a pool that the workload may use.")                         \
  X(NodeNotReady, "The node is not ready or is cordoned.")                                         \
  X(NodeTainted, "The node has a taint that the workload does not tolerate.")                      \
  X(NodeSelectorMismatch, "The node does not meet the workload's selector or affinity.")           \
  X(ForbiddenByRule, "A rule of the pool's AllocationPolicy keeps the workload off the node.")     \
  X(NodeReserved, "The node's free capacity is promised to others.")                               \
  X(NodeUnknown, "The node is not known to this replica yet.")                                     \
  X(NotAdmitted, "The workload has not been admitted.")                                            \
  X(PreferredElsewhere, "The workload's planned nodes are others.")                                \
  X(WouldBreakAdmission, "Preempting these pods would break admissions that Berth has promised.")  \
  /* life of a workload */                                                                         \
  X(GateRemoved, "The last gate of the workload's pods was removed.")                              \
  X(Bound, "The pod was bound to its node.")                                                       \
  X(CandidatesLost, "The nodes that the pod is pinned to are lost or refuse it; it is made again.")   \
  X(Finished, "The workload ended and its charge was released.")                                   \
  X(Allocated, "The request holds what it asked for.")                                             \
  X(NotBefore, "The request asks to start no earlier than at a time that has not come.")           \
  X(BurstEnded, "The quota's burst budget and its grace are used up; what it paid for ends.")      \
  X(PoolUnderPressure, "The pool's measured use is too high: opportunistic work gives way, or nobody is admitted.") \
  X(Drained, "The workload's quota or pool is drained: HoldAndDrain asks all of its work to go.")   \
  X(QuotaLowered, "The quota was lowered, and enforces it: what it holds beyond its limits goes.")  \
  X(Preempted, "The workload makes room for another that is entitled to it.")                       \
  X(Evicted, "The workload was evicted.")                                                          \
  /* pools, quotas, reservations */                                                                \
  X(Ready, "The object is valid and in force.")                                                    \
  X(NodesOverlap, "Nodes of this pool also match an older pool, which keeps them.")                \
  X(NodesDisjoint, "Every node that the selector matches belongs to this pool alone.")             \
  X(NoNodes, "No node matches the pool's selector.")                                               \
  X(NodesNotReady, "Some nodes of the pool are not ready.")                                        \
  X(WithinNominal, "The quota holds no more than its nominal amounts.")                            \
  X(Borrowing, "The quota holds more than its nominal amounts.")                                   \
  X(Bursting, "The quota holds work that its burst budget pays for, or the pool is in a burst.")   \
  X(NotBursting, "The quota holds nothing beyond its room, or the pool is in no burst.")           \
  X(NotThrottled, "No rate, circuit breaker or pace keeps work of the quota back.")                \
  X(ParentNotFound, "The quota's parent does not exist.")                                          \
  X(ParentCycle, "The quota is its own ancestor.")                                                 \
  X(SubjectsOverlap, "Another quota names a subject of this one equally well.")                    \
  X(InvalidRule, "The expression of a rule does not compile; what the rule demands of nodes counts all the same.") \
  X(Accepted, "The reservation fits the calendar.")                                                \
  X(CalendarFull, "The calendar has no room for the reservation; the message says from when it has.") \
  X(InvalidSchedule, "The reservation's schedule, time zone or trigger cannot be read.")           \
  X(WindowOpen, "The reservation holds its capacity now.")                                         \
  X(WindowClosed, "The reservation's window is not open.")                                         \
  X(TriggerNotMet, "The reservation's trigger does not hold, or not for long enough yet.")         \
  X(TriggerHolds, "The reservation's trigger holds; its window opens when work on its capacity had its notice.") \
  X(TriggerUnknown, "What the reservation's trigger compares is not measured, or was too long ago.") \
  X(WindowHonored, "The capacity was there when the window opened.")                               \
  X(WindowMissed, "The capacity was not there when the window opened.")                            \
  X(PromiseMoved, "Nodes cannot carry what was promised on them any more; it was laid on others as far as they have room.") \
  X(InUse, "The reservation is being deleted while pods use it.")                                  \
  X(LedgerDrift, "The audit found the ledger different from the API and corrected it.")            \
  /* analyzer */                                                                                   \
  X(MetricsAvailable, "Fresh measurements cover the target.")                                      \
  X(MetricsStale, "The newest measurement is too old to decide on.")                               \
  X(MetricsMissing, "No measurement of the target has been seen.")                                 \
  X(PodsPending, "Pods of the target do not work yet, or work waits for it; until then it is not made smaller.") \
  X(ScaledByAutoscaler, "An autoscaler already chooses this for the target; a second hand would fight with it.") \
  X(HighUtilization, "Measured use is, or will be, above the upper threshold.")                    \
  X(LowUtilization, "Measured use stays below the lower threshold.")                               \
  X(Recommended, "A recommendation was written.")                                                  \
  X(Expired, "The time of the recommendation, or of the request, has passed.")                     \
  X(Superseded, "A newer recommendation took this one's place.")                                   \
  X(Resolved, "What the recommendation was made for no longer holds.")                             \
  X(PressureOnPool, "More is charged to the pool than its burst begins at, or is about to be.")    \
  X(PressureOver, "The pool no longer needs the burst that it is in.")                             \
  X(RequestTooSmall, "Containers use, or will use, more than they ask for.")                       \
  X(RequestTooLarge, "Containers ask for much more than they use.")                                \
  X(NominalTooSmall, "Most of the time a quota's work holds and waits for more than its nominal amount.") \
  X(NominalTooLarge, "A quota never asks for a part of its nominal amount that another one lacks.") \
  X(Fragmented, "Enough is free for work that waits, but in pieces too small for it.")             \
  X(Unbalanced, "Nodes of a pool that spreads its work are used unequally.")                       \
  X(WorkHeldBack, "Something other than the size of the target holds its work back.")              \
  X(KilledForMemory, "A container was killed because it reached its memory limit.")                \
  X(Applied, "The target is as the recommendation asks for.")                                      \
  X(ScaledOut, "The analyzer gave the target more replicas, as a recommendation asks for.")        \
  X(ScaledIn, "The analyzer took replicas from the target, as a recommendation asks for.")         \
  X(Undone, "The analyzer took its change back: what was measured since was worse.")               \
  X(UndoneLately, "A change of this kind was taken back lately; it is tried again later.")         \
  X(CoolingDown, "The target was changed less than its cooldown ago.")                             \
  X(BoundsMissing, "The policy sets no maxReplicas, so replicas are only advised on.")             \
  X(CapacityUnknown, "What is left of the quota and the pool is not known, as nobody writes it.")  \
  X(Resized, "The analyzer gave a running pod other requests, as a recommendation asks for.")      \
  X(Resizing, "Pods of the target are being given other requests, a few at a time.")               \
  X(ResizeDeferred, "The nodes of some pods have no room now for what they should ask for.")       \
  X(ResizeInfeasible, "Some pods can never ask for so much where they are.")                       \
  X(ActionFailed, "The API server refused the change, or did not answer.")                         \
  X(PoolGrown, "The analyzer asked the pool's provider for more nodes, as a recommendation asks for.") \
  X(PoolShrunk, "The analyzer asked the pool's provider for fewer nodes, as a recommendation asks for.") \
  X(NodesPending, "Nodes of the pool are still to come or to go; nothing more is asked of its provider.") \
  X(NodesMissing, "Nodes that were asked for have not come in time; the pool's provider says why.")  \
  X(BoundsReached, "The pool has as many, or as few, nodes as its bounds allow.")                  \
  X(ProviderUnavailable, "The pool names nobody who adds and removes nodes, or that one cannot be asked.") \
  X(UsageSpiked, "What was measured of the object rose far above what is usual for it.")           \
  X(UsageDropped, "What was measured of the object fell far below what is usual for it.")          \
  X(UsageOutOfPattern, "What was measured of the object is usual for it, but not at this time.")   \
  X(RequestsUnused, "Requests hold much of the pool that nobody uses, while work waits for room.") \
  X(ForecastHeld, "What was measured lies within what was foreseen.")                              \
  X(ForecastMissed, "What was measured lies outside what was foreseen.")                           \
  /* operation */                                                                                  \
  X(CachesNotSynced, "The caches are not filled yet; nothing is decided on a partial view.")       \
  X(TargetNotFound, "The object that the policy or the request names does not exist.")             \
  X(TargetTaken, "An older policy names the same target; that one holds, and this one has no effect.") \
  X(Throttled, "The API server asked to slow down, or the pool's measured use is too high.")                                               \
  X(InternalError, "An unexpected failure; the message has the details.")
// clang-format on

enum class Reason {
#define BERTH_REASON_ENUMERATOR(name, meaning) name,
  BERTH_REASONS(BERTH_REASON_ENUMERATOR)
#undef BERTH_REASON_ENUMERATOR
};

/// The API string: the enumerator's own name.
[[nodiscard]] std::string_view to_string(Reason reason);
/// One sentence on what it means, as printed on the reference page.
[[nodiscard]] std::string_view meaning(Reason reason);
/// Nothing for a word that is not in the list.
[[nodiscard]] std::optional<Reason> reason_from(std::string_view name);
/// Every value, in the order above.
[[nodiscard]] std::span<const Reason> all_reasons();

} // namespace berth
