#include "lib/allocation/headroom.hpp"

#include <algorithm>
#include <utility>

#include "lib/allocation/nominations.hpp"

namespace berth::allocation {
Headroom::Headroom(const ClusterSnapshot& snapshot, const Holds& holds, QuotaBalance balance)
    : snapshot_(snapshot), holds_(holds), balance_(std::move(balance)), shares_(snapshot) {
  for (const auto& [pool, sum] : snapshot.pool_use)
    pool_use_.emplace(pool, sum.total());
  for (const OpenReservation& open : holds.open)
    unfilled_.push_back(open.unfilled);
  for (const Nomination& nomination : holds.nominations)
    nominate(nomination);
}

std::optional<QuotaShortfall> Headroom::quota_shortfall(const Option& option,
                                                        const ResourceVector& total) const {
  return balance_.shortfall(option.payer, option.site.pool->name, beyond_promise(option, total));
}

/// What of `total` the payer is not charged for yet.
ResourceVector Headroom::beyond_promise(const Option& option, const ResourceVector& total) const {
  const ReservationIndex reservation = option.site.reservation;
  const bool pays_itself =
      reservation == kNoReservation || holds_.open[reservation].spec->payer.empty();
  return pays_itself ? total : beyond_held(option, total);
}

ResourceVector Headroom::beyond_held(const Option& option, const ResourceVector& total) const {
  const ReservationIndex reservation = option.site.reservation;
  if (reservation == kNoReservation)
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

std::optional<TenantShortfall> Headroom::tenant_shortfall(const Option& option,
                                                          const ResourceVector& total) const {
  return shares_.shortfall(option.site.pool->name, option.payer, total);
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
  shares_.add(pool, option.payer, total);
  if (option.site.reservation == kNoReservation)
    return;
  ResourceVector& unfilled = unfilled_[option.site.reservation];
  ResourceVector rest;
  for (const auto& [name, amount] : unfilled)
    rest.set(name, std::max(amount - total.get(name), Amount{}));
  unfilled = std::move(rest);
}

ResourceVector Headroom::evict(const Victim& victim) {
  pool_use_[victim.pool] -= victim.total;
  shares_.add(victim.pool, victim.quota, -victim.total);
  return discharge(balance_, victim);
}

void Headroom::put_back(const Victim& victim, const ResourceVector& beyond) {
  pool_use_[victim.pool] += victim.total;
  shares_.add(victim.pool, victim.quota, victim.total);
  restore(balance_, victim, beyond);
}

std::size_t Headroom::nominate(const Nomination& nomination) {
  Nominated held{nomination.pool, {}, {}, snapshot_.quotas->find(nomination.quota), {}};
  const auto victims = victims_still_charged(snapshot_, nomination);
  if (held.owner) {
    held.quota = balance_.set_aside(*held.owner, nomination.pool, nomination.total,
                                    balance_.within(nomination.pool, victims));
    held.of_tenant = shares_.beyond(nomination.pool, *held.owner, nomination.total, victims);
    shares_.add(held.pool, *held.owner, held.of_tenant);
  }
  ResourceVector beyond = nomination.total;
  for (const QuotaCharge& victim : victims)
    beyond -= victim.amounts;
  for (const auto& [name, amount] : beyond)
    if (name.is_virtual() && amount > Amount{})
      held.virtual_amounts.set(name, amount);
  pool_use_[held.pool] += held.virtual_amounts;
  nominated_.push_back(std::move(held));
  return nominated_.size() - 1;
}

void Headroom::let_go(std::size_t nomination) {
  const Nominated& held = nominated_[nomination];
  balance_.give_back(held.quota);
  if (held.owner)
    shares_.add(held.pool, *held.owner, -held.of_tenant);
  pool_use_[held.pool] -= held.virtual_amounts;
}

void Headroom::hold_again(std::size_t nomination) {
  const Nominated& held = nominated_[nomination];
  balance_.take_again(held.quota);
  if (held.owner)
    shares_.add(held.pool, *held.owner, held.of_tenant);
  pool_use_[held.pool] += held.virtual_amounts;
}

} // namespace berth::allocation
