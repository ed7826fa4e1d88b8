#pragma once
// The observe part of `kubectl berth explain`: a pod, the members of a gang or the units of an
// AllocationRequest, and what is told about them: their namespace, quotas, pools and events.

#include <memory>
#include <string>
#include <vector>

#include "lib/allocation/subject.hpp"
#include "lib/api/allocation_request.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/cluster/priority_class.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// One event about the subject, as far as people read it.
struct EventNote {
  TimePoint at{}; ///< the last time
  std::int64_t count = 1;
  std::string reason{};
  std::string note{};

  friend bool operator==(const EventNote&, const EventNote&) = default;
};

struct ObservedExplain {
  kube::ObjectKey subject{};
  /// The pod of that name; null where the name is a gang's or a request's.
  std::shared_ptr<const cluster::Pod> pod;
  /// Of the gang, or of the pod's gang; the request's units; empty for a single pod.
  std::vector<std::shared_ptr<const cluster::Pod>> members;
  /// Where neither a pod nor a gang has the name. One that has ended has no units.
  std::shared_ptr<const api::AllocationRequest> request;
  std::vector<std::shared_ptr<const cluster::PriorityClass>> priorities; ///< for a request
  allocation::NamespaceView name_space{};
  std::vector<std::shared_ptr<const api::Quota>> quotas;
  std::vector<std::shared_ptr<const api::ResourcePool>> pools;
  std::vector<EventNote> events; ///< of the pod, or of the gang's oldest member
  std::vector<std::string> unreadable;
};

/// NotFound when there is neither a pod, a gang nor an AllocationRequest of that name. Events that
/// may not be read are left out.
[[nodiscard]] async::Task<Result<ObservedExplain>> observe_explain(kube::Client& client,
                                                                   kube::ObjectKey subject);

} // namespace berth::cli
