#pragma once
// effective_priority(): what work counts for beside other work (F1, P2). The order, preemption,
// shedding, placement and the extender all ask here.

#include <cstdint>
#include <vector>

#include "lib/allocation/pool_rules.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

struct QuotaSpec;

/// `own`: by its PriorityClass. To it come the offset of the quota that pays (null: of none), and
/// what the rules in force in the pool add. What work gains by waiting is not in it.
[[nodiscard]] std::int64_t effective_priority(std::int64_t own, const QuotaSpec* quota,
                                              const std::vector<PoolRules>& rules,
                                              const PoolName& pool);

} // namespace berth::allocation
