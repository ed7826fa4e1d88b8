#include "lib/allocation/snapshot.hpp"

#include <algorithm>

namespace berth::allocation {

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

const Labels* ClusterSnapshot::namespace_labels(const std::string& name) const {
  const auto at = namespaces->find(name);
  return at == namespaces->end() ? nullptr : &at->second.labels;
}

QuotaBalance balance_of(const ClusterSnapshot& snapshot) {
  return balance_of(snapshot, *snapshot.holds);
}

QuotaBalance balance_of(const ClusterSnapshot& snapshot, const Holds& holds) {
  QuotaBalance balance(*snapshot.quotas);
  snapshot.quota_use.for_each([&](const QuotaName& name, const auto& use) {
    if (const auto quota = snapshot.quotas->find(name))
      for (const auto& [pool, sum] : use->by_pool)
        balance.charge(*quota, pool, sum.total());
  });
  for (const OpenReservation& open : holds.open)
    if (const auto payer = snapshot.quotas->find(open.spec->payer))
      balance.charge(*payer, open.spec->pool, open.unfilled);
  return balance;
}

} // namespace berth::allocation
