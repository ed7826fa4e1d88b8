#pragma once
// PodWrites: the single requests that preemption consists of, each under the pod's UID, asked for
// only while this replica leads. Units of AllocationRequests go by RequestWrites. It knows nothing
// of plans and tries nothing again.

#include <functional>

#include "lib/async/executor.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "operator/leads.hpp"
#include "operator/request/request_writes.hpp"

namespace berth::op {

class PodWrites {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    FailpointPlan& failpoints;
    Leads leads;
  };
  explicit PodWrites(Parts parts)
      : parts_(std::move(parts)), requests_({parts_.client, parts_.executor, parts_.observer,
                                             StatusWriter{parts_.client, parts_.failpoints,
                                                          parts_.leads, parts_.executor.clock()}}) {
  }

  /// As the watch shows it; null if it is gone.
  [[nodiscard]] std::shared_ptr<const cluster::Pod> known(const PodUid& pod) const;

  using Patch = std::function<std::string(const cluster::Pod&)>;
  /// A merge patch of the pod as the watch shows it; Conflict if that has changed meanwhile.
  [[nodiscard]] async::Task<Result<void>> patch(PodUid pod, Patch patch);
  /// The pod as the API has it at this moment (quorum read); NotFound if it is another one by now.
  [[nodiscard]] async::Task<Result<cluster::Pod>> read(PodUid pod);
  /// Forbidden where a PodDisruptionBudget, or who else may, says no.
  [[nodiscard]] async::Task<Result<void>> may_evict(PodUid pod);
  [[nodiscard]] async::Task<Result<void>> evict(PodUid pod);

private:
  [[nodiscard]] Result<kube::ObjectKey> key_of(const PodUid& pod) const;

  Parts parts_;
  RequestWrites requests_;
};

} // namespace berth::op
