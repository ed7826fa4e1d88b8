#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// Work of a quota that holds no more than its nominal amounts (favoured) gets room to itself;
/// borrowed work is packed together, where it can be reclaimed from few nodes.
Points score_fair_share(const NodeOutlook& node) {
  return node.is_favoured ? score_worst_fit(node) : score_best_fit(node);
}

} // namespace berth::allocation
