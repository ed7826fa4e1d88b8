#pragma once
// What-if: the cluster with a change, as a small overlay on a snapshot that shares all that the
// change does not touch; and what a cycle would then decide about one workload. The snapshot stays
// as it is. Called to find smallest changes and to check one that a person has in mind (X2).

#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/change.hpp"
#include "lib/allocation/decision.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/base/result.hpp"

namespace berth::allocation {

/// NotFound names what a step speaks of and is not there: a quota, its pool, a pool, a node, a
/// constraint of the workload, or the waiting workload itself.
[[nodiscard]] Result<ClusterSnapshot> with_change(const ClusterSnapshot& snapshot,
                                                  const WorkloadId& workload, const Change& change);

/// What a plan says of one workload.
struct Fate {
  bool starts = false;
  std::vector<NodeName> nodes{};            ///< if it starts: for each pod its first node
  std::shared_ptr<const Explanation> why{}; ///< if it waits
  std::optional<TimePoint> planned_start{}; ///< if it waits (B1)
};

/// Nothing if the plan does not speak of it.
[[nodiscard]] std::optional<Fate> fate_of(const Plan& plan, const WorkloadId& workload);

} // namespace berth::allocation
