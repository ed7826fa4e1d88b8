#pragma once
// Heads: the workloads that a cycle looks at, in the order of their turn. The order is the only
// place that knows who comes first; fair share (F1, F2) will change it here and nowhere else.

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/workload.hpp"

namespace berth::allocation {

struct Head {
  std::shared_ptr<const Workload> workload{};
  /// The workload's priority plus its quota's offset.
  std::int64_t priority = 0;
};

/// Every workload with members that wait.
[[nodiscard]] std::vector<Head> collect_heads(const ClusterSnapshot& snapshot);

/// Interrupted admissions first (they are charged already), then by priority, then the older, then
/// by id.
[[nodiscard]] std::vector<Head> order_heads(std::vector<Head> heads);

} // namespace berth::allocation
