#pragma once
// ResolveBottleneck for a pool: the worst of its bottlenecks that has a remedy which no other kind
// of recommendation stands for. What waits for more than is free, or for more than any node can be
// given, asks for nodes; pods that use a node up together ask that some of them go on elsewhere.
// Pure.

#include "analyzer/advise/decide.hpp"

namespace berth::analyzer {

/// After the other kinds: `plan` has what they come to.
void decide_bottleneck(Plan& plan, const PoolView& view, const PoolFacts& facts,
                       const DecideContext& context);

[[nodiscard]] api::RecommendationPriority priority_of(Severity severity);

} // namespace berth::analyzer
