#pragma once
// The prioritize verb: the pool's strategy as scores from 10 for the best node to 0 for the last,
// for every host of the request: the scheduler gives unlisted ones 0 and lets them lose ties. For a
// pod without a pool all nodes score 0.

#include <vector>

#include "lib/allocation/placement.hpp"
#include "lib/allocation/snapshot.hpp"
#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

/// `snapshot` is null while the caches are cold: all score 0.
[[nodiscard]] std::vector<HostScore> prioritize(const PlacementRequest& request,
                                                const allocation::ClusterSnapshot* snapshot,
                                                allocation::PlacementScratch& scratch);

} // namespace berth::extender
