#pragma once
// Bursts of a pool: for a while more may be charged to it than it has. EnterBurst when more is
// charged than spec.burst.enterUtilizationPercent, or is about to be, and what is really used
// leaves room for it; LeaveBurst when a burst that began for pressure is not needed any more. Both
// write spec.burst.period, which the operator goes by and which ends by itself; where the policy
// says Auto the analyzer writes it. What burst is on is known from the pool alone. Pure.

#include "analyzer/advise/decide.hpp"

namespace berth::analyzer {

[[nodiscard]] bool is_in_burst(const api::ResourcePool& pool, TimePoint now);

/// Whether the pool is as the patch of an EnterBurst or LeaveBurst recommendation asks for.
[[nodiscard]] bool is_burst_applied(const api::ResourcePool& pool,
                                    const api::ScalingRecommendation& recommendation);

/// What may be charged of a resource in percent of what the nodes have, but for a burst.
[[nodiscard]] std::int32_t usual_ratio_percent(const api::ResourcePool& pool,
                                               const resources::ResourceName& resource);

void decide_burst(Plan& plan, const PoolView& view, const PoolFacts& facts,
                  const DecideContext& context);

} // namespace berth::analyzer
