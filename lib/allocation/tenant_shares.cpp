#include "lib/allocation/tenant_shares.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

bool is_divided(const PoolSpec& pool) {
  return std::ranges::any_of(pool.tenants,
                             [](const PoolTenant& tenant) { return tenant.share_percent < 100; });
}

ResourceVector capacity_of(const ClusterSnapshot& snapshot, const PoolSpec& pool) {
  ResourceVector capacity = pool.virtual_capacity;
  const NodeTable& table = *snapshot.nodes;
  const auto columns = table.columns();
  std::vector<Amount> sums(columns.size());
  for (const NodeIndex node : table.in_pool(pool.name))
    for (std::size_t column = 0; column < columns.size(); ++column)
      sums[column] += Amount{table.capacity(node)[column]};
  for (std::size_t column = 0; column < columns.size(); ++column)
    if (sums[column] > Amount{})
      capacity.set(columns[column], sums[column]);
  return capacity;
}

/// Rounded down: shares never add up to more than there is.
ResourceVector part_of(const ResourceVector& whole, std::int32_t percent) {
  ResourceVector part;
  for (const auto& [name, amount] : whole)
    part.set(name, resources::scaled(amount, percent, 100));
  return part;
}

} // namespace

const PoolTenant* tenant_of(const PoolSpec& pool, const QuotaForest& forest, QuotaIndex quota) {
  for (std::optional<QuotaIndex> at = quota; at; at = forest.parent(*at))
    for (const PoolTenant& tenant : pool.tenants)
      if (tenant.quota == forest.spec(*at).name)
        return &tenant;
  return nullptr;
}

TenantShares::TenantShares(const ClusterSnapshot& snapshot) : forest_(*snapshot.quotas) {
  for (const auto& pool : snapshot.pools) {
    if (!is_divided(*pool))
      continue;
    DividedPool& divided = pools_[pool->name];
    divided.spec = pool.get();
    const ResourceVector capacity = divided.undivided = capacity_of(snapshot, *pool);
    for (const PoolTenant& tenant : pool->tenants) {
      Held& held = divided.tenants[tenant.quota];
      held.share = part_of(capacity, tenant.share_percent);
      divided.undivided -= held.share;
    }
  }
  if (pools_.empty())
    return;
  std::map<PoolName, ResourceVector> paid;
  snapshot.quota_use.for_each(
      [&](const QuotaName& name, const std::shared_ptr<const QuotaUse>& use) {
        if (const auto quota = forest_.find(name))
          for (const auto& [pool, sum] : use->by_pool) {
            add(pool, *quota, sum.total());
            paid[pool] += sum.total();
          }
      });
  for (auto& [name, pool] : pools_) // what no quota pays for is no tenant's either
    if (const auto use = snapshot.pool_use.find(name); use != snapshot.pool_use.end())
      pool.undivided -= use->second.total() - paid[name];
}

const QuotaName* TenantShares::tenant(const DividedPool& pool, QuotaIndex quota) const {
  const PoolTenant* tenant = tenant_of(*pool.spec, forest_, quota);
  return tenant == nullptr ? nullptr : &tenant->quota;
}

std::optional<TenantShortfall> TenantShares::shortfall(const PoolName& pool, QuotaIndex quota,
                                                       const ResourceVector& total) const {
  const auto divided = pools_.find(pool);
  if (divided == pools_.end())
    return std::nullopt;
  const QuotaName* own = tenant(divided->second, quota);
  if (own == nullptr)
    return std::nullopt; // whose turn it is not, options.hpp says
  for (const auto& [name, needed] : total) {
    if (needed <= Amount{} || !divided->second.undivided.contains(name))
      continue;
    Amount rest = divided->second.undivided.get(name);
    Amount own_left;
    for (const auto& [tenant, held] : divided->second.tenants) {
      const Amount unused = held.share.get(name) - held.used.get(name);
      if (tenant == *own)
        own_left = unused;
      else
        rest += std::min(unused, Amount{});
    }
    const Amount left = std::max(rest, Amount{}) + own_left;
    if (needed > left)
      return TenantShortfall{
          *own, pool, name, needed, divided->second.tenants.at(*own).share.get(name), left};
  }
  return std::nullopt;
}

ResourceVector TenantShares::beyond(const PoolName& pool, QuotaIndex quota,
                                    const ResourceVector& total,
                                    std::span<const QuotaCharge> released) const {
  const auto divided = pools_.find(pool);
  if (divided == pools_.end())
    return {};
  const QuotaName* own = tenant(divided->second, quota);
  ResourceVector rest = total;
  for (const QuotaCharge& charge : released)
    if (const QuotaName* theirs = tenant(divided->second, charge.quota);
        own != nullptr && theirs != nullptr && *theirs == *own)
      rest -= charge.amounts;
  ResourceVector beyond;
  for (const auto& [name, amount] : rest)
    beyond.set(name, std::max(amount, Amount{}));
  return beyond;
}

void TenantShares::add(const PoolName& pool, QuotaIndex quota, const ResourceVector& amounts) {
  const auto divided = pools_.find(pool);
  if (divided == pools_.end())
    return;
  if (const QuotaName* own = tenant(divided->second, quota))
    divided->second.tenants.at(*own).used += amounts;
  else
    divided->second.undivided -= amounts;
}

} // namespace berth::allocation
