#pragma once
// GangWatch: rolls back gangs that were admitted and do not come to run whole in time (G1). A gate
// cannot be put back, so the members are deleted and their controller makes new ones, which wait
// with back-off. Left alone, and only reported, are gangs whose members nobody would make again,
// and gangs that ran whole before and lost members that nobody makes again: their work goes on.
//
// Since when a gang is partial is known to this leader alone; what was rolled back is written on
// the pods, and recall() finds it.

#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "lib/allocation/policy.hpp"
#include "lib/async/executor.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/decision_log/input_book.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/failpoint.hpp"
#include "operator/gang/gang_rollback.hpp"
#include "operator/leads.hpp"

namespace berth::op {

struct GangWatchOptions {
  Duration timeout = std::chrono::seconds{300}; ///< gangTimeoutSeconds
  Duration look_every = std::chrono::seconds{5};
  Duration backoff_initial = std::chrono::seconds{60};
  Duration backoff_max = std::chrono::seconds{3600};
};

class GangWatch {
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
  GangWatch(Parts parts, GangWatchOptions options);

  /// Takes over from the leader before; to be called on synced caches, before the first cycle.
  void recall();
  /// Looks until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Those that were rolled back since it was asked last; at most kRolledBackMax.
  [[nodiscard]] std::vector<decision_log::RolledBackGang> take_rolled_back() {
    return std::exchange(rolled_back_since_, {});
  }
  static constexpr std::size_t kRolledBackMax = 4096;
  /// Gangs that may not be admitted before a time, after a rollback.
  [[nodiscard]] std::map<WorkloadId, allocation::HeldBack> held_back() const;

private:
  struct Seen {
    SteadyPoint since{};
    bool reported = false;
  };
  [[nodiscard]] async::Task<void> look();
  [[nodiscard]] std::vector<AdmittedGang> find_overdue();
  [[nodiscard]] Duration timeout_of(const AdmittedGang& gang,
                                    const allocation::ClusterSnapshot& snapshot) const;
  [[nodiscard]] std::string why_left_alone(const AdmittedGang& gang) const;
  [[nodiscard]] async::Task<void> roll_back(AdmittedGang gang);
  [[nodiscard]] api::RollbackRecord next_record(const WorkloadId& gang) const;
  [[nodiscard]] async::Task<void> pass_on_records();
  void forget_old_records();
  void tell(const AdmittedGang& gang, const std::string& what);

  Parts parts_;
  GangWatchOptions options_;
  GangRollback rollback_;
  std::map<WorkloadId, Seen> partial_;
  std::set<WorkloadId> ran_whole_;  ///< of those that still hold something
  std::set<WorkloadId> unfinished_; ///< rollbacks that have begun
  std::map<WorkloadId, api::RollbackRecord> rolled_back_;
  std::vector<decision_log::RolledBackGang> rolled_back_since_; ///< the audit asked last
};

} // namespace berth::op
