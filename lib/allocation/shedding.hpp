#pragma once
// find_sheddings(): work that nobody has to ask for back. Q6: what a burst paid for, once its
// budget is empty and the grace is over. T3: opportunistic work of a pool under pressure, in the
// order that pressure.hpp lists. What is within nominal is never in it. Pure; eviction, notice and
// disruption budgets are the operator's.

#include <vector>

#include "lib/allocation/admission_rates.hpp"
#include "lib/allocation/decision.hpp"

namespace berth::allocation {

struct SheddingInput {
  const ClusterSnapshot& snapshot;
  const QuotaBalance& balance;
  const AllocationMemory& memory;
  const AdmissionRates& rates;
  TimePoint now;
};

/// Bursts first, then what is borrowed; in each the lowest priority first, then the newest, then by
/// UID. Of each only as much as there is too much of. Ended bursts are listed from the moment that
/// the budget is empty, so that notice can be given; not_before is the end of the grace.
[[nodiscard]] std::vector<Shedding> find_sheddings(const SheddingInput& input);

} // namespace berth::allocation
