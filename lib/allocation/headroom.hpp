#pragma once
// Headroom: what quotas, tenants, pool-level resources and reservations have left as a cycle admits
// one workload after the other. Nodes are WorkloadPlacer's. Work inside a reservation is paid for
// by the reservation's payer, who is charged for the promise already: only what goes beyond it
// needs room.

#include <map>
#include <optional>
#include <vector>

#include "lib/allocation/quota_tree.hpp"
#include "lib/allocation/running_work.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/tenant_shares.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

/// A site together with the quota that would be charged there.
struct Option {
  Site site{};
  QuotaIndex payer = 0;
  ReservationName reservation{}; ///< empty outside of one; set also where its window has closed
  /// For members that a gang which runs lacks of its least (G3): what the pool gives up is no
  /// matter to them (T3).
  bool completes_gang = false;
};

class Headroom {
public:
  /// `balance`: with all that is charged and held. Snapshot and holds must outlive it.
  Headroom(const ClusterSnapshot& snapshot, const Holds& holds, QuotaBalance balance);

  /// Q2, for a workload that asks for `total` there.
  [[nodiscard]] std::optional<QuotaShortfall> quota_shortfall(const Option& option,
                                                              const ResourceVector& total) const;
  /// L2 for what the pool has and no node does.
  [[nodiscard]] std::optional<PoolShortfall> pool_shortfall(const Option& option,
                                                            const ResourceVector& total) const;
  /// N1, for what the other tenants of the pool leave.
  [[nodiscard]] std::optional<TenantShortfall> tenant_shortfall(const Option& option,
                                                                const ResourceVector& total) const;
  /// Q6: in a burst the quota pays from its budget for what Q2 has no room for.
  void take(const Option& option, const ResourceVector& total, bool is_burst);

  /// What of `total` the payer is charged for: all that is not promised to it already.
  [[nodiscard]] ResourceVector beyond_promise(const Option& option,
                                              const ResourceVector& total) const;
  /// What of `total` is not held for it there, whoever pays.
  [[nodiscard]] ResourceVector beyond_held(const Option& option, const ResourceVector& total) const;
  [[nodiscard]] const QuotaBalance& balance() const { return balance_; }
  [[nodiscard]] QuotaBalance& balance() { return balance_; }
  /// What would be left without that work, or with it again.
  ResourceVector evict(const Victim& victim);
  void put_back(const Victim& victim, const ResourceVector& beyond);

  /// Holds room for a preemptor beyond what its victims still have (P3); the answer is its number,
  /// Holds::nominations first.
  std::size_t nominate(const Nomination& nomination);
  /// What is held for one, or would be if it were not let go of.
  struct Nominated {
    PoolName pool{};
    QuotaBalance::SetAside quota{};
    ResourceVector virtual_amounts{};
    std::optional<QuotaIndex> owner{};
    ResourceVector of_tenant{}; ///< what the owner's tenant will hold more than it does now
  };
  [[nodiscard]] const std::vector<Nominated>& nominated() const { return nominated_; }
  /// Lets go of it for its owner's turn, and takes hold again.
  void let_go(std::size_t nomination);
  void hold_again(std::size_t nomination);

private:
  [[nodiscard]] Amount virtual_left(const Site& site, const ResourceName& resource) const;

  const ClusterSnapshot& snapshot_;
  const Holds& holds_;
  QuotaBalance balance_;
  std::map<PoolName, ResourceVector> pool_use_;
  TenantShares shares_;
  std::vector<Nominated> nominated_;
  std::vector<ResourceVector> unfilled_; ///< of each open reservation
};

} // namespace berth::allocation
