#pragma once
// Which pods of a pool should run elsewhere: Defragment, where enough is free for what waits, but
// in pieces; Rebalance, where the pool's strategy spreads and one node bears much more than the
// others. Both name evictions, which nobody carries out for them. Pure.

#include <optional>
#include <string>

#include "analyzer/advise/decide_kind.hpp"

namespace berth::analyzer {

void decide_moves(Plan& plan, const PoolView& view, const PoolFacts& facts,
                  const DecideContext& context);

/// Whether the pool's strategy spreads work. The others pack it on purpose.
[[nodiscard]] bool is_spread(const api::ResourcePool& pool);

/// Whether what a Rebalance, Defragment or ResolveBottleneck asks for is done: none of its pods is
/// where it was, or the pool has its nodes.
[[nodiscard]] bool is_resolved(const api::ResourcePool& pool, const PoolPods* pods,
                               const api::ScalingRecommendation& one);

/// What findings about a pool have in common. `metric` is a share; `from` and `to` are percent.
struct ShareImprovement {
  std::string what{};
  std::string metric{};
  double from = 0;
  double to = 0;
};
[[nodiscard]] Finding pool_finding(const PoolView& view, const PoolFacts& facts,
                                   const ShareImprovement& improvement,
                                   const DecideContext& context);

/// What the measure that a recommendation rests on is expected to do now.
[[nodiscard]] std::optional<api::Evidence> evidence_now(const PoolFacts& facts,
                                                        const std::string& metric);

/// How sure advice on moves can be, in percent: the more of them, the more may come otherwise.
[[nodiscard]] double trust_in(std::size_t moves);

/// What the moves lessen: the pods of a plan that spreads the use of a resource.
[[nodiscard]] std::optional<PlacedPool> placed_by_use(const PoolView& view, const PoolFacts& facts,
                                                      const resources::ResourceName& resource,
                                                      TimePoint now);

} // namespace berth::analyzer
