#pragma once
// P4 and F4 as something to check over many cycles: what was evicted against what was asked for,
// how young and how often a victim was, and how long somebody waited who had room of its own.

#include <algorithm>
#include <map>
#include <vector>

#include "tests/support/allocation/builders.hpp"

namespace berth::allocation::testing {

class EvictionBounds {
public:
  /// After each decide(), before the plan is carried out.
  void look(const ClusterSnapshot& snapshot, const PreemptionPolicy& policy, const Plan& plan,
            TimePoint now) {
    for (const NominationDecision& nomination : plan.preemption.nominations) {
      const auto asked = cores_of(nomination.requested);
      requested += asked;
      over_ratio +=
          cores_of(nomination.evicted) * 100 > policy.max_eviction_ratio_percent * asked ? 1 : 0;
    }
    for (const Eviction& eviction : plan.preemption.evictions)
      if (eviction.step == EvictionStep::Evict)
        look_at(eviction, policy, now);
    look_at_waiting(snapshot, plan, now);
  }

  std::int64_t requested = 0; ///< millicores that nominations asked for
  std::int64_t evicted = 0;   ///< millicores evicted for workloads
  std::int64_t evicted_for_windows = 0;
  int victims = 0;              ///< of workloads, each time
  int over_ratio = 0;           ///< nominations beyond the ratio
  int too_young = 0;            ///< victims of workloads that had not run for min_runtime
  int too_often = 0;            ///< beyond max_evictions_per_hour
  Duration longest_with_room{}; ///< that anybody waited though its quota had nominal room for it

private:
  static std::int64_t cores_of(const ResourceVector& amounts) {
    return amounts.get(ResourceName::cpu()).value();
  }

  void look_at(const Eviction& eviction, const PreemptionPolicy& policy, TimePoint now) {
    const std::int64_t amount = cores_of(eviction.amounts);
    if (eviction.claim == Claim::Reserved) {
      evicted_for_windows += amount;
      return;
    }
    evicted += amount;
    ++victims;
    const PodView& pod = *eviction.pods.front();
    too_young += now - pod.started.value_or(now) < policy.min_runtime ? 1 : 0;
    std::vector<TimePoint>& times = evictions_[eviction_key(pod)];
    std::erase_if(times, [&](TimePoint time) { return time <= now - 1h; });
    times.push_back(now);
    too_often += std::ssize(times) > policy.max_evictions_per_hour ? 1 : 0;
  }

  void look_at_waiting(const ClusterSnapshot& snapshot, const Plan& plan, TimePoint now) {
    std::map<QuotaName, std::int64_t> held;
    snapshot.pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
      if (pod->admission && pod->admission->reservation.empty())
        held[pod->admission->quota] += cores_of(pod->requests());
    });
    std::map<WorkloadId, TimePoint> since;
    for (const Waiting& waiting : plan.waiting) {
      const Workload& workload = *waiting.workload;
      const QuotaName& name = workload.quota.quota;
      const auto quota = snapshot.quotas->find(name);
      if (!quota)
        continue;
      std::int64_t asked = 0;
      for (const auto& pod : workload.waiting)
        asked += cores_of(pod->requests());
      if (held[name] + asked > nominal_of(snapshot.quotas->spec(*quota)))
        continue;
      const auto known = since_.find(workload.id);
      const TimePoint from = known == since_.end() ? now : known->second;
      since.emplace(workload.id, from);
      longest_with_room = std::max(longest_with_room, now - from);
    }
    since_ = std::move(since);
  }

  static std::int64_t nominal_of(const QuotaSpec& quota) {
    std::int64_t nominal = 0;
    for (const QuotaPool& pool : quota.pools)
      for (const QuotaAmount& amount : pool.resources)
        nominal += amount.name == ResourceName::cpu() ? amount.nominal.value() : 0;
    return nominal;
  }

  std::map<EvictionKey, std::vector<TimePoint>> evictions_;
  std::map<WorkloadId, TimePoint> since_; ///< when a waiting workload first had nominal room
};

} // namespace berth::allocation::testing
