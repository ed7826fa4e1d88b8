#pragma once
// Accounts: what the statuses say, summed up once per snapshot for all objects that are reconciled
// on it. Pure.

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "lib/allocation/snapshot.hpp"
#include "lib/cluster/node.hpp"
#include "lib/kube/store.hpp"

namespace berth::op {

struct Accounts {
  std::shared_ptr<const allocation::ClusterSnapshot> snapshot;
  allocation::QuotaBalance balance;
  std::vector<allocation::SubjectOverlap> subject_overlaps;
  std::vector<allocation::PoolOverlap> node_overlaps;
  /// What each quota and all below it hold, by pool.
  std::map<QuotaName, std::map<PoolName, resources::ResourceSum>> subtree_use;
  /// Workloads that hold something, by quota; a gang counts once.
  std::map<QuotaName, std::int32_t> admitted;
  /// Pods inside each reservation, oldest first.
  std::map<ReservationName, std::vector<std::shared_ptr<const allocation::PodView>>> holders;
  /// status.capacity of each pool's nodes, ready or not.
  std::map<PoolName, resources::ResourceVector> node_capacity;
};

[[nodiscard]] Accounts sum_up(std::shared_ptr<const allocation::ClusterSnapshot> snapshot,
                              const kube::Store<cluster::Node>& nodes);

} // namespace berth::op
