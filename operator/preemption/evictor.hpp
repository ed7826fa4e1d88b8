#pragma once
// Evictor: carries out what plans say about preemption: the nomination first (P3), then notices
// (P6) and evictions (P5), then what has ended. It chooses no victim, and remembers nothing without
// which a new leader could not go on: what is left undone, the next cycle says again. For one
// preemptor it does one thing after the other.

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>

#include "lib/async/task_group.hpp"
#include "operator/preemption/eviction_sender.hpp"
#include "operator/preemption/preemption_steps.hpp"

namespace berth::op {

struct EvictorLimits {
  std::size_t preemptors_in_flight_max = 16;
  /// Annotations of one preemptor and its victims that are written at once.
  std::size_t writes_in_flight_max = 16;
  /// After a step that failed, or was refused, the preemptor is decided on again.
  Duration retried_after = std::chrono::seconds{1};
  /// A notice that took longer to write is written again, as its time is not what was promised.
  Duration notice_lag_max = std::chrono::seconds{1};
  std::size_t notice_tries_max = 3;
};

class Evictor {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    kube::EventRecorder& events;
    telemetry::AllocationMetrics& metrics;
    FailpointPlan& failpoints;
    Leads leads;
    telemetry::Logger log;
  };
  /// `reconsider` asks for a cycle: something changed that no watch shows.
  Evictor(Parts parts, EvictorLimits limits, std::function<void()> reconsider);

  /// Starts what the newest plan says; what is under way already is not begun again. Notices are as
  /// long as they were when it was decided (P6).
  void carry_out(allocation::PreemptionPlan plan, TimePoint decided_at);
  /// Whether evictions for it are on their way to the API. Until they are answered it must wait: if
  /// it were admitted, they would come to pass for nobody (P1). Asks for a cycle after the answers.
  [[nodiscard]] bool is_evicting_for(const WorkloadId& preemptor);
  /// Before the first cycle: what earlier leaders told in the statuses of quotas (P4).
  void recall();
  /// What the API accepted and refused, for P4.
  [[nodiscard]] const allocation::EvictionHistory& history() const { return history_; }
  [[nodiscard]] std::size_t in_flight() const { return group_.running(); }
  /// Ends when nothing is being written; to be awaited once this replica stops to lead.
  [[nodiscard]] async::Task<void> drain();

private:
  /// Starts one write; it says so in the flag if it fails.
  using Write = std::function<async::Task<void>(std::size_t, bool*)>;

  [[nodiscard]] async::Task<void> run(PreemptionSteps steps);
  /// False if a step failed.
  [[nodiscard]] async::Task<bool> take(const PreemptionSteps& steps);
  [[nodiscard]] async::Task<bool> nominate(const allocation::NominationDecision& nomination);
  using NominatedMember = allocation::NominationDecision::Member;
  [[nodiscard]] async::Task<bool> nominate_pods(std::span<const NominatedMember> members);
  [[nodiscard]] async::Task<bool> nominate_units(std::span<const NominatedMember> members);
  [[nodiscard]] async::Task<void> write_nomination(const NominatedMember& member, bool* failed);
  [[nodiscard]] async::Task<bool> give_notice(const allocation::Eviction& eviction,
                                              TimePoint decided_at);
  [[nodiscard]] async::Task<void> write_notice(PodUid pod, Duration notice, bool* failed);
  [[nodiscard]] async::Task<bool> end(const allocation::NominationEnd& end);
  [[nodiscard]] async::Task<void> clear_nomination(const allocation::PodView& pod, bool fulfilled,
                                                   bool* failed);
  [[nodiscard]] async::Task<void> withdraw_notice(const allocation::PodView& pod, bool* failed);
  /// Writes some at once; false if one failed.
  [[nodiscard]] async::Task<bool> in_batches(std::size_t count, Write write);

  void tell(const allocation::PodView& about, kube::EventSeverity severity, Reason reason,
            const std::string& note);
  void warn(const ReservationName& about, const std::string& note);
  [[nodiscard]] std::string names_of(std::span<const PodUid> pods) const;
  [[nodiscard]] TimePoint now() const { return parts_.executor.clock().now(); }

  Parts parts_;
  EvictorLimits limits_;
  std::function<void()> reconsider_;
  PodWrites writes_;
  allocation::EvictionHistory history_;
  EvictionSender sender_;
  /// Whose steps are under way, and whether a newer plan had something for it meanwhile.
  std::map<std::string, bool> busy_;
  std::set<std::string> evicting_; ///< those of them whose evictions are being sent
  bool turned_away_ = false;       ///< somebody was, as too much is under way
  async::TaskGroup group_;
};

} // namespace berth::op
