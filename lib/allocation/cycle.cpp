#include "lib/allocation/cycle.hpp"

#include <utility>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/preemption_cycle.hpp"
#include "lib/allocation/reservation_decisions.hpp"
#include "lib/allocation/stranding.hpp"

namespace berth::allocation {

Plan decide(const ClusterSnapshot& snapshot, const Policy& policy, TimePoint now,
            std::uint64_t seed) {
  const std::shared_ptr<const Holds> holds = current_holds(snapshot, now);
  const CycleInput input{snapshot, policy, *holds, now, seed};
  AdmissionCycle cycle(input);
  Plan plan;
  plan.based_on = snapshot.generation;
  plan.reservations = decide_reservations(snapshot, now);
  plan.strandings = find_stranded(snapshot);
  plan.replannings = cycle.find_new_homes();
  PreemptionCycle preemption(input, cycle);
  for (const Head& head : order_heads(collect_heads(snapshot))) {
    preemption.begin_turn(head);
    if (auto admission = cycle.try_admit(head))
      plan.admissions.push_back(std::move(*admission));
    else
      plan.waiting.push_back(preemption.make_way(head, cycle.last_refusal()));
  }
  plan.preemption = preemption.finish();
  return plan;
}

} // namespace berth::allocation
