#include "lib/allocation/strategy.hpp"
#include "lib/resources/int128.hpp"

namespace berth::allocation {

/// The smaller the growth of expected fragmentation, the better (fragmentation gradient descent:
/// Weng et al., "Beware of Fragmentation", USENIX ATC 2023); then as BestFit. The growth has no
/// bound of its own, so it is bent into the range of points: one device lies half-way to its end.
Points score_fragmentation_aware(const NodeOutlook& node) {
  constexpr std::int64_t kHalfWayMilli = 1000;
  const auto& [before, after, weight] = node.fragments;
  const std::int64_t growth = after - before;
  const std::int64_t magnitude = growth < 0 ? -growth : growth;
  const resources::Int128 bent =
      resources::Int128{kPointsMax / 2} * growth /
      (resources::Int128{magnitude} + resources::Int128{weight} * kHalfWayMilli);
  return first_then(kPointsMax / 2 - static_cast<Points>(bent), score_best_fit(node));
}

} // namespace berth::allocation
