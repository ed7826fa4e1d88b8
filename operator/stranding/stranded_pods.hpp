#pragma once
// StrandedPods: evicts pods that are pinned to candidates of which none can take them any more
// (AllocationPolicy.placement.mode Candidates), so that their controllers make them again. A loss
// that heals by itself within a grace period costs nothing. So are those that candidates could
// take, and that kube-scheduler finds no node for all the same: an extender after ours may refuse
// them all. The next pods of such a controller are pinned to none for a while. A pod that was bound
// meanwhile is never touched: the eviction names the version that was seen.

#include <cstddef>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/async/executor.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/failpoint.hpp"
#include "operator/leads.hpp"

namespace berth::op {

struct StrandedPodsOptions {
  /// How long a pod has had no candidate before it is evicted.
  Duration grace = std::chrono::seconds{10};
  /// How long kube-scheduler has found no node for a pod with candidates before it is evicted. It
  /// tries each again within 5 minutes.
  Duration refused_grace = std::chrono::minutes{6};
  /// How long the pods of its controller are pinned to no candidates then.
  Duration unpinned_for = std::chrono::hours{1};
  /// Controllers that are remembered so.
  std::size_t unpinned_max = 4096;
  Duration look_every = std::chrono::seconds{2};
  /// Evictions in one look; the rest follows in the next ones.
  std::size_t evictions_per_look_max = 50;
};

class StrandedPods {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    kube::EventRecorder& events;
    FailpointPlan& failpoints;
    telemetry::AllocationMetrics& metrics;
    Leads leads;
    telemetry::Logger log;
  };
  StrandedPods(Parts parts, StrandedPodsOptions options)
      : parts_(std::move(parts)), options_(options) {}

  /// All that are stranded as of the newest plan.
  void report(std::vector<allocation::Stranding> strandings);
  /// Whose pods are to be pinned to no candidates now.
  [[nodiscard]] std::set<allocation::EvictionKey> unpinned();
  /// Evicts what became due until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);

private:
  struct Seen {
    allocation::Stranding stranding;
    SteadyPoint since{};
  };
  [[nodiscard]] async::Task<void> look();
  void note_refused(SteadyPoint now);
  void unpin(const allocation::PodView& pod);
  [[nodiscard]] async::Task<void> evict(PodUid uid, std::string why);

  Parts parts_;
  StrandedPodsOptions options_;
  std::map<PodUid, Seen> seen_;
  std::map<PodUid, SteadyPoint> refused_since_; ///< candidates could take them, and none does
  std::map<allocation::EvictionKey, SteadyPoint> unpinned_until_;
};

} // namespace berth::op
