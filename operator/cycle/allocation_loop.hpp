#pragma once
// AllocationLoop: observe, decide, act, again and again, as long as this replica leads. A cycle
// runs when a snapshot was published, when a window opens, closes or comes near, a burst of a pool
// begins or ends, a notice has passed or a workload is no longer held back, and else once a minute;
// after a long cycle it rests first (rest.hpp). It hands admissions to the Admitter, preemption to
// the Evictor, reasons to the WaitingReporter, and keeps the plan's digest for the status
// reconcilers.

#include <functional>
#include <memory>
#include <stop_token>

#include "lib/allocation/cycle.hpp"
#include "lib/async/signal.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/decision_log/recorder.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/tracing/tracer.hpp"
#include "operator/admission/admitter.hpp"
#include "operator/cycle/plan_digest.hpp"
#include "operator/gang/gang_watch.hpp"
#include "operator/preemption/evictor.hpp"
#include "operator/request/request_keeper.hpp"
#include "operator/reservation/overrun_warner.hpp"
#include "operator/stranding/stranded_pods.hpp"
#include "operator/waiting/waiting_reporter.hpp"

namespace berth::op {

class AllocationLoop {
public:
  struct Parts {
    async::Executor& executor;
    cluster::Observer& observer;
    Admitter& admitter;
    RequestKeeper& requests;
    WaitingReporter& waiting;
    StrandedPods& stranded;
    Evictor& evictor;
    OverrunWarner& overruns;
    GangWatch& gangs;
    telemetry::AllocationMetrics& metrics;
    telemetry::Logger log;
    telemetry::Tracer tracer{};
  };
  /// `policy` is asked at each cycle; `seed` makes decision ids differ between operators.
  AllocationLoop(Parts parts, std::function<allocation::Policy()> policy, std::uint64_t seed);

  /// Decides until `stop`; to be started once the observer has synced.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Asks for a cycle soon.
  void wake() { changed_.notify(); }
  /// Hands each cycle to `recorder` from now on; nullptr: to nobody.
  void record_to(decision_log::Recorder* recorder) { recorder_ = recorder; }
  /// Never null; empty before the first cycle.
  [[nodiscard]] std::shared_ptr<const PlanDigest> digest() const { return digest_; }

private:
  void cycle();
  /// What the leader before this one knew, as far as statuses and admissions tell.
  void recall();
  void count(const allocation::Plan& plan);
  /// When the passing of time alone changes what would be decided; at most kCycleIntervalMax away.
  [[nodiscard]] Duration until_next_cycle() const;

  Parts parts_;
  std::function<allocation::Policy()> policy_;
  std::uint64_t seed_;
  decision_log::Recorder* recorder_ = nullptr;
  async::Signal changed_;
  bool in_cycle_ = false; ///< a cycle's own publication wakes nobody
  cluster::Observer::Snapshot decided_on_;
  StartTeller starts_;
  Suggestions suggestions_;
  std::shared_ptr<const allocation::AllocationMemory> memory_; ///< of the last cycle
  TimePoint next_look_ = TimePoint::max();                     ///< of the last plan
  /// When the first workload held back may go on, or the next step of preemption is due.
  TimePoint held_until_ = TimePoint::max();
  std::shared_ptr<const PlanDigest> digest_ = std::make_shared<const PlanDigest>();
};

} // namespace berth::op
