#pragma once
// B1 as something to check on any cycle: no planned start would be earlier if the work that comes
// later in the order had not been admitted.

#include <map>
#include <set>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/holders_search.hpp"
#include "lib/allocation/remembering.hpp"
#include "lib/allocation/turn_order.hpp"
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
  for (const auto& policy : snapshot.policies)
    copy.add(*policy);
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

/// Everybody in the order of their turns, where those that `plan` admits were charged at theirs.
inline std::vector<WorkloadId> order_of(const ClusterSnapshot& snapshot, const World& world,
                                        const Plan& plan) {
  std::map<WorkloadId, const Admission*> admitted;
  for (const Admission& admission : plan.admissions)
    admitted.emplace(admission.workload->id, &admission);
  QuotaBalance balance = balance_of(snapshot, *current_holds(snapshot, world.now));
  const AllocationMemory memory =
      settled(world.policy.memory ? *world.policy.memory : AllocationMemory{}, snapshot, balance,
              world.now);
  TurnOrder order({snapshot, balance, memory.quotas, world.now});
  std::vector<WorkloadId> turns;
  while (const auto head = order.next()) {
    turns.push_back(head->workload->id);
    const auto admission = admitted.find(head->workload->id);
    if (admission == admitted.end())
      continue;
    const auto& first = admission->second->members.front().record;
    const auto payer = snapshot.quotas->find(first.quota);
    if (!payer)
      continue;
    for (const MemberAdmission& member : admission->second->members)
      if (member.record.reservation.empty())
        balance.charge(*payer, member.record.pool, member.pod->requests());
    order.charged(*payer);
  }
  return turns;
}

/// Whether a place may be kept for the workload inside a reservation that lends: it has quota
/// there, and alone would have nodes if those on loan were gone.
inline bool may_keep_a_place(const ClusterSnapshot& snapshot, const World& world,
                             const Holds& holds, const Workload& workload) {
  const Pods members = members_to_start(workload);
  const OptionFinder finder(snapshot, holds, world.now);
  const auto found =
      workload.admission ? finder.follow(*workload.admission) : finder.find(workload);
  const auto* options = std::get_if<std::vector<Option>>(&found);
  if (members.empty() || options == nullptr)
    return false;
  const Headroom headroom(snapshot, holds, balance_of(snapshot, holds));
  const NodeOverlay overlay(*snapshot.nodes, snapshot.loads, holds);
  return std::ranges::any_of(*options, [&](const Option& option) {
    const ReservationIndex reservation = option.site.reservation;
    return reservation != kNoReservation && holds.open[reservation].spec->lend_idle &&
           !headroom.quota_shortfall(option, total_of(members)) &&
           HoldersSearch({snapshot, world.policy, holds, world.now}, overlay)
               .find(members, option.site);
  });
}

/// Later work that uses its own promise in its window, or keeps a place in it: it has a right to it
/// whatever its priority, and who would be lent the room has no claim on it (R4). Work that was
/// admitted outside of its promise is not among them.
inline std::set<WorkloadId> holders_in(const ClusterSnapshot& snapshot, const World& world,
                                       const Plan& plan) {
  const auto holds = current_holds(snapshot, world.now);
  std::set<WorkloadId> holders;
  for (const Admission& admission : plan.admissions)
    if (holds->find(admission.members.front().record.reservation) != nullptr)
      holders.insert(admission.workload->id);
  for (const Waiting& waiting : plan.waiting)
    if (may_keep_a_place(snapshot, world, *holds, *waiting.workload))
      holders.insert(waiting.workload->id);
  return holders;
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
  const auto order = order_of(snapshot, world, plan);
  const auto holders = holders_in(snapshot, world, plan);
  std::vector<WorkloadId> delayed;
  for (std::size_t i = 0; i < order.size() && most > 0; ++i) {
    const auto start = starts.find(order[i]);
    if (start == starts.end())
      continue;
    --most;
    std::set<WorkloadId> later;
    for (std::size_t j = i + 1; j < order.size(); ++j)
      if (!holders.contains(order[j]))
        later.insert(order[j]);
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
