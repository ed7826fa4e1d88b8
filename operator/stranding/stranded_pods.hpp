#pragma once
// StrandedPods: evicts pods that are pinned to candidates of which none can take them any more
// (AllocationPolicy.placement.mode Candidates), so that their controllers make them again. A loss
// that heals by itself within a grace period costs nothing. A pod that was bound meanwhile is never
// touched: the eviction names the version that was seen.

#include <cstddef>
#include <map>
#include <stop_token>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/async/executor.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/leads.hpp"

namespace berth::op {

struct StrandedPodsOptions {
  /// How long a pod has had no candidate before it is evicted.
  Duration grace = std::chrono::seconds{10};
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
    Leads leads;
    telemetry::Logger log;
  };
  StrandedPods(Parts parts, StrandedPodsOptions options)
      : parts_(std::move(parts)), options_(options) {}

  /// All that are stranded as of the newest plan.
  void report(std::vector<allocation::Stranding> strandings);
  /// Evicts what became due until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);

private:
  struct Seen {
    allocation::Stranding stranding;
    SteadyPoint since{};
  };
  [[nodiscard]] async::Task<void> look();
  [[nodiscard]] async::Task<void> evict(allocation::Stranding stranding);

  Parts parts_;
  StrandedPodsOptions options_;
  std::map<PodUid, Seen> seen_;
};

} // namespace berth::op
