#pragma once
// StatusLoop: keeps the statuses of pools, quotas, reservations, requests and policies true. When
// the snapshot or the plan has changed it looks at every object again, at most once per interval.
// For pools and quotas the interval grows with the number of statuses that change each time, and
// what they say is summed up once in it. An object that changes itself is looked at at once. It
// writes only what differs; failures come back with back-off, one object at a
// time.

#include <memory>
#include <stop_token>

#include "lib/async/executor.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/cluster/time_zones.hpp"
#include "lib/kube/events.hpp"
#include "lib/kube/work_queue.hpp"
#include "lib/telemetry/catalog.hpp"
#include "operator/cycle/allocation_loop.hpp"
#include "operator/reservation/metric_reader.hpp"
#include "operator/status/accounts.hpp"
#include "operator/status/status_news.hpp"
#include "operator/status/status_writer.hpp"

namespace berth::op {

class StatusLoop {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    const AllocationLoop& allocation;
    kube::EventRecorder& events;
    FailpointPlan& failpoints;
    telemetry::Registry& registry;
    telemetry::AllocationMetrics& metrics;
    Leads leads;
    telemetry::Logger log;
  };
  StatusLoop(Parts parts, Duration interval);
  ~StatusLoop();

  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Objects whose status is waiting to be looked at or written.
  [[nodiscard]] std::size_t pending() const;

private:
  struct Controller;

  void listen();
  void look_at_all();
  /// Pools and quotas, if something changed and enough time has passed since they were written.
  void look_at_sums();
  [[nodiscard]] kube::Outcome outcome_of(const Result<bool>& written);
  [[nodiscard]] async::Task<kube::Outcome> reconcile_pool(kube::ObjectKey key);
  [[nodiscard]] async::Task<kube::Outcome> reconcile_quota(kube::ObjectKey key);
  [[nodiscard]] async::Task<kube::Outcome> reconcile_reservation(kube::ObjectKey key);
  [[nodiscard]] async::Task<kube::Outcome> reconcile_request(kube::ObjectKey key);
  /// The pool's measured use has changed.
  void look_at_triggers(const api::ResourcePool& pool);
  [[nodiscard]] async::Task<kube::Outcome> reconcile_policy(kube::ObjectKey key);

  Parts parts_;
  Duration interval_;
  StatusWriter writer_;
  StatusNews news_;
  MetricReader metrics_api_;
  cluster::TimeZones time_zones_;
  /// What statuses are decided on.
  struct Picture {
    std::shared_ptr<const Accounts> accounts{};
    std::shared_ptr<const PlanDigest> plan{};
  };
  Picture newest_;
  Picture sums_;            ///< of pools and quotas, as they were looked at
  std::size_t written_ = 0; ///< statuses since the sums were looked at
  bool are_sums_due_ = false;
  SteadyPoint sums_next_{};
  bool is_exposed_ = false; ///< the gauges show each status as it was last seen
  std::unique_ptr<Controller> pools_;
  std::unique_ptr<Controller> quotas_;
  std::unique_ptr<Controller> reservations_;
  std::unique_ptr<Controller> requests_;
  std::unique_ptr<Controller> policies_;
};

} // namespace berth::op
