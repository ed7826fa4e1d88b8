#include <algorithm>

#include "lib/allocation/strategy.hpp"
#include "lib/resources/int128.hpp"

namespace berth::allocation {

/// The cheaper the node hour, the better, in the pool's range of prices; then as BestFit, so that
/// dear nodes run empty first. A node without a price comes after all that have one.
Points score_cost_aware(const NodeOutlook& node) {
  const auto& [price, lowest, highest] = node.price;
  if (!price)
    return first_then(0, score_best_fit(node));
  const std::int64_t range = std::max<std::int64_t>(highest - lowest, 1);
  const resources::Int128 above = resources::Int128{*price - lowest} * (kPointsMax / 2) / range;
  return first_then(kPointsMax - std::clamp<Points>(static_cast<Points>(above), 0, kPointsMax / 2),
                    score_best_fit(node));
}

} // namespace berth::allocation
