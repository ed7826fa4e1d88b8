#include "lib/allocation/cycle.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/preemption_cycle.hpp"
#include "lib/allocation/remembering.hpp"
#include "lib/allocation/reservation_decisions.hpp"
#include "lib/allocation/stranding.hpp"
#include "lib/allocation/window_layout.hpp"

namespace berth::allocation {

namespace {

/// R1, R3: before anybody is admitted, the windows that are promised take their places in the
/// calendar, and those that are asked for after them.
std::vector<LaidWindow> promise_windows(const CycleInput& input, AdmissionCycle& cycle,
                                        Plan& plan) {
  WindowLayout layout(input.snapshot, input.holds, cycle.calendar());
  std::vector<LaidWindow> windows = layout.lay_accepted();
  for (const LaidWindow& laid : windows)
    plan.windows.push_back(
        {laid.spec, laid.window, layout.places_of(laid), laid.missing, laid.nodes_missing});
  plan.reservations = decide_reservations(input, layout);
  return windows;
}

/// Everybody's turn, or everybody's up to `last`'s if that one may not burst; gives back those who
/// were refused and whose quota may.
std::vector<Head> give_turns(const CycleInput& input, AdmissionCycle& cycle,
                             PreemptionCycle& preemption, const WorkloadId* last, Plan& plan) {
  const QuotaForest& forest = *input.snapshot.quotas;
  std::vector<Head> hopeful;
  plan.waiting.reserve(input.snapshot.waiting.size());
  TurnOrder order({input.snapshot, cycle.balance(), plan.memory.quotas, input.now});
  while (const auto head = order.next()) {
    preemption.begin_turn(*head);
    if (auto admission = cycle.try_admit(*head)) {
      if (const auto payer = forest.find(admission->members.front().record.quota))
        order.charged(*payer);
      plan.admissions.push_back(std::move(*admission));
      if (last != nullptr && head->workload->id == *last)
        break;
      continue;
    }
    Waiting waiting = preemption.make_way(*head, cycle.last_refusal());
    if (waiting.why->reason != Reason::Preempting) // else its room is held already (P3)
      waiting.planned_start = cycle.plan_start(*head);
    plan.waiting.push_back(std::move(waiting));
    // Whom room is made for needs no burst.
    if (plan.waiting.back().why->reason == Reason::InsufficientQuota && cycle.may_burst(*head))
      hopeful.push_back(*head);
    else if (last != nullptr && head->workload->id == *last)
      break;
  }
  return hopeful;
}

/// Q6: what everybody's turn left idle may be used for bursts, in the same order.
void give_bursts(const std::vector<Head>& hopeful, AdmissionCycle& cycle, Plan& plan) {
  if (hopeful.empty())
    return;
  cycle.begin_bursts();
  std::set<const Workload*> admitted;
  for (const Head& head : hopeful)
    if (auto admission = cycle.try_admit(head)) {
      admitted.insert(head.workload.get());
      plan.admissions.push_back(std::move(*admission));
    }
  if (admitted.empty())
    return;
  std::erase_if(plan.waiting,
                [&](const Waiting& waiting) { return admitted.contains(waiting.workload.get()); });
  std::map<QuotaName, std::uint32_t> positions;
  for (Waiting& waiting : plan.waiting)
    waiting.position = ++positions[waiting.workload->quota.quota];
}

/// When a burst that is on runs dry, or its grace ends, counts as well.
TimePoint next_look(const ClusterSnapshot& snapshot, const AdmissionCycle& cycle, const Plan& plan,
                    TimePoint now) {
  TimePoint next = cycle.rates().next_look();
  for (const Shedding& shedding : plan.sheddings)
    if (shedding.not_before > now)
      next = std::min(next, shedding.not_before);
  for (QuotaIndex quota = 0; quota < snapshot.quotas->size(); ++quota) {
    const QuotaSpec& spec = snapshot.quotas->spec(quota);
    if (!spec.burst)
      continue;
    const auto level = cycle.balance().burst_level(quota, spec.burst->factor_percent);
    const auto memory = plan.memory.quotas.find(spec.name);
    if (level > 0 && memory != plan.memory.quotas.end() && !memory->second.burst.empty_since)
      next = std::min(next, now + memory->second.burst.lasts(*spec.burst, level));
  }
  return next;
}

/// `last`: see give_turns(); nullptr for all.
Plan decide_up_to(const WorkloadId* last, const ClusterSnapshot& snapshot, const Policy& policy,
                  TimePoint now, std::uint64_t seed) {
  const std::shared_ptr<const Holds> holds = current_holds(snapshot, now);
  const QuotaBalance balance = balance_of(snapshot, *holds);
  Plan plan;
  plan.based_on = snapshot.generation;
  plan.memory = settled(policy.memory == nullptr ? AllocationMemory{} : *policy.memory, snapshot,
                        balance, now);
  const CycleInput input{snapshot, policy, *holds, balance, now, seed};
  AdmissionCycle cycle(input, plan.memory);
  const std::vector<LaidWindow> windows = promise_windows(input, cycle, plan);
  plan.strandings = find_stranded(snapshot);
  plan.replannings = cycle.find_new_homes();
  PreemptionCycle preemption(input, cycle);
  preemption.clear_windows(windows);
  plan.sheddings = preemption.shed(plan.memory);
  cycle.keep_for_holders();
  const std::vector<Head> hopeful = give_turns(input, cycle, preemption, last, plan);
  give_bursts(hopeful, cycle, plan);
  preemption.recall_lent();
  plan.overruns = preemption.overruns();
  plan.preemption = preemption.finish();
  note_held(plan.memory, *snapshot.quotas, cycle.balance());
  plan.next_look = next_look(snapshot, cycle, plan, now);
  return plan;
}

} // namespace

Plan decide(const ClusterSnapshot& snapshot, const Policy& policy, TimePoint now,
            std::uint64_t seed) {
  return decide_up_to(nullptr, snapshot, policy, now, seed);
}

Plan decide_for(const WorkloadId& workload, const ClusterSnapshot& snapshot, const Policy& policy,
                TimePoint now, std::uint64_t seed) {
  return decide_up_to(&workload, snapshot, policy, now, seed);
}

} // namespace berth::allocation
