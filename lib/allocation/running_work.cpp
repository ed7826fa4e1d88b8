#include "lib/allocation/running_work.hpp"

#include <algorithm>
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

bool goes_before(const Victim& left, const Victim& right) {
  const auto rank = [](const Victim& victim) {
    const bool is_opportunistic = victim.is_borrowed || victim.is_lent || victim.is_surplus;
    return std::tuple{!is_opportunistic, victim.priority, -victim.started.time_since_epoch(),
                      std::string_view(victim.workload.str()),
                      std::string_view(victim.pods.front()->uid.str())};
  };
  return rank(left) < rank(right);
}

RunningWork::RunningWork(const Input& input) {
  find_devices(input.snapshot);
  input.snapshot.charges.for_each(
      [&](const PodUid& uid, const std::shared_ptr<const Charge>& charge) {
        if (!charge->quota.empty())
          add(input, uid, charge);
        else if (const PodView* pod = input.snapshot.find_pod(uid); pod && pod->terminating)
          if (const auto node = input.snapshot.nodes->find(charge->node.str()))
            strangers_.push_back({*node, request_of(*charge->shape, *input.snapshot.nodes),
                                  devices_of_pod(uid), uid});
      });
  add_elastic(input);
  std::vector<PodUid> claimed;
  for (const Nomination& nomination : input.holds.nominations)
    claimed.insert(claimed.end(), nomination.victims.begin(), nomination.victims.end());
  for (const auto& victim : victims_)
    judge(input, *victim);
  for (const auto& victim : victims_)
    for (const Victim* surplus : victim->surplus) { // which goes with it
      victim->is_protected = victim->is_protected || surplus->is_protected;
      victim->is_spared = victim->is_spared || surplus->is_spared;
    }
  for (Victim* victim : find(claimed))
    victim->is_claimed = true;
  std::sort(victims_.begin(), victims_.end(),
            [](const auto& left, const auto& right) { return goes_before(*left, *right); });
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
  victims_.push_back(std::make_unique<Victim>());
  victims_.back()->is_leaving = true;
  return *victims_.back();
}

void RunningWork::add_to(Victim& victim, const Input& input,
                         const std::shared_ptr<const PodView>& pod, const Charge& charge) {
  const PodView& view = *pod;
  const QuotaIndex quota = *input.snapshot.quotas->find(charge.quota);
  if (victim.pods.empty()) {
    victim.workload = workload_id(view);
    victim.key = eviction_key(view);
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
                                          devices_of_pod(view.uid), view.uid});
  const bool is_watched = !node || input.snapshot.nodes->node(*node).view.ready;
  victim.is_leaving = victim.is_leaving && view.terminating && is_watched;
  by_pod_.emplace(view.uid.str(), &victim);
  if (!view.terminating)
    ++pods_of_key_[victim.key];
}

/// What follows from all pods together.
void RunningWork::judge(const Input& input, Victim& victim) const {
  const PreemptionPolicy& bounds = preemption_of(input.snapshot, input.policy, victim.pool);
  victim.is_borrowed = borrows_some_of(input.balance, victim);
  const auto pods = pods_of_key_.find(victim.key);
  const std::size_t each = victim.pods.front()->gang || pods == pods_of_key_.end()
                               ? 1
                               : std::max<std::size_t>(pods->second, 1);
  const auto evictions_max = static_cast<std::size_t>(bounds.max_evictions_per_hour) * each;
  victim.goes_in_part =
      !victim.is_leaving && std::any_of(victim.pods.begin(), victim.pods.end(),
                                        [](const auto& pod) { return pod->terminating; });
  // The eviction under way, of which others are still to be sent, is no reason to stop it.
  const bool is_evicted_often = !victim.goes_in_part && input.policy.evictions.evictions(
                                                            victim.key, input.now) >= evictions_max;
  victim.is_spared = victim.started + bounds.min_runtime > input.now || is_evicted_often;
}

std::vector<Victim*> RunningWork::all() {
  std::vector<Victim*> found;
  for (const auto& victim : victims_)
    found.push_back(victim.get());
  return found;
}

std::vector<Victim*> RunningWork::in_pool(const PoolName& pool) {
  std::vector<Victim*> found;
  for (const auto& victim : victims_)
    if (victim->pool == pool)
      found.push_back(victim.get());
  return found;
}

void RunningWork::claim(const Victim& victim) {
  by_pod_.at(victim.pods.front()->uid.str())->is_claimed = true;
}

std::vector<const Victim*> RunningWork::departing() const {
  std::vector<const Victim*> found;
  for (const auto& victim : victims_)
    if (victim->is_leaving || victim->is_claimed)
      found.push_back(victim.get());
  return found;
}

std::vector<Victim*> RunningWork::find(std::span<const PodUid> pods) {
  std::vector<Victim*> found;
  for (const PodUid& pod : pods)
    if (const auto known = by_pod_.find(pod.str()); known != by_pod_.end())
      found.push_back(known->second);
  std::sort(found.begin(), found.end(),
            [](const Victim* left, const Victim* right) { return goes_before(*left, *right); });
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
