#pragma once
// What a Quota's status remembers of fairness (F2) and bursts (Q6). Both change with every moment;
// a status that did too would be written for ever. So it is written only when it would no longer
// tell the next leader the same: history since sampledAt follows from shareMilli. Pure.

#include <optional>

#include "lib/allocation/allocation_memory.hpp"
#include "lib/allocation/quota_tree.hpp"
#include "lib/api/quota.hpp"

namespace berth::op {

struct FairShareInput {
  const api::Quota& quota;
  const allocation::QuotaMemory& memory;
  allocation::DominantShare share;
  Duration half_life;
};

/// The one that stands, as long as what follows from it is within kHistoryMilliMax of the truth and
/// the budget of bursts within one of kBudgetParts.
[[nodiscard]] std::optional<api::FairShare> fair_share_status(const FairShareInput& input);
inline constexpr std::int64_t kHistoryMilliMax = 2;
inline constexpr std::int64_t kBudgetParts = 20;

/// Nothing without a burst; what stands as long as the fair share beside it does.
[[nodiscard]] std::optional<std::chrono::seconds> burst_left_status(const FairShareInput& input,
                                                                    bool is_rewritten);

} // namespace berth::op
