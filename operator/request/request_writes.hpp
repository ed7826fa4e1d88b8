#pragma once
// RequestWrites: what preemption writes on AllocationRequests, unit by unit as it does on pods: the
// notice is an annotation of the request, which its units share, and an eviction is the end of the
// whole request in its status. The first unit is written for all of them. For PodWrites only.

#include <functional>
#include <memory>
#include <string>

#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "operator/status/status_writer.hpp"

namespace berth::op {

class RequestWrites {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    StatusWriter writer;
  };
  explicit RequestWrites(Parts parts) : parts_(std::move(parts)) {}

  /// The unit with the metadata of its request; null if that is gone.
  [[nodiscard]] std::shared_ptr<const cluster::Pod> known(const PodUid& unit) const;
  using Patch = std::function<std::string(const cluster::Pod&)>;
  [[nodiscard]] async::Task<Result<void>> patch(PodUid unit, Patch patch);
  [[nodiscard]] async::Task<Result<cluster::Pod>> read(PodUid unit);
  /// P2: what it holds goes to others.
  [[nodiscard]] async::Task<Result<void>> revoke(PodUid unit);

private:
  Parts parts_;
};

} // namespace berth::op
