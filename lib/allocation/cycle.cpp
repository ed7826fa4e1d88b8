#include "lib/allocation/cycle.hpp"

#include <utility>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/reservation_decisions.hpp"
#include "lib/allocation/stranding.hpp"
#include "lib/allocation/window_evictions.hpp"
#include "lib/allocation/window_layout.hpp"

namespace berth::allocation {

Plan decide(const ClusterSnapshot& snapshot, const Policy& policy, TimePoint now,
            std::uint64_t seed) {
  const std::shared_ptr<const Holds> holds = current_holds(snapshot, now);
  AdmissionCycle cycle({snapshot, policy, *holds, now, seed});
  Plan plan;
  plan.based_on = snapshot.generation;
  WindowLayout layout(snapshot, *holds, cycle.calendar());
  const std::vector<LaidWindow> windows = layout.lay_accepted();
  for (const LaidWindow& laid : windows)
    plan.windows.push_back(
        {laid.spec, laid.window, layout.names_of(laid), laid.missing, laid.nodes_missing});
  plan.reservations = decide_reservations(snapshot, layout, now);
  plan.strandings = find_stranded(snapshot);
  plan.replannings = cycle.find_new_homes();
  for (const Head& head : order_heads(collect_heads(snapshot))) {
    if (auto admission = cycle.try_admit(head))
      plan.admissions.push_back(std::move(*admission));
    else
      plan.waiting.push_back(cycle.last_refusal());
  }
  WindowSteps steps = ask_to_go({snapshot, *holds, windows, cycle.recalled(), now});
  plan.window_evictions = std::move(steps.evictions);
  plan.overruns = std::move(steps.warnings);
  plan.next_window_step = steps.next;
  return plan;
}

} // namespace berth::allocation
