#pragma once
// The prioritize verb: for an admitted pod the pool's strategy as scores, 10 for the best node. Up
// to kLessPreferredToldMax hosts are all listed, since the scheduler gives unlisted ones 0 and lets
// them lose ties; of more only the best are, from 10 to 1. For other pods Berth has no opinion:
// nothing is listed, and the scheduler decides as it would without an extender.

#include <span>

#include "lib/allocation/snapshot.hpp"
#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/verb_scratch.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

/// `snapshot` is null while the caches are cold: no opinion either. The scores lie in the scratch.
[[nodiscard]] std::span<const HostScore> prioritize(const PlacementRequest& request,
                                                    const allocation::ClusterSnapshot* snapshot,
                                                    VerbScratch& scratch);

} // namespace berth::extender
