// The part of PreemptionCycle that evicts for nobody (T3, Q6): whom to shed is
// pressure_shedding.hpp's and shedding.hpp's; here their sheddings become notices and evictions of
// whole workloads.

#include <algorithm>
#include <array>
#include <string>

#include "lib/allocation/preemption_cycle.hpp"
#include "lib/allocation/pressure_shedding.hpp"

namespace berth::allocation {
namespace {

std::string shed_text(const Shedding& shedding, const Victim& victim, const AdmissionRates& rates) {
  const std::string why = shedding.reason == Reason::BurstEnded
                              ? "the burst budget of quota " + shedding.quota.str() + " is used up"
                              : rates.describe(victim.pool);
  return why + "; this workload holds " + to_string(victim.total);
}

} // namespace

std::vector<Shedding> PreemptionCycle::shed(AllocationMemory& memory) {
  const SheddingInput input{input_.snapshot, room_.headroom.balance(), memory, admission_.rates(),
                            input_.now};
  std::vector<Shedding> sheddings =
      shed_under_pressure(input, [this]() -> RunningWork& { return work(); }, memory);
  add_ended_bursts(input, sheddings);
  for (const Shedding& shedding : sheddings)
    for (Victim* victim : work().find(std::array{shedding.pod->uid}))
      if (!victim->is_protected && !victim->is_claimed && !victim->is_leaving &&
          policy_in(victim->pool).enabled)
        shed_one(shedding, *victim);
  return sheddings;
}

void PreemptionCycle::shed_one(const Shedding& shedding, Victim& victim) {
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
  step->message = shed_text(shedding, victim, admission_.rates());
  plan_.evictions.push_back(std::move(*step));
}

} // namespace berth::allocation
