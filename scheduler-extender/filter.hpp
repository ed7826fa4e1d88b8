#pragma once
// The filter verb: which of the nodes that passed the scheduler's own filters the pod may use.
//   admitted      its planned nodes, else the best few of its pool; all that can take it where
//                 kube-scheduler found no node for it before
//   not admitted  none
//   unmanaged     all but those whose free capacity is promised to others
// A function of the request and one snapshot; it records nothing, since the scheduler never says
// what became of an answer.

#include <cstddef>

#include "lib/allocation/snapshot.hpp"
#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/verb_scratch.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

struct FilterOptions {
  /// Nodes returned for an admitted pod with soft constraints, between which the scheduler's scores
  /// decide; without them one node is returned and scoring is skipped.
  std::size_t candidates_max = 4;
};

/// `snapshot` is null while the caches are cold: an error for managed pods (unknown is not "no"),
/// every name for the others. The result lies in the scratch.
[[nodiscard]] const FilterResult& filter(const PlacementRequest& request,
                                         const allocation::ClusterSnapshot* snapshot,
                                         const FilterOptions& options, VerbScratch& scratch);

} // namespace berth::extender
