#pragma once
// ClusterState: the one mutable picture of the cluster. A single writer (a strand) feeds it objects
// as the watches bring them, in any order, and publishes snapshots. It decides nothing: it resolves
// which pool a node is in, which quota a pod is charged to and which pods form a workload, and
// keeps the ledger (L1 to L5). Cost follows what changed; a change of a quota's subjects, of a
// pool's selector or of a namespace's labels resolves everything again.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lib/allocation/ledger.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

class ClusterState {
public:
  /// Its first snapshot has the generation after `last`: a state that takes another's place goes on
  /// where that one was.
  explicit ClusterState(Generation last = {});
  ~ClusterState();
  ClusterState(const ClusterState&) = delete;
  ClusterState& operator=(const ClusterState&) = delete;
  ClusterState(ClusterState&&) noexcept;
  ClusterState& operator=(ClusterState&&) noexcept;

  /// Each says whether allocation can tell the difference; false: no new cycle is needed.
  bool upsert_pod(PodView pod);
  bool remove_pod(const PodUid& uid);
  bool upsert_node(NodeView node);
  bool remove_node(const NodeName& name);
  bool upsert_pool(PoolSpec pool);
  bool remove_pool(const PoolName& name);
  bool upsert_quota(QuotaSpec quota);
  bool remove_quota(const QuotaName& name);
  bool upsert_namespace(NamespaceView name_space);
  bool remove_namespace(const std::string& name);
  bool upsert_reservation(ReservationSpec reservation);
  bool remove_reservation(const ReservationName& name);
  bool upsert_policy(PolicySpec policy);
  bool remove_policy(const std::string& name);
  /// By namespace and name.
  bool upsert_namespace_quota(NamespaceQuota quota);
  bool remove_namespace_quota(const std::string& name_space, const std::string& name);

  /// The state as of now. The same objects, fed in any order and over any history, give snapshots
  /// that differ only in their generation (L3). Publish again when
  /// ClusterSnapshot::right_until has come.
  [[nodiscard]] std::shared_ptr<const ClusterSnapshot> publish(TimePoint now);

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::allocation
