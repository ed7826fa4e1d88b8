#pragma once
// Admitter: carries admissions out. For each workload it writes the first member alone (its record
// is the intent for the whole gang, G2) and then the others, some at once. While writes are under
// way the observer counts them as done; a write that certainly failed is forgotten, and one whose
// fate is unknown is settled by a quorum read.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/async/task_group.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/failpoint.hpp"

namespace berth::op {

struct AdmitterLimits {
  /// Workloads written at once; further ones wait in the order decided.
  std::size_t workloads_in_flight_max = 32;
  /// Members of one gang written at once, after the first.
  std::size_t members_in_flight_max = 16;
  /// Tries for one member before its workload goes back to the queue.
  std::size_t tries_max = 5;
};

class Admitter {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    FailpointPlan& failpoints;
    telemetry::Logger log;
  };
  /// Told once for each workload whose every write took effect.
  using Admitted = std::function<void(const allocation::Admission&)>;

  Admitter(Parts parts, AdmitterLimits limits, Admitted admitted);

  /// Starts to write `admissions`, which the observer counts from now on.
  void admit(std::vector<allocation::Admission> admissions);
  /// Writes new planned nodes of pods that lost theirs before they were bound. Nothing is tried
  /// again here: the next cycle sees what is still amiss.
  void replan(std::vector<allocation::Replanning> replannings);
  /// Ends when nothing is being written or waiting to be.
  [[nodiscard]] async::Task<void> drain();
  [[nodiscard]] std::size_t in_flight() const { return group_.running(); }

private:
  /// How writing one member ended: it is admitted by this record; the pod is gone; it is not the
  /// pod that was decided on any more; nobody knows.
  enum class Written { Done, Gone, Overtaken, Unknown };

  void start_next();
  [[nodiscard]] async::Task<void> write_workload(std::shared_ptr<allocation::Admission> admission);
  [[nodiscard]] async::Task<bool> write_members(const allocation::Admission& admission,
                                                std::size_t first);
  [[nodiscard]] async::Task<void> write_into(const allocation::MemberAdmission& member,
                                             bool* all_done);
  [[nodiscard]] async::Task<Written> write_member(const allocation::MemberAdmission& member);
  /// The one patch that admits; before it the nomination, where the record says so.
  [[nodiscard]] async::Task<Result<void>> write_record(const cluster::Pod& known,
                                                       const allocation::AdmissionRecord& record);
  [[nodiscard]] async::Task<void> write_replanning(allocation::Replanning replanning);
  [[nodiscard]] async::Task<Result<cluster::Pod>> read(kube::ObjectKey key);
  void give_up(const allocation::Admission& admission);

  Parts parts_;
  AdmitterLimits limits_;
  Admitted admitted_;
  std::deque<std::shared_ptr<allocation::Admission>> queued_;
  std::size_t writing_ = 0;
  async::TaskGroup group_;
};

} // namespace berth::op
