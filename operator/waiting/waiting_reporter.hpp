#pragma once
// WaitingReporter: tells users why their work waits: the annotation berth.dev/explain and an event,
// once per change of the reason or of the start that is told, and never for a changed position or
// number alone. Work that waits only for a moment costs nothing, and however many wait, writes keep
// to a budget that admissions draw on first; who has waited longest is told first.

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/async/executor.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/tracing/tracer.hpp"
#include "operator/failpoint.hpp"
#include "operator/leads.hpp"
#include "operator/waiting/start_teller.hpp"

namespace berth::op {

struct WaitingReporterOptions {
  /// How long a workload waits for one reason before it is told.
  Duration quiet_period = std::chrono::seconds{2};
  /// Admissions and annotations together; who is left is told in later rounds.
  std::size_t writes_per_second_max = 50;
  /// So many annotations are written however many are admitted.
  std::size_t writes_per_second_min = 5;
};

class WaitingReporter {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    kube::EventRecorder& events;
    FailpointPlan& failpoints;
    Leads leads;
    telemetry::Tracer tracer{};
  };
  WaitingReporter(Parts parts, WaitingReporterOptions options)
      : parts_(std::move(parts)), options_(options) {}

  /// The whole list of who waits now, as of the newest plan, and how many workloads that admits.
  void report(const std::vector<allocation::Waiting>& waiting, const StartTeller& starts,
              std::size_t admitted);
  /// Writes what became due, every second until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);

private:
  struct Told {
    std::shared_ptr<const allocation::Explanation> why; ///< never null
    std::optional<allocation::ToldStart> start;         ///< named beside it
    SteadyPoint since{};
    bool written = false;
    std::shared_ptr<const allocation::PodView> pod; ///< the oldest waiting member
    std::uint64_t round = 0;                        ///< of the report that named it last
  };
  [[nodiscard]] async::Task<void> write_due();
  /// Whom to tell now, as far as the budget goes.
  [[nodiscard]] std::vector<WorkloadId> take_due();
  [[nodiscard]] async::Task<void> write(WorkloadId id);
  [[nodiscard]] static std::string message_of(const Told& told);
  /// It waits for that no more; what lasted for a moment only is no part of its trace.
  void trace(const Told& told, SteadyPoint now) const;

  Parts parts_;
  WaitingReporterOptions options_;
  std::unordered_map<WorkloadId, Told> told_; ///< written in an order of its own
  std::uint64_t round_ = 0;
  std::size_t admitted_ = 0; ///< since the last writes
};

} // namespace berth::op
