#include "lib/allocation/strategy.hpp"

namespace berth::allocation {

/// Work above the ordinary priority (favoured) goes where most is free; the rest is packed, so that
/// such nodes stay free and an eviction for the important work concerns few nodes.
Points score_priority_based(const NodeOutlook& node) {
  return node.is_favoured ? score_worst_fit(node) : score_best_fit(node);
}

} // namespace berth::allocation
