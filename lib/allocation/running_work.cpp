#include "lib/allocation/running_work.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <tuple>

#include "lib/allocation/priority.hpp"

namespace berth::allocation {
namespace {

/// Whether the quota holds some of the resources of `total` above its nominal.
bool borrows_some_of(const QuotaBalance& balance, const Victim& victim) {
  return std::any_of(victim.total.begin(), victim.total.end(), [&](const auto& entry) {
    return entry.amount > Amount{} &&
           balance.left(victim.quota, victim.pool, entry.name) < Amount{};
  });
}

TimePoint start_of(const PodView& pod, TimePoint now) {
  return pod.started.value_or(pod.is_bound() ? pod.created : now);
}

} // namespace

ResourceVector discharge(QuotaBalance& balance, const Victim& victim) {
  if (victim.is_burst)
    return balance.discharge_burst(victim.quota, victim.pool, victim.total);
  balance.discharge(victim.quota, victim.pool, victim.total);
  return {};
}

void restore(QuotaBalance& balance, const Victim& victim, const ResourceVector& beyond) {
  if (victim.is_burst)
    balance.restore_burst(victim.quota, victim.pool, victim.total, beyond);
  else
    balance.charge(victim.quota, victim.pool, victim.total);
}

bool goes_before(const Victim& left, const Victim& right) {
  const auto rank = [](const Victim& victim) {
    const bool is_opportunistic =
        victim.is_borrowed || victim.is_burst || victim.is_lent || victim.is_surplus;
    return std::tuple{!is_opportunistic, victim.priority, -victim.started.time_since_epoch(),
                      std::string_view(victim.workload.str()),
                      std::string_view(victim.pods.front()->uid.str())};
  };
  return rank(left) < rank(right);
}

RunningWork::RunningWork(const Input& input) {
  find_devices(input.snapshot);
  by_pod_.reserve(input.snapshot.charges.size());
  input.snapshot.charges.for_each(
      [&](const PodUid& uid, const std::shared_ptr<const Charge>& charge) {
        if (!charge->quota.empty())
          add(input, uid, charge);
        else if (const PodView* pod = input.snapshot.find_pod(uid); pod && pod->terminating)
          if (const auto node = input.snapshot.nodes->find(charge->node.str()))
            strangers_.push_back({*node, request_of(*charge->shape, *input.snapshot.nodes),
                                  devices_of_pod(uid), &pod->uid});
      });
  add_elastic(input);
  if (!std::ranges::is_sorted(by_pod_, {}, &OfPod::first)) // elastic gangs came last
    std::ranges::sort(by_pod_, {}, &OfPod::first);
  for (Victim& victim : victims_)
    judge(input, victim);
  for (Victim& victim : victims_)
    for (const Victim* surplus : victim.surplus) { // which goes with it
      victim.is_protected = victim.is_protected || surplus->is_protected;
      victim.is_spared = victim.is_spared || surplus->is_spared;
    }
  rank_all(input.snapshot.quotas->size());
  for (const Nomination& nomination : input.holds.nominations)
    for (const Victim* victim : find(nomination.victims))
      claim(*victim);
}

/// Once all is known that their order depends on.
void RunningWork::rank_all(std::size_t quotas) {
  for (Victim& victim : victims_)
    ranked_.push_back(&victim);
  std::sort(ranked_.begin(), ranked_.end(),
            [](const Victim* left, const Victim* right) { return goes_before(*left, *right); });
  quota_begins_.assign(quotas + 1, 0);
  for (std::size_t rank = 0; rank < ranked_.size(); ++rank) {
    Victim& victim = *ranked_[rank];
    victim.rank = rank;
    by_pool_[victim.pool].push_back(&victim);
    ++quota_begins_[victim.quota + 1];
    if (victim.is_leaving)
      note_departing(victim);
  }
  for (QuotaIndex quota = 0; quota < quotas; ++quota)
    if (quota_begins_[quota + 1] > 0)
      quotas_.push_back(quota);
  std::partial_sum(quota_begins_.begin(), quota_begins_.end(), quota_begins_.begin());
  by_quota_.resize(ranked_.size());
  std::vector<std::size_t> next = quota_begins_;
  for (Victim* victim : ranked_)
    by_quota_[next[victim->quota]++] = victim;
}

void RunningWork::add(const Input& input, const PodUid& uid,
                      const std::shared_ptr<const Charge>& charge) {
  const auto* pod = input.snapshot.pods.find(uid);
  if (!input.snapshot.quotas->find(charge->quota) || pod == nullptr)
    return;
  const PodView& view = **pod;
  if (!view.gang)
    return add_to(make_victim(), input, *pod, *charge);
  if (view.gang->least() < view.gang->size && !view.is_request) {
    elastic_[workload_id(view)].push_back({*pod, charge});
    return;
  }
  Victim*& gang = gangs_[workload_id(view).str()];
  if (gang == nullptr)
    gang = &make_victim();
  add_to(*gang, input, *pod, *charge);
}

/// G3: the oldest members that stay are the least that the gang needs; each other one may go alone.
void RunningWork::add_elastic(const Input& input) {
  for (auto& [id, members] : elastic_) {
    std::ranges::sort(members, {}, [&](const Member& member) {
      return std::tuple{member.pod->terminating, start_of(*member.pod, input.now),
                        std::string_view(member.pod->uid.str())};
    });
    const auto least = static_cast<std::size_t>(members.front().pod->gang->least());
    Victim& base = make_victim();
    for (std::size_t i = 0; i < members.size(); ++i) {
      Victim& victim = i < least ? base : make_victim();
      add_to(victim, input, members[i].pod, *members[i].charge);
      if (i < least)
        continue;
      victim.is_surplus = true;
      base.surplus.push_back(&victim);
    }
  }
  elastic_.clear();
}

Victim& RunningWork::make_victim() {
  Victim& victim = victims_.emplace_back();
  victim.is_leaving = true; // until one of its pods is added that does not
  return victim;
}

void RunningWork::add_to(Victim& victim, const Input& input,
                         const std::shared_ptr<const PodView>& pod, const Charge& charge) {
  const PodView& view = *pod;
  const QuotaIndex quota = *input.snapshot.quotas->find(charge.quota);
  if (victim.pods.empty()) {
    victim.workload = workload_id(view);
    victim.quota = quota;
    victim.pool = charge.pool;
  }
  victim.pods.push_back(pod);
  victim.total += charge.shape->requests;
  victim.priority = std::max(effective_priority(view.priority, &input.snapshot.quotas->spec(quota),
                                                view.shape->constraints.rules, charge.pool),
                             victim.pods.size() == 1 ? INT64_MIN : victim.priority);
  victim.started = std::max(victim.started, start_of(view, input.now));
  // A gang in two quotas or pools, or of which part goes, is not a whole that can be taken.
  victim.is_burst = victim.is_burst || charge.is_burst;
  victim.is_lent = victim.is_lent || is_lent(view);
  victim.is_refused = victim.is_refused || input.policy.evictions.is_refused(view.uid, input.now);
  victim.is_protected = victim.is_protected || victim.quota != quota ||
                        victim.pool != charge.pool || !view.managed || !view.preemptible ||
                        victim.is_refused || input.holds.find(charge.reservation) != nullptr;
  const auto node = input.snapshot.nodes->find(charge.node.str());
  if (node)
    victim.places.push_back(Victim::Place{*node, request_of(*charge.shape, *input.snapshot.nodes),
                                          devices_of_pod(view.uid), &view.uid});
  const bool is_watched = !node || input.snapshot.nodes->node(*node).view.ready;
  victim.is_leaving = victim.is_leaving && view.terminating && is_watched;
  by_pod_.emplace_back(view.uid.str(), &victim);
}

/// What follows from all pods together.
void RunningWork::judge(const Input& input, Victim& victim) {
  const PreemptionPolicy& bounds = preemption_of(input.snapshot, input.policy, victim.pool);
  victim.is_borrowed = borrows_some_of(input.balance, victim);
  victim.goes_in_part =
      !victim.is_leaving && std::any_of(victim.pods.begin(), victim.pods.end(),
                                        [](const auto& pod) { return pod->terminating; });
  const auto evictions_max = static_cast<std::size_t>(bounds.max_evictions_per_hour);
  // The eviction under way, of which others are still to be sent, is no reason to stop it.
  victim.is_spared = victim.started + bounds.min_runtime > input.now ||
                     (!victim.goes_in_part && is_evicted_often(input, victim, evictions_max));
}

/// `most`: evictions in an hour for each pod that the same controller makes again.
bool RunningWork::is_evicted_often(const Input& input, const Victim& victim, std::size_t most) {
  const EvictionKey key = victim.key();
  const std::size_t evictions = input.policy.evictions.evictions(key, input.now);
  if (evictions < most || victim.pods.front()->gang)
    return evictions >= most;
  if (pods_of_key_.empty())
    for (const Victim& other : victims_)
      for (const auto& pod : other.pods)
        pods_of_key_[other.key()] += pod->terminating ? 0 : 1;
  return evictions >= most * std::max<std::size_t>(pods_of_key_[key], 1);
}

std::span<Victim* const> RunningWork::in_pool(const PoolName& pool) const {
  const auto found = by_pool_.find(pool);
  return found == by_pool_.end() ? std::span<Victim* const>() : found->second;
}

std::span<Victim* const> RunningWork::of_quota(QuotaIndex quota) const {
  return std::span(by_quota_).subspan(quota_begins_[quota],
                                      quota_begins_[quota + 1] - quota_begins_[quota]);
}

void RunningWork::claim(const Victim& victim) {
  ranked_[victim.rank]->is_claimed = true;
  note_departing(victim);
}

void RunningWork::release(const Victim& victim) {
  ranked_[victim.rank]->is_claimed = false;
  if (!victim.is_leaving)
    departing_.erase(victim.rank);
}

void RunningWork::count_as_leaving(const Victim& victim) {
  ranked_[victim.rank]->is_leaving = true;
  note_departing(victim);
}

void RunningWork::note_departing(const Victim& victim) {
  departing_.emplace(victim.rank, &victim);
}

std::vector<Victim*> RunningWork::find(std::span<const PodUid> pods) const {
  std::vector<Victim*> found;
  for (const PodUid& pod : pods)
    if (const auto known = std::ranges::lower_bound(by_pod_, pod.str(), {}, &OfPod::first);
        known != by_pod_.end() && known->first == pod.str())
      found.push_back(known->second);
  std::ranges::sort(found, {}, &Victim::rank);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

/// Which devices each pod has, as the loads of the snapshot count them.
void RunningWork::find_devices(const ClusterSnapshot& snapshot) {
  std::map<NodeIndex, std::vector<DeviceCharge>> by_node;
  snapshot.charges.for_each([&](const PodUid& uid, const std::shared_ptr<const Charge>& charge) {
    const DeviceAsk ask = device_ask(charge->shape->requests);
    if (ask.is_nothing())
      return;
    if (const auto node = snapshot.nodes->find(charge->node.str()))
      by_node[*node].push_back(DeviceCharge{uid, ask, charge->devices});
  });
  for (auto& [node, charges] : by_node) {
    const std::size_t devices = snapshot.nodes->devices(node);
    give_devices(devices, charges);
    if (devices > 0)
      for (DeviceCharge& charge : charges)
        devices_.emplace(charge.pod, std::move(charge.recorded));
  }
}

DeviceList RunningWork::devices_of_pod(const PodUid& uid) const {
  const auto found = devices_.find(uid);
  return found == devices_.end() ? DeviceList{} : found->second;
}

const ColumnRequest* RunningWork::request_of(const PodShape& shape, const NodeTable& table) {
  auto& request = requests_[&shape];
  if (request == nullptr)
    request = std::make_unique<ColumnRequest>(to_columns(shape.requests, table));
  return request.get();
}

} // namespace berth::allocation
