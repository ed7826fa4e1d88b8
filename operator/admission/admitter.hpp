#pragma once
// Admitter: carries admissions out. For each workload it writes the first member alone (its record
// is the intent for the whole gang, G2) and then the others, some at once. Until a write has ended
// the observer counts it as done. One that certainly failed is given up, one whose fate is unknown
// is settled by a quorum read, and one that the API server refuses waits with back-off.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/async/task_group.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"
#include "lib/telemetry/tracing/tracer.hpp"
#include "operator/failpoint.hpp"
#include "operator/leads.hpp"

namespace berth::op {

struct AdmitterLimits {
  /// Workloads written at once; further ones wait in the order decided.
  std::size_t workloads_in_flight_max = 32;
  /// Members of one gang written at once, after the first.
  std::size_t members_in_flight_max = 16;
  /// Tries for one member before its fate counts as unknown.
  std::size_t tries_max = 5;
  /// How long a write whose fate is unknown is believed while the watch does not show it.
  Duration confirmation_max = std::chrono::seconds{60};
  /// How long the watch gets to show why a write failed before its workload is decided on again: a
  /// cache that lags must not make a storm of writes.
  Duration reconsidered_after = std::chrono::seconds{1};
  Duration refused_backoff_initial = std::chrono::seconds{10};
  Duration refused_backoff_max = std::chrono::seconds{600};
};

class Admitter {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    FailpointPlan& failpoints;
    telemetry::AllocationMetrics& metrics;
    Leads leads;
    telemetry::Logger log;
    telemetry::Tracer tracer{};
  };
  /// Told once for each workload whose every write took effect.
  using Admitted = std::function<void(const allocation::Admission&)>;

  Admitter(Parts parts, AdmitterLimits limits, Admitted admitted);

  /// Starts to write `admissions`, which the observer counts from now on.
  void admit(std::vector<allocation::Admission> admissions);
  /// Writes new planned nodes of pods that lost theirs before they were bound. Nothing is tried
  /// again here: the next cycle sees what is still amiss.
  void replan(std::vector<allocation::Replanning> replannings);
  /// Workloads whose admission was refused may not be admitted before a time.
  [[nodiscard]] std::map<WorkloadId, allocation::HeldBack> held_back() const;
  /// Gives up what no write has begun of: to be called as soon as this replica stops to lead.
  void drop_queued();
  /// Ends when nothing is being written.
  [[nodiscard]] async::Task<void> drain();
  /// Writes under way.
  [[nodiscard]] std::size_t in_flight() const { return group_.running(); }

private:
  /// How writing one member ended: it is admitted by this record; the pod is gone; it is not the
  /// pod that was decided on any more; the API server refuses it; nobody knows.
  using Written = telemetry::AdmissionOutcome;
  /// Of the pod's required node affinity; nothing: it stays.
  using Terms = std::optional<std::vector<allocation::NodeSelectorTerm>>;
  struct Refusals {
    unsigned times = 0;
    TimePoint until{};
    std::string error;
  };

  void start_next();
  [[nodiscard]] async::Task<void> write_workload(std::shared_ptr<allocation::Admission> admission);
  [[nodiscard]] async::Task<bool> write_members(const allocation::Admission& admission,
                                                std::size_t first);
  [[nodiscard]] async::Task<void> write_into(const allocation::MemberAdmission& member,
                                             bool* all_done);
  /// The same as try_to_write(), counted and traced.
  [[nodiscard]] async::Task<Written> write_member(const allocation::MemberAdmission& member);
  [[nodiscard]] async::Task<Written> try_to_write(const allocation::MemberAdmission& member);
  [[nodiscard]] static std::optional<Written> settled_by(const allocation::MemberAdmission& member,
                                                         const allocation::PodView& now);
  void settle(const allocation::MemberAdmission& member, Written written);
  void hold_back(const WorkloadId& workload, const Error& error);
  /// The one patch that admits, with `terms`; before it the nomination, where the record says so.
  [[nodiscard]] async::Task<Result<void>> write_record(const cluster::Pod& known,
                                                       const allocation::AdmissionRecord& record,
                                                       const Terms& terms);
  [[nodiscard]] Terms terms_for(const cluster::Pod& pod,
                                const allocation::MemberAdmission& member) const;
  [[nodiscard]] async::Task<Result<cluster::Pod>>
  nominated(cluster::Pod pod, const allocation::AdmissionRecord& record);
  [[nodiscard]] async::Task<void> write_replanning(allocation::Replanning replanning);
  [[nodiscard]] async::Task<Result<cluster::Pod>> read(kube::ObjectKey key);
  void give_up(const allocation::Admission& admission);

  Parts parts_;
  AdmitterLimits limits_;
  Admitted admitted_;
  std::deque<std::shared_ptr<allocation::Admission>> queued_;
  std::size_t writing_ = 0;
  std::map<WorkloadId, Refusals> refused_; ///< forgotten an hour after their time
  async::TaskGroup group_;
};

} // namespace berth::op
