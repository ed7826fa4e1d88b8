#pragma once
// The observe part of `kubectl berth queue`: policies, quotas, namespaces, the pods that are not
// bound and AllocationRequests. What runs is known from the statuses of the quotas.

#include <memory>
#include <string>
#include <vector>

#include "lib/allocation/subject.hpp"
#include "lib/api/allocation_policy.hpp"
#include "lib/api/allocation_request.hpp"
#include "lib/api/quota.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/cluster/priority_class.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

struct ObservedQueue {
  std::vector<std::shared_ptr<const api::AllocationPolicy>> policies;
  std::vector<std::shared_ptr<const api::Quota>> quotas;
  std::vector<allocation::NamespaceView> namespaces; ///< as far as they may be read
  std::vector<std::shared_ptr<const cluster::Pod>> pods;
  std::vector<std::shared_ptr<const api::AllocationRequest>>
      requests; ///< as far as they may be read
  std::vector<std::shared_ptr<const cluster::PriorityClass>> priorities; ///< where requests are
  /// Whether the pods and requests are those of the whole cluster; positions are only known then.
  bool whole = false;
  std::vector<std::string> unreadable;
};

/// `ns`: only the pods and requests of that namespace; empty: of all.
[[nodiscard]] async::Task<Result<ObservedQueue>> observe_queue(kube::Client& client,
                                                               std::string ns);

/// For explain too. A namespace that may not be read counts as one without labels.
[[nodiscard]] async::Task<Result<allocation::NamespaceView>> observe_namespace(kube::Client& client,
                                                                               std::string name);

} // namespace berth::cli
