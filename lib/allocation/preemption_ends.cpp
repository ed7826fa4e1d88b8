// The part of PreemptionCycle that takes promises and notices back: nominations that are void or
// fulfilled, and notices that nobody stands behind any more.

#include <algorithm>
#include <array>
#include <set>

#include "lib/allocation/preemption_cycle.hpp"

namespace berth::allocation {
namespace {

/// Whether its notice goes with the plan that gave it; what is lent has its notice for good (R4).
bool has_notice_of_a_plan(const PodView& pod) {
  return pod.revocable_after && !pod.terminating && !is_lent(pod);
}

} // namespace

/// Rolls the nomination back: what it held is free, and those that were told may stay.
void PreemptionCycle::give_up(const Head& head, const Nomination& nomination) {
  NominationEnd end{head.workload->id, nomination.pods, {}, false, {}, head.workload->created};
  for (const Victim* victim : work().find(nomination.victims)) {
    work().release(*victim);
    end.victims.push_back(victim->key());
    for (const auto& pod : victim->pods)
      if (has_notice_of_a_plan(*pod))
        end.spared.push_back(pod);
  }
  room_.planned.forget_ends(nomination);
  room_.calendar.withdraw(nomination);
  room_.planned.tell_ends(nomination);
  std::sort(end.victims.begin(), end.victims.end());
  plan_.ended.push_back(std::move(end));
}

/// Records that are left on pods which wait no more: a crash, or the cycle that admitted them.
void PreemptionCycle::clear_fulfilled() {
  std::set<PodUid> claimed;
  for (const Nomination& nomination : input_.holds.nominations)
    claimed.insert(nomination.victims.begin(), nomination.victims.end());
  std::map<WorkloadId, NominationEnd> ends;
  input_.snapshot.nominated.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (nomination_of_.contains(workload_id(*pod)))
      return;
    NominationEnd& end = ends[workload_id(*pod)];
    end.workload = workload_id(*pod);
    end.is_fulfilled = end.is_fulfilled || pod->admission || pod->is_bound();
    end.pods.push_back(pod);
    for (const PodUid& uid : pod->nomination->victims)
      if (const auto* victim = input_.snapshot.pods.find(uid);
          victim != nullptr && has_notice_of_a_plan(**victim) && claimed.insert(uid).second)
        end.spared.push_back(*victim);
  });
  for (auto& [id, end] : ends)
    plan_.ended.push_back(std::move(end));
}

/// Who was told for a plan that is over, and goes for another one by now, keeps its notice (P6).
void PreemptionCycle::keep_notices_of_claimed() {
  for (NominationEnd& end : plan_.ended)
    std::erase_if(end.spared, [this](const std::shared_ptr<const PodView>& pod) {
      const std::vector<Victim*> victims = work().find(std::array{pod->uid});
      return !victims.empty() && victims.front()->is_claimed;
    });
}

/// Notices that run, and those of preemptors that went without a word.
void PreemptionCycle::look_after_notices() {
  std::set<PodUid> pardoned;
  for (const NominationEnd& end : plan_.ended)
    for (const auto& pod : end.spared)
      pardoned.insert(pod->uid);
  input_.snapshot.noticed.for_each(
      [&](const PodUid& uid, const std::shared_ptr<const PodView>& pod) {
        const std::vector<Victim*> victims = work().find(std::array{uid});
        if (victims.empty() || pardoned.contains(uid) || is_lent(*pod))
          return;
        if (!victims.front()->is_claimed)
          plan_.pardons.push_back(pod);
        else if (*pod->revocable_after > input_.now)
          plan_.next_due = std::min(plan_.next_due, *pod->revocable_after);
      });
}

PreemptionPlan PreemptionCycle::finish() {
  clear_fulfilled();
  keep_notices_of_claimed();
  look_after_notices();
  return std::move(plan_);
}

} // namespace berth::allocation
