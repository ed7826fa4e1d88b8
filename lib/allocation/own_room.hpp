#pragma once
// OwnRoom: what is kept from borrowers because work within its quota waits for it (F4). Each such
// workload claims quota and one place, and only where it would have both if those who borrow gave
// theirs back: work that no node could ever take keeps nothing from anybody. The claims are charged
// in a second picture of what is left, which borrowers have to fit as well. A claim does not depend
// on what borrowers do, so it stays where it is until they have gone. AdmissionCycle owns one.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "lib/allocation/headroom.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

class OwnRoom {
public:
  /// The cycle's own picture, as it is at the first claim. All must outlive it.
  OwnRoom(const ClusterSnapshot& snapshot, const Headroom& headroom, const WorkloadPlacer& placer);

  /// Claims made in one cycle; work behind them claims when they have gone.
  static constexpr std::size_t kClaimsMax = 64;

  /// Keeps room for work that has none now; false if its quota would have to borrow for it and for
  /// what claims already, or if it could not run there even without borrowers. Members of a gang
  /// claim places for all or none.
  bool claim(const Option& option, Pods members, const ResourceVector& total);

  /// Whether a borrower would leave the claims the quota that they need.
  [[nodiscard]] bool leaves_quota(const Option& option, const ResourceVector& total) const;
  /// The same for what the pool has and no node does.
  [[nodiscard]] bool leaves_pool(const Option& option, const ResourceVector& total) const {
    return !headroom_.pool_shortfall(option, total);
  }
  /// Places for a borrower on what no claim needs.
  [[nodiscard]] std::optional<PlacedPods>
  place(Pods members, const Site& site, std::size_t nodes_max, std::span<const NodeIndex> own);
  /// Somebody was admitted.
  void take(const Option& option, Pods members, const ResourceVector& total,
            const PlacedPods& placed, bool is_burst);
  /// Work that is charged already found a place.
  void take_place(Pods members, const Site& site, const PlacedPods& placed) {
    placer_.take_again(members, site, placed);
  }

private:
  /// What one quota's pods have on one node, by column and device.
  struct Share {
    QuotaIndex quota = 0;
    std::vector<std::int64_t> amounts{};
    std::vector<PodUid> pods{};
  };

  /// While one is made: what each quota would give back to it, by column.
  struct Claim {
    const Option& option;
    std::map<QuotaIndex, std::vector<Amount>> returnable{};
    /// Of the node that is looked at: what would be charged, and who would go, at least in part.
    std::vector<std::int64_t> charged{};
    std::vector<const Share*> going{};
  };

  void find_borrowed(const PoolName& pool);
  [[nodiscard]] bool borrows(QuotaIndex quota, const PoolName& pool) const;
  [[nodiscard]] Amount returnable(QuotaIndex quota, QuotaIndex claimant, const PoolName& pool,
                                  const ResourceName& resource) const;
  [[nodiscard]] bool could_have_pool(const Option& option, const ResourceVector& total) const;
  [[nodiscard]] std::optional<PlacedPods> place_without_borrowers(const Option& option,
                                                                  Pods members);
  [[nodiscard]] std::optional<DeviceList> fits(Claim& claim, const ColumnRequest& request,
                                               const NodeChanges& trial, NodeIndex node) const;
  void give_back(Claim& claim, NodeIndex node) const;

  const ClusterSnapshot& snapshot_;
  QuotaBalance held_; ///< what is charged, without claims
  Headroom headroom_; ///< with claims, as `placer_`
  WorkloadPlacer placer_;
  /// The cycle's own nodes, and how many of their changes are known here. Both pictures have one
  /// calendar, which is told of windows and planned starts through the cycle's own.
  const NodeOverlay& own_nodes_;
  std::size_t changes_seen_;
  std::size_t claims_ = 0;
  /// Of quotas that borrow, by node; pools are added when somebody claims there.
  std::map<PoolName, std::map<NodeIndex, std::vector<Share>>> borrowed_;
};

} // namespace berth::allocation
