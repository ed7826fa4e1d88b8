#include "lib/allocation/snapshot.hpp"

#include <algorithm>
#include <ranges>
#include <utility>
#include <vector>

#include "lib/allocation/nominations.hpp"

namespace berth::allocation {

namespace {

/// What quotas use of those that there are. Both are in the order of names, which spares a look-up
/// for each.
template <class Visit>
void for_each_use(const ClusterSnapshot& snapshot, Visit&& visit) {
  const auto quotas = snapshot.quotas->quotas();
  QuotaIndex at = 0;
  snapshot.quota_use.for_each([&](const QuotaName& name, const auto& use) {
    while (at < quotas.size() && quotas[at]->name < name)
      ++at;
    if (at < quotas.size() && quotas[at]->name == name)
      visit(at, *use);
  });
}

} // namespace

const PoolSpec* ClusterSnapshot::find_pool(const PoolName& name) const {
  const auto at =
      std::lower_bound(pools.begin(), pools.end(), name,
                       [](const auto& pool, const auto& wanted) { return pool->name < wanted; });
  return at == pools.end() || (*at)->name != name ? nullptr : at->get();
}

const ReservationSpec* ClusterSnapshot::find_reservation(const ReservationName& name) const {
  const auto at = std::lower_bound(
      reservations.begin(), reservations.end(), name,
      [](const auto& reservation, const auto& wanted) { return reservation->name < wanted; });
  return at == reservations.end() || (*at)->name != name ? nullptr : at->get();
}

const PodView* ClusterSnapshot::find_pod(const PodUid& uid) const {
  const auto* pod = pods.find(uid);
  return pod == nullptr ? nullptr : pod->get();
}

const PolicySpec& policy_for(std::span<const std::shared_ptr<const PolicySpec>> policies,
                             const PoolName& pool) {
  static const PolicySpec kDefaults;
  const PolicySpec* general = &kDefaults;
  for (const auto& policy : std::views::reverse(policies))
    if (policy->pools.empty())
      general = policy.get();
  for (const auto& policy : policies)
    if (std::ranges::find(policy->pools, pool) != policy->pools.end())
      return *policy;
  return *general;
}

const PolicySpec& ClusterSnapshot::policy_of(const PoolName& pool) const {
  return policy_for(policies, pool);
}

const Labels* ClusterSnapshot::namespace_labels(const std::string& name) const {
  const auto at = namespaces->find(name);
  return at == namespaces->end() ? nullptr : &at->second.labels;
}

bool is_over_nominal(const ClusterSnapshot& snapshot, const QuotaName& quota,
                     const PoolName& pool) {
  const auto* use = snapshot.quota_use.find(quota);
  const auto index = snapshot.quotas->find(quota);
  if (use == nullptr || !index)
    return false;
  const auto sum = (*use)->by_pool.find(pool);
  if (sum == (*use)->by_pool.end())
    return false;
  const QuotaSpec& spec = snapshot.quotas->spec(*index);
  const auto limits = std::ranges::find(spec.pools, pool, &QuotaPool::pool);
  return limits != spec.pools.end() &&
         std::ranges::any_of(limits->resources, [&](const QuotaAmount& amount) {
           return sum->second.get(amount.name) > amount.nominal;
         });
}

std::string name_of(const ClusterSnapshot& snapshot, const WorkloadId& workload) {
  const std::string& id = workload.str();
  const bool is_request = id.starts_with(kRequestGangPrefix);
  const PodView* pod = snapshot.find_pod(
      is_request ? unit_uid(std::string_view(id).substr(kRequestGangPrefix.size()), 0)
                 : PodUid{id});
  return pod == nullptr ? id : pod->namespace_name + "/" + pod->name;
}

std::vector<QuotaName> path_to_root(const QuotaForest& quotas, const QuotaName& quota) {
  std::vector<QuotaName> path;
  if (!quota.empty())
    path.push_back(quota);
  auto at = quotas.find(quota);
  while (at && path.size() < QuotaForest::kLevelsMax) { // a broken tree may be a ring
    at = quotas.parent(*at);
    if (at)
      path.push_back(quotas.spec(*at).name);
  }
  return path;
}

const PolicySpec& policy_of(const ClusterSnapshot& snapshot, const QuotaSpec& quota) {
  return snapshot.policy_of(ordering_pool(snapshot, quota));
}

PoolName ordering_pool(const ClusterSnapshot& snapshot, const QuotaSpec& quota) {
  for (const QuotaPool& pool : quota.pools)
    if (snapshot.find_pool(pool.pool) != nullptr)
      return pool.pool;
  return quota.pools.empty() ? PoolName{} : quota.pools.front().pool;
}

const PreemptionPolicy& preemption_of(const ClusterSnapshot& snapshot, const Policy& policy,
                                      const PoolName& pool) {
  const auto& said = snapshot.policy_of(pool).preemption;
  return policy.preemption.enabled && said ? *said : policy.preemption;
}

const Placement& placement_of(const ClusterSnapshot& snapshot, const Policy& policy,
                              const PoolName& pool) {
  const auto& said = snapshot.policy_of(pool).placement;
  return said ? *said : policy.placement;
}

const BackfillPolicy& backfill_of(const ClusterSnapshot& snapshot, const Policy& policy,
                                  const PoolName& pool) {
  const auto& said = snapshot.policy_of(pool).backfill;
  return said ? *said : policy.backfill;
}

QuotaBalance balance_of(const ClusterSnapshot& snapshot) {
  return balance_of(snapshot, *snapshot.holds);
}

QuotaBalance balance_of(const ClusterSnapshot& snapshot, const Holds& holds) {
  QuotaBalance balance(*snapshot.quotas);
  std::vector<std::pair<QuotaIndex, const QuotaUse*>> in_burst;
  for_each_use(snapshot, [&](QuotaIndex quota, const QuotaUse& use) {
    for (const auto& [pool, sum] : use.by_pool)
      balance.charge(quota, pool, sum.total() - use.burst_in(pool));
    if (!use.burst_by_pool.empty())
      in_burst.emplace_back(quota, &use);
  });
  for (const OpenReservation& open : holds.open)
    if (const auto payer = snapshot.quotas->find(open.spec->payer))
      balance.charge(*payer, open.spec->pool, open.unfilled);
  if (in_burst.empty())
    return balance;
  // What preemptors wait for is no room that a burst could move into (P3).
  std::vector<QuotaBalance::SetAside> nominated;
  for (const Nomination& nomination : holds.nominations)
    if (const auto owner = snapshot.quotas->find(nomination.quota)) {
      auto victims = victims_still_charged(snapshot, nomination);
      std::erase_if(victims, [](const QuotaCharge& victim) { return victim.is_burst; });
      nominated.push_back(balance.set_aside(*owner, nomination.pool, nomination.total, victims));
    }
  for (const auto& [quota, use] : in_burst)
    for (const auto& [pool, sum] : use->burst_by_pool)
      balance.charge_burst(quota, pool, sum.total());
  for (const auto& aside : nominated)
    balance.give_back(aside);
  return balance;
}

} // namespace berth::allocation
