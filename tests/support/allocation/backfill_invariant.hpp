#pragma once
// B1 as something to check on any cycle: no planned start would be earlier if the work that comes
// later in the order had not been admitted.

#include <map>
#include <set>

#include "lib/allocation/heads.hpp"
#include "tests/support/allocation/builders.hpp"

namespace berth::allocation::testing {

/// A state fed from nothing but what a snapshot shows, without the pods of some workloads.
inline World copy_of(const ClusterSnapshot& snapshot, const World& like,
                     const std::set<WorkloadId>& without = {}) {
  World copy;
  copy.policy = like.policy;
  copy.now = like.now;
  for (const auto& pool : snapshot.pools)
    copy.add(*pool);
  for (const auto& node : snapshot.nodes->nodes())
    copy.add(node->view);
  for (const auto& quota : snapshot.quotas->quotas())
    copy.add(*quota);
  for (const auto& reservation : snapshot.reservations)
    copy.add(*reservation);
  snapshot.pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (!without.contains(workload_id(*pod)))
      copy.add(*pod);
  });
  return copy;
}

inline std::map<WorkloadId, TimePoint> planned_starts(const Plan& plan) {
  std::map<WorkloadId, TimePoint> starts;
  for (const Waiting& waiting : plan.waiting)
    if (waiting.planned_start)
      starts.emplace(waiting.workload->id, *waiting.planned_start);
  return starts;
}

/// The workloads whose planned start `plan` moved later by admitting somebody behind them; `most`:
/// how many of the first that wait are looked at.
inline std::vector<WorkloadId> delayed_by_later_work(const ClusterSnapshot& snapshot,
                                                     const World& world, const Plan& plan,
                                                     std::size_t most = SIZE_MAX) {
  const auto starts = planned_starts(plan);
  std::set<WorkloadId> admitted;
  for (const Admission& admission : plan.admissions)
    admitted.insert(admission.workload->id);
  const auto order = order_heads(collect_heads(snapshot));
  std::vector<WorkloadId> delayed;
  for (std::size_t i = 0; i < order.size() && most > 0; ++i) {
    const auto start = starts.find(order[i].workload->id);
    if (start == starts.end())
      continue;
    --most;
    std::set<WorkloadId> later;
    for (std::size_t j = i + 1; j < order.size(); ++j)
      later.insert(order[j].workload->id);
    const bool anybody = std::any_of(later.begin(), later.end(),
                                     [&](const auto& id) { return admitted.contains(id); });
    if (!anybody)
      continue;
    World before = copy_of(snapshot, world, later);
    const auto alone = planned_starts(before.plan());
    const auto undisturbed = alone.find(start->first);
    if (undisturbed == alone.end() || start->second > undisturbed->second)
      delayed.push_back(start->first);
  }
  return delayed;
}

} // namespace berth::allocation::testing
