#include "analyzer/model/moves/placement.hpp"

#include <algorithm>

namespace berth::analyzer {

Placement moved(Placement placement, std::span<const Move> moves) {
  for (const Move& move : moves)
    move_pod(placement, move);
  return placement;
}

void move_pod(Placement& placement, const Move& move) {
  PlacedPod& pod = placement.pods[move.pod];
  PlacedNode& from = placement.nodes[pod.node];
  PlacedNode& to = placement.nodes[move.to];
  from.free += pod.requests;
  from.used -= pod.used;
  to.free -= pod.requests;
  to.used += pod.used;
  pod.node = move.to;
}

bool may_move(const Placement& placement, const Move& move) {
  const PlacedPod& pod = placement.pods[move.pod];
  const PlacedNode& to = placement.nodes[move.to];
  return move.to != pod.node && to.takes_pods && pod.requests.fits_within(to.free) &&
         std::ranges::includes(placement.nodes[pod.node].keeps_off, to.keeps_off);
}

} // namespace berth::analyzer
