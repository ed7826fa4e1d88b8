#pragma once
// WorkQueue: keys waiting to be reconciled. A key waits at most once, is worked on by one worker at
// a time, and one that is added while it is worked on comes again afterwards. Failures back off per
// key, and all retries together keep to a rate. Single-threaded, on one executor.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <stop_token>

#include "lib/async/signal.hpp"
#include "lib/kube/object.hpp"
#include "lib/kube/outcome.hpp"
#include "lib/kube/rate_limiter.hpp"

namespace berth::kube {

struct WorkQueueOptions {
  Duration backoff_initial = std::chrono::milliseconds{5};
  Duration backoff_max = std::chrono::seconds{1000};
  /// Of all keys together: what fails everywhere at once must not become a storm.
  double retry_qps = 10;
  std::size_t retry_burst = 100;
  std::size_t workers = 1;
  /// Told how long a key waited until a worker took it; for metrics.
  std::function<void(std::chrono::nanoseconds)> on_taken{};
};

/// What a queue has counted since it was made.
struct WorkQueueStats {
  std::size_t adds = 0;    ///< keys that came to wait; one that waits already is not counted again
  std::size_t retries = 0; ///< keys put off after a failure
};

class WorkQueue {
public:
  WorkQueue(async::Executor& executor, WorkQueueOptions options);
  ~WorkQueue();

  void add(ObjectKey key);
  /// Adds the key once `delay` has passed; of several delays of one key the shortest counts.
  void add_after(ObjectKey key, Duration delay);

  using Reconcile = std::function<async::Task<Outcome>(ObjectKey)>;
  /// Told of every finished reconcile and how long it took; for metrics and logs.
  using Observer = std::function<void(const ObjectKey&, const Outcome&, Duration)>;

  /// Works with options.workers workers until `stop`; what is being worked on then is finished.
  [[nodiscard]] async::Task<void> run(Reconcile reconcile, Observer observer, std::stop_token stop);

  [[nodiscard]] std::size_t depth() const { return ready_.size(); }
  [[nodiscard]] std::size_t delayed() const { return delayed_.size(); }
  [[nodiscard]] std::size_t working() const { return working_.size(); }
  [[nodiscard]] const WorkQueueStats& stats() const { return stats_; }

private:
  struct Ready {
    ObjectKey key;
    SteadyPoint since;
  };
  struct Delayed {
    SteadyPoint due;
    async::TimerId timer;
  };
  [[nodiscard]] async::Task<void> work(Reconcile& reconcile, Observer& observer,
                                       std::stop_token stop);
  [[nodiscard]] ObjectKey take();
  void settle(const ObjectKey& key, const Outcome& outcome);
  [[nodiscard]] Duration retry_delay(const ObjectKey& key, const Outcome& outcome);

  async::Executor& executor_;
  WorkQueueOptions options_;
  async::Signal arrived_;
  std::deque<Ready> ready_;
  std::set<ObjectKey> waiting_; ///< what ready_ holds
  std::set<ObjectKey> working_;
  std::set<ObjectKey> again_; ///< added while being worked on
  std::map<ObjectKey, Delayed> delayed_;
  std::map<ObjectKey, unsigned> failures_; ///< in a row
  RateLimiter retries_;
  WorkQueueStats stats_;
};

} // namespace berth::kube
