// The part of PreemptionCycle that evicts for nobody (T3, Q4, Q6): whom to shed is
// pressure_shedding.hpp's, shedding.hpp's and draining.hpp's; here their sheddings become notices
// and evictions of whole workloads.

#include <algorithm>
#include <array>
#include <string>

#include "lib/allocation/draining.hpp"
#include "lib/allocation/preemption_cycle.hpp"
#include "lib/allocation/pressure_shedding.hpp"

namespace berth::allocation {

std::vector<Shedding> PreemptionCycle::shed(AllocationMemory& memory) {
  const SheddingInput input{input_.snapshot, room_.headroom.balance(), memory, admission_.rates(),
                            input_.now};
  const auto find_work = [this]() -> RunningWork& { return work(); };
  std::vector<Shedding> sheddings = shed_under_pressure(input, find_work, memory);
  add_ended_bursts(input, find_work, sheddings);
  add_drained(input, find_work, sheddings);
  add_excess(input, find_work, sheddings);
  for (const Shedding& shedding : sheddings)
    for (Victim* victim : work().find(std::array{shedding.pod->uid}))
      if (!victim->is_protected && !victim->is_claimed && !victim->is_leaving &&
          policy_in(victim->pool).enabled)
        shed_one(shedding, *victim);
  return sheddings;
}

void PreemptionCycle::shed_one(const Shedding& shedding, Victim& victim) {
  for (Victim* surplus : victim.surplus) // no member of a gang stays without the least of it
    if (!surplus->is_leaving && !surplus->is_claimed)
      shed_one(shedding, *surplus);
  work().claim(victim);
  EvictionCause cause{{}, {}, Claim::Shed, {}, {}};
  cause.is_emergency = !shedding.gives_notice;
  auto step = step_due(victim, cause, policy_in(victim.pool), input_.now);
  if (!step || (step->step == EvictionStep::Evict && shedding.not_before > input_.now))
    return;
  if (step->step == EvictionStep::Notice)
    step->revocable_after = std::max(step->revocable_after, shedding.not_before);
  step->quota = shedding.quota;
  step->reason = shedding.reason;
  step->message = shedding.why + "; this workload holds " + to_string(victim.total);
  plan_.evictions.push_back(std::move(*step));
}

} // namespace berth::allocation
