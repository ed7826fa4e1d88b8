#pragma once
// ChangeFeed: how the simulated controllers (scheduler, kubelet, disruption) observe the cluster: a
// position in the server's history, seen through a watch cache that may lag. It spares them the
// reflector that real programs need; those are tested with their own.

#include <memory>
#include <vector>

#include "tests/support/simulation/watch_cache.hpp"

namespace berth::simulation {

class ChangeFeed {
public:
  explicit ChangeFeed(SimulatedApiServer& server);

  /// What became visible since the last call. The first call answers what is there as additions.
  [[nodiscard]] std::vector<Change> take();
  /// True when there may be something to take, or after `span`; false when `stop` was requested.
  [[nodiscard]] async::Task<bool> wait(Duration span, std::stop_token stop);
  /// For lag and hold.
  [[nodiscard]] WatchCache& cache() { return *cache_; }

private:
  [[nodiscard]] std::vector<Change> take_all() const;

  SimulatedApiServer& server_;
  std::shared_ptr<WatchCache> cache_;
  std::shared_ptr<Wakeup> wakeup_;
  Revision position_ = 0;
  bool started_ = false;
};

} // namespace berth::simulation
