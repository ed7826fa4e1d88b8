#pragma once
// add_ended_bursts(): work that nobody has to ask for back (Q6): what a burst paid for, once its
// budget is empty and the grace is over. What is shed under pressure is pressure_shedding.hpp's.
// Pure; eviction, notice and disruption budgets are the operator's.

#include <functional>
#include <vector>

#include "lib/allocation/admission_rates.hpp"
#include "lib/allocation/decision.hpp"
#include "lib/allocation/running_work.hpp"

namespace berth::allocation {

struct SheddingInput {
  const ClusterSnapshot& snapshot;
  const QuotaBalance& balance;
  const AllocationMemory& memory;
  const AdmissionRates& rates;
  TimePoint now;
};

/// Adds, in the order in which work gives way, as much of each quota's bursts as it has no room for
/// once what goes already, or is in `sheddings`, has gone; no workload that may stay, and none that
/// cannot go. They are listed from the moment that the budget is empty, so that notice can be
/// given; not_before is the end of the grace. `work` is asked for only where a burst has ended.
void add_ended_bursts(const SheddingInput& input, const std::function<RunningWork&()>& work,
                      std::vector<Shedding>& sheddings);

} // namespace berth::allocation
