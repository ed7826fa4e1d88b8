#pragma once
// TenantShares (N1): what the tenants of a MultiTenant pool leave each other. A tenant may always
// have its share of every resource of the pool; what no share covers is everybody's. A pool that is
// all one tenant's, or everybody's, has no shares. One Headroom owns one; building it costs a walk
// over the quotas and the nodes of such pools, and nothing where there are none.

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lib/allocation/quota_tree.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// The tenant of the pool that the quota belongs to: itself or the nearest one above it.
[[nodiscard]] const PoolTenant* tenant_of(const PoolSpec& pool, const QuotaForest& forest,
                                          QuotaIndex quota);

struct TenantShortfall {
  QuotaName tenant{};
  PoolName pool{};
  ResourceName resource = ResourceName::cpu();
  Amount needed{};
  Amount share{};
  Amount left{}; ///< may be negative
};

class TenantShares {
public:
  /// The snapshot must outlive it.
  explicit TenantShares(const ClusterSnapshot& snapshot);

  /// The first resource, by name, of which the others leave the quota's tenant too little.
  [[nodiscard]] std::optional<TenantShortfall> shortfall(const PoolName& pool, QuotaIndex quota,
                                                         const ResourceVector& total) const;
  /// What of `total` the quota's tenant would hold more than now, were `released` gone.
  [[nodiscard]] ResourceVector beyond(const PoolName& pool, QuotaIndex quota,
                                      const ResourceVector& total,
                                      std::span<const QuotaCharge> released) const;
  /// The quota holds so much more.
  void add(const PoolName& pool, QuotaIndex quota, const ResourceVector& amounts);

private:
  struct Held {
    ResourceVector share{};
    ResourceVector used{};
  };
  struct DividedPool {
    const PoolSpec* spec = nullptr;
    /// What no share covers, less what is in use and no tenant's.
    ResourceVector undivided{};
    std::map<QuotaName, Held> tenants{};
  };

  [[nodiscard]] const QuotaName* tenant(const DividedPool& pool, QuotaIndex quota) const;

  const QuotaForest& forest_;
  std::map<PoolName, DividedPool> pools_;
};

} // namespace berth::allocation
