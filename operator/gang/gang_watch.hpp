#pragma once
// GangWatch: rolls back gangs that were admitted and did not come to run whole in time (G1). A gate
// cannot be put back, so the members are deleted (under their UID) and their controller makes new
// ones, which wait with back-off. A member that nobody would make again is never deleted: its gang
// is only reported.

#include <cstddef>
#include <functional>
#include <map>
#include <stop_token>
#include <vector>

#include "lib/async/executor.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/failpoint.hpp"

namespace berth::op {

/// A gang of which some member is admitted and not every member is bound.
struct PartialGang {
  WorkloadId id{};
  std::int32_t size = 0;
  /// Admitted members that are neither terminal nor terminating, by UID.
  std::vector<std::shared_ptr<const allocation::PodView>> members{};
  std::int32_t bound = 0; ///< how many of them are
};

/// Every partial gang of the snapshot, by id. Gangs with a member that has ended are running.
[[nodiscard]] std::vector<PartialGang> partial_gangs(const allocation::ClusterSnapshot& snapshot);

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
    FailpointPlan& failpoints;
    telemetry::Logger log;
  };
  GangWatch(Parts parts, GangWatchOptions options);

  /// Looks until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Gangs that may not be admitted before a time, after a rollback.
  [[nodiscard]] std::map<WorkloadId, TimePoint> held_back() const;

private:
  struct Seen {
    SteadyPoint since{};
    bool reported = false;
  };
  struct RolledBack {
    unsigned times = 0;
    TimePoint held_until{};
  };
  [[nodiscard]] async::Task<void> look();
  [[nodiscard]] async::Task<void> roll_back(PartialGang gang);
  [[nodiscard]] bool can_be_made_again(const PartialGang& gang) const;
  void tell(const PartialGang& gang, const std::string& what);

  Parts parts_;
  GangWatchOptions options_;
  std::map<WorkloadId, Seen> partial_;
  std::map<WorkloadId, RolledBack> rolled_back_;
};

} // namespace berth::op
