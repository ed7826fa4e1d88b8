#pragma once
// The observe part of what looks at the cluster as the operator does: every object that allocation
// looks at, listed once and read by the same code, as one snapshot. It costs the API server lists
// of all pods and nodes.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/allocation/allocation_memory.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

struct ObservedCluster {
  std::shared_ptr<const allocation::ClusterSnapshot> snapshot;
  /// As far as statuses and records tell it.
  std::shared_ptr<const allocation::AllocationMemory> memory;
  /// Requests that may not start yet.
  std::map<WorkloadId, allocation::HeldBack> held_back;
  /// What the statuses of pools tell (T1, T3).
  std::map<PoolName, allocation::MeasuredUse> measured;
  std::vector<std::string> unreadable;
};

[[nodiscard]] async::Task<Result<ObservedCluster>> observe_cluster(kube::Client& client,
                                                                   TimePoint now);

} // namespace berth::cli
