#pragma once
// Leader: everything that only the leading replica does, wired together. main() makes one when the
// lease is won; simulations make one over a simulated API server. A standby keeps its observer
// running, so that it can lead at once.

#include <memory>
#include <stop_token>

#include "lib/cluster/observer.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"
#include "lib/telemetry/tracing/tracer.hpp"
#include "operator/failpoint.hpp"
#include "operator/leads.hpp"
#include "operator/options.hpp"

namespace berth::op {

class Leader {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    kube::EventRecorder& events;
    FailpointPlan& failpoints;
    telemetry::Registry& registry;
    telemetry::AllocationMetrics& metrics;
    telemetry::Logger log;
    Leads leads = [] { return true; };
    telemetry::Tracer tracer{};
  };
  Leader(Parts parts, const OperatorOptions& options, std::uint64_t seed);
  ~Leader();

  /// Waits until the observer has synced, then works until `stop`; writes under way are finished,
  /// decisions of which nothing is written yet are dropped.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Whether nothing is being written or waiting to be: what tests wait for.
  [[nodiscard]] bool is_idle() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::op
