#pragma once
// ClusterSnapshot: one immutable, numbered picture of all that allocation looks at. Made by
// ClusterState::publish() and read by any thread without locks: the cycle, the extender's verbs,
// the status writers. Copy-on-write: two snapshots share whatever did not change between them.

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/allocation/fragmentation.hpp"
#include "lib/allocation/holds.hpp"
#include "lib/allocation/ledger.hpp"
#include "lib/allocation/namespace_quota.hpp"
#include "lib/allocation/node_table.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/pool.hpp"
#include "lib/allocation/quota_tree.hpp"
#include "lib/allocation/reservation.hpp"
#include "lib/allocation/rule_book.hpp"
#include "lib/allocation/workload.hpp"
#include "lib/base/clock.hpp"

namespace berth::allocation {

/// Counts publications of one ClusterState; a later snapshot has a higher one.
struct Generation {
  std::uint64_t number = 0;
  friend auto operator<=>(const Generation&, const Generation&) = default;
};

/// A pod by where it is charged.
struct NodePod {
  NodeName node{};
  PodUid pod{};
  friend auto operator<=>(const NodePod&, const NodePod&) = default;
};

struct ClusterSnapshot {
  Generation generation{};
  TimePoint as_of{}; ///< the time it was published for; `holds` are right for it
  /// When the passing of time alone makes another one of it: a window opens or closes, a burst of a
  /// pool begins or ends.
  TimePoint right_until = TimePoint::max();

  std::shared_ptr<const NodeTable> nodes{};
  NodeLoads loads{};
  std::shared_ptr<const FragmentationModel> fragmentation{}; ///< never null once published
  std::vector<std::shared_ptr<const PoolSpec>> pools{};      ///< sorted by name
  std::map<PoolName, ResourceSum> pool_use{}; ///< what managed pods hold of each pool
  std::shared_ptr<const QuotaForest> quotas{};
  QuotaUseView quota_use{};
  ChargeView charges{};
  std::vector<std::shared_ptr<const ReservationSpec>> reservations{}; ///< sorted by name
  std::map<ReservationName, ReservationUse> reservation_use{};
  OpenWindows open_windows{};
  std::shared_ptr<const Holds> holds{}; ///< of those windows
  /// Every pod that is known, and every workload with members that wait.
  OrderedView<PodUid, std::shared_ptr<const PodView>> pods{};
  OrderedView<WorkloadId, std::shared_ptr<const Workload>> waiting{};
  /// Pods that are charged to a node and not bound yet: admitted and planned there, or nominated by
  /// kube-scheduler. Their weight is part of `loads`, but kube-scheduler does not see it on the
  /// node.
  OrderedView<NodePod, std::shared_ptr<const PodView>> expected{};
  /// Admitted pods that are bound nowhere and whose planned nodes are all gone.
  OrderedView<PodUid, std::shared_ptr<const PodView>> homeless{};
  /// Pods with a NominationRecord that are not terminal, whether or not they still wait.
  OrderedView<PodUid, std::shared_ptr<const PodView>> nominated{};
  /// Pods that were told of an eviction and are neither terminal nor being deleted.
  OrderedView<PodUid, std::shared_ptr<const PodView>> noticed{};
  /// Pods with a quota, by the node that they are charged to.
  OrderedView<NodePod, std::shared_ptr<const PodView>> on_nodes{};
  /// Of all with a quota those that may_end(), by the node that they are charged to, if any.
  OrderedView<NodePod, std::shared_ptr<const PodView>> ending{};
  std::shared_ptr<const std::map<std::string, NamespaceView>> namespaces{};
  std::vector<std::shared_ptr<const PolicySpec>> policies{}; ///< oldest first, then by name
  std::shared_ptr<const RuleBook> rules{}; ///< of those policies; never null once published
  /// By namespace; shared, since they seldom change.
  std::shared_ptr<const std::multimap<std::string, NamespaceQuota>> namespace_quotas{};

  /// nullptr if there is none.
  [[nodiscard]] const PoolSpec* find_pool(const PoolName& name) const;
  [[nodiscard]] const ReservationSpec* find_reservation(const ReservationName& name) const;
  [[nodiscard]] const PodView* find_pod(const PodUid& uid) const;
  /// policy_for() of those in force.
  [[nodiscard]] const PolicySpec& policy_of(const PoolName& pool) const;
  /// nullptr if the namespace is not known.
  [[nodiscard]] const Labels* namespace_labels(const std::string& name) const;
};

/// The oldest policy that names the pool, else the oldest that names none, else the defaults.
/// `policies`: oldest first.
[[nodiscard]] const PolicySpec&
policy_for(std::span<const std::shared_ptr<const PolicySpec>> policies, const PoolName& pool);

/// "<namespace>/<name>" as people call the workload; the id itself if none of its pods is known.
[[nodiscard]] std::string name_of(const ClusterSnapshot& snapshot, const WorkloadId& workload);

/// The quota's name and those above it, up to its root; only its name if there is no such quota,
/// none for an empty name.
[[nodiscard]] std::vector<QuotaName> path_to_root(const QuotaForest& quotas,
                                                  const QuotaName& quota);

/// Whether the quota holds more of some resource in the pool than its nominal amount.
[[nodiscard]] bool is_over_nominal(const ClusterSnapshot& snapshot, const QuotaName& quota,
                                   const PoolName& pool);

/// The policy that says the order of the quota's work: that of the first pool of its list that
/// exists.
[[nodiscard]] const PolicySpec& policy_of(const ClusterSnapshot& snapshot, const QuotaSpec& quota);
/// That pool; of a quota whose pools all do not exist the first of its list.
[[nodiscard]] PoolName ordering_pool(const ClusterSnapshot& snapshot, const QuotaSpec& quota);

/// What bounds evictions in the pool.
[[nodiscard]] const PreemptionPolicy& preemption_of(const ClusterSnapshot& snapshot,
                                                    const Policy& policy, const PoolName& pool);

/// How the pool's admissions name nodes, and who gets a planned start there.
[[nodiscard]] const Placement& placement_of(const ClusterSnapshot& snapshot, const Policy& policy,
                                            const PoolName& pool);
[[nodiscard]] const BackfillPolicy& backfill_of(const ClusterSnapshot& snapshot,
                                                const Policy& policy, const PoolName& pool);

/// What is left of every quota: charges of pods, and what open reservations hold for their payers
/// beyond what their holders use.
/// Burst work (Q6) counts as far as Q2 has room for it now; the rest weighs on its own quota only.
[[nodiscard]] QuotaBalance balance_of(const ClusterSnapshot& snapshot);
/// The same with other holds than the snapshot's own.
[[nodiscard]] QuotaBalance balance_of(const ClusterSnapshot& snapshot, const Holds& holds);

} // namespace berth::allocation
