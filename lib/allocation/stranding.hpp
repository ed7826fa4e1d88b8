#pragma once
// Which pinned pods have lost every candidate between their admission and their binding (nodes
// deleted, cordoned, tainted, or filled by pods that Berth does not manage). Asked once per cycle;
// the operator evicts those that stay so, and their controllers make them again.

#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// Sorted by UID. Cost: the number of admitted pods that are not bound yet.
[[nodiscard]] std::vector<Stranding> find_stranded(const ClusterSnapshot& snapshot);

} // namespace berth::allocation
