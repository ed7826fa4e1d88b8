#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// Every node is as good as the next, so the tie ends at the name.
Points score_first_fit(const NodeOutlook&) {
  return 0;
}

} // namespace berth::allocation
