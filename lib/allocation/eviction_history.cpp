#include "lib/allocation/eviction_history.hpp"

#include <algorithm>

#include "lib/allocation/workload.hpp"

namespace berth::allocation {

EvictionKey eviction_key(const PodView& pod) {
  if (pod.gang || pod.owner.empty())
    return EvictionKey{workload_id(pod).str()};
  return EvictionKey{pod.owner};
}

void EvictionHistory::note_eviction(const QuotaName& quota, const EvictionKey& victim,
                                    TimePoint now) {
  Evicted& evicted = evictions_[victim];
  evicted.quota = quota;
  evicted.times.push_back(now);
}

void EvictionHistory::note_reclaim(const QuotaName& quota, const PoolName& pool, TimePoint now) {
  Reclaims& reclaims = reclaims_[{quota, pool}];
  if (reclaims.in_a_row > 0 && now >= reclaims.until + kQuietReset)
    reclaims.in_a_row = 0;
  Duration back_off = kBackOffFirst;
  for (std::int32_t i = 0; i < reclaims.in_a_row && back_off < kBackOffMax; ++i)
    back_off *= 2;
  ++reclaims.in_a_row;
  reclaims.until = now + std::min(back_off, kBackOffMax);
}

void EvictionHistory::note_shedding(const QuotaName& quota, const PoolName& pool, TimePoint now) {
  if (may_borrow_from(quota, pool) <= now)
    note_reclaim(quota, pool, now);
}

void EvictionHistory::note_refusal(const PodUid& victim, TimePoint now) {
  refused_until_[victim] = now + kRefusedFor;
}

void EvictionHistory::note_failed_plan(const PreemptorKey& preemptor,
                                       std::vector<EvictionKey> victims, TimePoint now) {
  Tried& tried = tried_[preemptor];
  tried.last = now;
  if (tried.plans.size() < kTriedPlansMax)
    tried.plans.push_back(std::move(victims));
}

void EvictionHistory::prune(TimePoint now) {
  for (auto& [victim, evicted] : evictions_)
    std::erase_if(evicted.times, [&](TimePoint time) { return time + kWindow <= now; });
  std::erase_if(evictions_, [](const auto& entry) { return entry.second.times.empty(); });
  std::erase_if(reclaims_,
                [&](const auto& entry) { return entry.second.until + kQuietReset <= now; });
  std::erase_if(refused_until_, [&](const auto& entry) { return entry.second <= now; });
  std::erase_if(tried_, [&](const auto& entry) { return entry.second.last + kWindow <= now; });
}

std::size_t EvictionHistory::evictions(const EvictionKey& victim, TimePoint now) const {
  const auto known = evictions_.find(victim);
  if (known == evictions_.end())
    return 0;
  return static_cast<std::size_t>(
      std::count_if(known->second.times.begin(), known->second.times.end(),
                    [&](TimePoint time) { return time + kWindow > now; }));
}

std::map<QuotaName, EvictionHistory::OfQuota> EvictionHistory::by_quota(TimePoint now) const {
  std::map<QuotaName, OfQuota> told;
  for (const auto& [key, reclaims] : reclaims_)
    if (reclaims.until + kQuietReset > now)
      told[key.first].reclaims.emplace_back(
          key.second,
          Reclaims{reclaims.in_a_row, std::chrono::ceil<std::chrono::seconds>(reclaims.until)});
  for (const auto& [victim, evicted] : evictions_)
    for (const TimePoint time : evicted.times)
      if (time + kWindow > now)
        told[evicted.quota].evictions.emplace_back(std::chrono::floor<std::chrono::seconds>(time),
                                                   victim);
  for (auto& [quota, of_quota] : told) {
    auto& evictions = of_quota.evictions;
    std::ranges::sort(evictions);
    if (evictions.size() > kToldMax)
      evictions.erase(evictions.begin(), evictions.end() - std::ptrdiff_t{kToldMax});
  }
  return told;
}

void EvictionHistory::recall(const QuotaName& quota, const OfQuota& told) {
  for (const auto& [pool, reclaims] : told.reclaims)
    reclaims_[{quota, pool}] = reclaims;
  for (const auto& [time, victim] : told.evictions) {
    Evicted& evicted = evictions_[victim];
    evicted.quota = quota;
    evicted.times.push_back(time);
    std::ranges::sort(evicted.times); // the workload may have changed its quota
  }
}

TimePoint EvictionHistory::may_borrow_from(const QuotaName& quota, const PoolName& pool) const {
  const auto known = reclaims_.find({quota, pool});
  return known == reclaims_.end() ? TimePoint::min() : known->second.until;
}

bool EvictionHistory::is_refused(const PodUid& victim, TimePoint now) const {
  const auto known = refused_until_.find(victim);
  return known != refused_until_.end() && now < known->second;
}

bool EvictionHistory::is_tried(const PreemptorKey& preemptor,
                               const std::vector<EvictionKey>& victims) const {
  const auto known = tried_.find(preemptor);
  if (known == tried_.end())
    return false;
  const auto& plans = known->second.plans;
  return plans.size() >= kTriedPlansMax ||
         std::find(plans.begin(), plans.end(), victims) != plans.end();
}

} // namespace berth::allocation
