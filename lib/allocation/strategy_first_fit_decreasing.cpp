#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// As FirstFit on each node; WorkloadPlacer takes the members of a workload in the order of their
/// size.
Points score_first_fit_decreasing(const NodeOutlook& node) {
  return score_first_fit(node);
}

} // namespace berth::allocation
