#include "lib/allocation/ledger.hpp"

#include <algorithm>
#include <set>

namespace berth::allocation {
namespace {

const ResourceSum kNothing{};

template <class Map, class Key>
const ResourceSum& find_or_nothing(const Map& sums, const Key& key) {
  const auto at = sums.find(key);
  return at == sums.end() ? kNothing : at->second;
}

/// Adds to, or takes from, one total, and forgets totals that return to nothing.
template <class Map, class Key>
void book_sum(Map& sums, const Key& key, const ResourceVector& amounts, bool is_added) {
  ResourceSum& sum = sums[key];
  if (is_added)
    sum.add(amounts);
  else
    sum.subtract(amounts);
  if (sum.empty())
    sums.erase(key);
}

} // namespace

bool Ledger::post(const PodUid& pod, Charge charge) {
  if (charge.is_nothing())
    return release(pod);
  const Charge* held = charge_of(pod);
  if (held != nullptr && *held == charge)
    return false;
  if (held != nullptr)
    book(pod, *held, false);
  book(pod, charge, true);
  charges_.set(pod, std::make_shared<const Charge>(std::move(charge)));
  return true;
}

bool Ledger::release(const PodUid& pod) {
  const Charge* held = charge_of(pod);
  if (held == nullptr)
    return false;
  book(pod, *held, false);
  charges_.erase(pod);
  return true;
}

const Charge* Ledger::charge_of(const PodUid& pod) const {
  const auto* charge = charges_.find(pod);
  return charge == nullptr ? nullptr : charge->get();
}

const ResourceSum& Ledger::on_node(const NodeName& node) const {
  return find_or_nothing(nodes_, node);
}

std::vector<NodeName> Ledger::take_touched_nodes() {
  std::sort(touched_nodes_.begin(), touched_nodes_.end());
  touched_nodes_.erase(std::unique(touched_nodes_.begin(), touched_nodes_.end()),
                       touched_nodes_.end());
  return std::exchange(touched_nodes_, {});
}

std::vector<std::int64_t> Ledger::on_devices(const NodeName& node, std::size_t devices) const {
  std::vector<DeviceCharge> charges;
  if (const auto at = devices_.find(node); at != devices_.end())
    for (const auto& [pod, charge] : at->second)
      charges.push_back(charge);
  return lay_out_devices(devices, std::move(charges));
}

void Ledger::book(const PodUid& pod, const Charge& charge, bool is_added) {
  const ResourceVector& amounts = charge.shape->requests;
  if (!charge.node.empty()) {
    book_sum(nodes_, charge.node, amounts, is_added);
    book_devices(pod, charge, is_added);
    touched_nodes_.push_back(charge.node);
  }
  if (!charge.quota.empty()) {
    book_sum(pools_, charge.pool, amounts, is_added);
    book_quota(charge, is_added);
  }
  if (!charge.reservation.empty())
    book_reservation(charge, is_added);
}

void Ledger::book_devices(const PodUid& pod, const Charge& charge, bool is_added) {
  const DeviceAsk ask = device_ask(charge.shape->requests);
  if (ask.is_nothing())
    return;
  if (is_added) {
    devices_[charge.node][pod] = DeviceCharge{pod, ask, charge.devices};
    return;
  }
  const auto at = devices_.find(charge.node);
  at->second.erase(pod);
  if (at->second.empty())
    devices_.erase(at);
}

void Ledger::book_quota(const Charge& charge, bool is_added) {
  const auto* shared = quota_use_.find(charge.quota);
  QuotaUse use = shared == nullptr ? QuotaUse{} : **shared;
  book_sum(use.by_pool, charge.pool, charge.shape->requests, is_added);
  if (charge.is_burst)
    book_sum(use.burst_by_pool, charge.pool, charge.shape->requests, is_added);
  use.pods = is_added ? use.pods + 1 : use.pods - 1;
  if (use.pods == 0)
    quota_use_.erase(charge.quota);
  else
    quota_use_.set(charge.quota, std::make_shared<const QuotaUse>(std::move(use)));
}

ResourceVector QuotaUse::burst_in(const PoolName& pool) const {
  const auto sum = burst_by_pool.find(pool);
  return sum == burst_by_pool.end() ? ResourceVector{} : sum->second.total();
}

void Ledger::book_reservation(const Charge& charge, bool is_added) {
  ReservationUse& use = reservations_[charge.reservation];
  if (is_added)
    use.total.add(charge.shape->requests);
  else
    use.total.subtract(charge.shape->requests);
  if (!charge.node.empty()) {
    ReservationUse::OnNode& there = use.on_nodes[charge.node];
    if (is_added)
      there.amounts.add(charge.shape->requests);
    else
      there.amounts.subtract(charge.shape->requests);
    there.pods = is_added ? there.pods + 1 : there.pods - 1;
    if (there.pods == 0)
      use.on_nodes.erase(charge.node);
  }
  if (use == ReservationUse{})
    reservations_.erase(charge.reservation);
}

ResourceVector ReservationUse::on(const NodeName& node) const {
  const auto there = on_nodes.find(node);
  return there == on_nodes.end() ? ResourceVector{} : there->second.amounts.total();
}

namespace {

/// Where both sides speak of a quota and pool, or only one does: the two amounts of each resource.
void compare(std::vector<Drift>& drifts, const QuotaName& quota, const PoolName& pool,
             const ResourceVector& held, const ResourceVector& actual) {
  ResourceVector either = held;
  either.raise_to(actual);
  for (const auto& [resource, amount] : either)
    if (held.get(resource) != actual.get(resource))
      drifts.push_back(Drift{quota, pool, resource, held.get(resource), actual.get(resource)});
}

} // namespace

std::vector<Drift> audit(const QuotaUseView& held, const QuotaUseView& actual) {
  std::set<std::pair<QuotaName, PoolName>> places;
  const auto note_places = [&](const QuotaName& quota, const auto& use) {
    for (const auto& [pool, sum] : use->by_pool)
      places.emplace(quota, pool);
  };
  held.for_each(note_places);
  actual.for_each(note_places);

  const auto total_of = [](const QuotaUseView& view, const QuotaName& quota, const PoolName& pool) {
    const auto* use = view.find(quota);
    return use == nullptr ? ResourceVector{} : find_or_nothing((*use)->by_pool, pool).total();
  };
  std::vector<Drift> drifts;
  for (const auto& [quota, pool] : places)
    compare(drifts, quota, pool, total_of(held, quota, pool), total_of(actual, quota, pool));
  return drifts;
}

} // namespace berth::allocation
