#pragma once
// EvictionSender: sends the evictions of one preemptor. First it asks the API whether the preemptor
// still waits for them (P1), whether each victim was told in time (P6), and whether each eviction
// would be allowed. A disruption budget that refuses one victim of a workload spares all of them
// (P5); a reservation, or who is shed, gains by each, so there it spares that one. What the API
// answered goes into the history (P4).

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/failpoint.hpp"
#include "operator/preemption/pod_writes.hpp"

namespace berth::op {

/// An event about a pod, which may be gone by now: Reason, what was done, a sentence.
using TellPod = std::function<void(const allocation::PodView&, kube::EventSeverity, Reason,
                                   const std::string& note)>;

/// A warning about a Reservation.
using TellReservation = std::function<void(const ReservationName&, const std::string& note)>;

class EvictionSender {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    telemetry::AllocationMetrics& metrics;
    FailpointPlan& failpoints;
    PodWrites& writes;
    allocation::EvictionHistory& history;
    TellPod tell;
    TellReservation tell_reservation;
    telemetry::Logger log;
  };
  explicit EvictionSender(Parts parts) : parts_(std::move(parts)) {}

  /// All for one preemptor. False if something is left to do or to decide again.
  [[nodiscard]] async::Task<bool> send(std::vector<allocation::Eviction> evictions);

private:
  /// An eviction that fails so often in a row counts as refused: the API cannot carry it out (two
  /// budgets for one pod).
  static constexpr unsigned kFailuresMax = 3;

  enum class Answer {
    Accepted,
    Gone,    ///< the pod is gone, or goes already: its room comes without an eviction
    Refused, ///< not to be asked again soon
    Failed,  ///< not due yet, or to be tried again
  };
  struct Target {
    PodUid pod{};
    const allocation::Eviction* eviction = nullptr;
  };

  using Spared = std::set<const allocation::Eviction*>;

  [[nodiscard]] async::Task<void> send_all(std::span<const Target> targets, bool needs_all,
                                           Spared& spared);
  [[nodiscard]] async::Task<bool> is_wanted(std::span<const Target> targets);
  [[nodiscard]] async::Task<bool> still_waits(WorkloadId preemptor,
                                              std::span<const Target> targets);
  [[nodiscard]] async::Task<bool> still_stands(ReservationName reservation);
  [[nodiscard]] async::Task<Answer> may_send(Target target);
  [[nodiscard]] async::Task<Answer> send_one(Target target);
  [[nodiscard]] Answer answer_of(const Target& target, const Result<void>& asked);
  void note_refused(const Target& target, const Error& error);
  void note_accepted(const allocation::Eviction& eviction);

  Parts parts_;
  std::map<PodUid, unsigned> failures_; ///< in a row; of pods that failed lately
};

} // namespace berth::op
