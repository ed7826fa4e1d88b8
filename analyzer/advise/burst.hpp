#pragma once
// Bursts of a pool: for a while more may be charged to it than it has. EnterBurst when more is
// charged than spec.burst.enterUtilizationPercent, or is about to be, and what is really used
// leaves room for it; LeaveBurst when that is over, or the burst has lasted as long as it may. The
// patch moves the pool's oversubscription, which the operator goes by. Pure.

#include <optional>

#include "analyzer/advise/decide.hpp"

namespace berth::analyzer {

/// What is true of the burst of a pool now.
struct BurstState {
  bool is_active = false;
  std::optional<TimePoint> since{};
  resources::ResourceName resource{""}; ///< that is oversubscribed more than otherwise
};

/// A burst is on while the pool is as an EnterBurst recommendation asked for.
[[nodiscard]] BurstState burst_state(const PoolView& view);

/// Whether the pool is as the patch of an EnterBurst or LeaveBurst recommendation asks for.
[[nodiscard]] bool is_burst_applied(const api::ResourcePool& pool,
                                    const api::ScalingRecommendation& recommendation);

/// What may be charged of a resource in percent of what the nodes have, but for a burst that is on.
[[nodiscard]] std::int32_t usual_ratio_percent(const PoolView& view,
                                               const resources::ResourceName& resource);

void decide_burst(Plan& plan, const PoolView& view, const PoolFacts& facts,
                  const DecideContext& context);

} // namespace berth::analyzer
