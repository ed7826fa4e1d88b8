#include "lib/allocation/headroom.hpp"

#include <algorithm>

namespace berth::allocation {

Headroom::Headroom(const ClusterSnapshot& snapshot, const Holds& holds)
    : snapshot_(snapshot), holds_(holds), balance_(balance_of(snapshot, holds)) {
  for (const auto& [pool, sum] : snapshot.pool_use)
    pool_use_.emplace(pool, sum.total());
  for (const OpenReservation& open : holds.open)
    unfilled_.push_back(open.unfilled);
}

std::optional<QuotaShortfall> Headroom::quota_shortfall(const Option& option,
                                                        const ResourceVector& total) const {
  return balance_.shortfall(option.payer, option.site.pool->name, beyond_promise(option, total));
}

/// What of `total` the payer is not charged for yet.
ResourceVector Headroom::beyond_promise(const Option& option, const ResourceVector& total) const {
  const ReservationIndex reservation = option.site.reservation;
  if (reservation == kNoReservation || holds_.open[reservation].spec->payer.empty())
    return total;
  ResourceVector beyond;
  for (const auto& [name, amount] : total)
    beyond.set(name, std::max(amount - unfilled_[reservation].get(name), Amount{}));
  return beyond;
}

std::optional<PoolShortfall> Headroom::pool_shortfall(const Option& option,
                                                      const ResourceVector& total) const {
  for (const auto& [name, amount] : total) {
    if (!name.is_virtual() || amount <= Amount{})
      continue;
    const Amount left = virtual_left(option.site, name);
    if (amount > left)
      return PoolShortfall{option.site.pool->name, name, amount, left};
  }
  return std::nullopt;
}

/// Capacity, less what pods of the pool have, less what reservations other than the site's hold.
Amount Headroom::virtual_left(const Site& site, const ResourceName& resource) const {
  Amount left = site.pool->virtual_capacity.get(resource);
  if (const auto use = pool_use_.find(site.pool->name); use != pool_use_.end())
    left -= use->second.get(resource);
  for (ReservationIndex i = 0; i < unfilled_.size(); ++i)
    if (i != site.reservation && holds_.open[i].spec->pool == site.pool->name)
      left -= unfilled_[i].get(resource);
  return left;
}

void Headroom::take(const Option& option, const ResourceVector& total, bool is_burst) {
  const PoolName& pool = option.site.pool->name;
  if (is_burst)
    balance_.charge_burst(option.payer, pool, beyond_promise(option, total));
  else
    balance_.charge(option.payer, pool, beyond_promise(option, total));
  pool_use_[pool] += total;
  if (option.site.reservation == kNoReservation)
    return;
  ResourceVector& unfilled = unfilled_[option.site.reservation];
  ResourceVector rest;
  for (const auto& [name, amount] : unfilled)
    rest.set(name, std::max(amount - total.get(name), Amount{}));
  unfilled = std::move(rest);
}

} // namespace berth::allocation
