#pragma once
// RequestKeeper: carries out what is decided about AllocationRequests: one write of the status
// gives all units, moves those whose node is lost, or says why it waits and that it has ended.
// Until the watch shows a grant the observer counts it as done. It decides nothing.

#include <deque>
#include <map>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/async/task_group.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/events.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"
#include "operator/leads.hpp"
#include "operator/status/status_writer.hpp"

namespace berth::op {

struct RequestKeeperLimits {
  /// Requests written at once; further ones wait in the order decided.
  std::size_t writes_in_flight_max = 64;
  /// How long a grant whose fate is unknown is believed while the watch does not show it.
  Duration confirmation_max = std::chrono::seconds{60};
  /// How long the watch gets to show why a write was overtaken.
  Duration reconsidered_after = std::chrono::seconds{1};
  /// A request that the API server refused to grant is not decided on for so long.
  Duration refused_backoff = std::chrono::minutes{5};
};

class RequestKeeper {
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
  RequestKeeper(Parts parts, RequestKeeperLimits limits);

  /// Takes the admissions of requests out of the plan's, and writes them.
  void grant(std::vector<allocation::Admission>& admissions);
  /// The same with units that lost their node.
  void move(std::vector<allocation::Replanning>& replannings);
  /// Not before their time (spec.notBefore), nor soon after a refusal.
  [[nodiscard]] std::map<WorkloadId, allocation::HeldBack> held_back();
  /// Gives up what no write has begun of: to be called as soon as this replica stops to lead.
  void drop_queued();

  [[nodiscard]] async::Task<void> drain() { return group_.join(); }
  [[nodiscard]] std::size_t in_flight() const { return group_.running(); }

private:
  void start_next();
  void give_up(const allocation::Admission& admission, Duration time);
  void tell_granted(const api::AllocationRequest& request,
                    const allocation::AdmissionRecord& record);
  void count(const Result<bool>& written, const allocation::Admission& admission);
  [[nodiscard]] bool is_spared(const api::WorkloadRef& victim) const;
  void note_failure(const allocation::Admission& admission, const Error& error);
  [[nodiscard]] async::Task<void> write_grant(allocation::Admission admission);
  [[nodiscard]] async::Task<void> write_move(std::vector<allocation::Replanning> units);

  Parts parts_;
  RequestKeeperLimits limits_;
  StatusWriter writer_;
  std::deque<allocation::Admission> queued_;
  std::size_t writing_ = 0;
  std::map<WorkloadId, allocation::HeldBack> refused_;
  async::TaskGroup group_;
};

} // namespace berth::op
