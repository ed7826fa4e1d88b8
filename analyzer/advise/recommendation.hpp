#pragma once
// From an advice to the ScalingRecommendation that says it: name, patch, evidence. Pure. The name
// follows from the target, the kind and the patch, since those never change in an object: the same
// finding is always the same object, a new finding a new one.

#include <optional>

#include "analyzer/advise/settings.hpp"
#include "analyzer/model/thresholds.hpp"
#include "lib/api/scaling_recommendation.hpp"

namespace berth::analyzer {

struct Finding {
  const PoolView& view;
  const PoolSettings& settings;
  PoolSize size;
  /// What the advice rests on.
  const Judged& judged;
  const PoolAdvice& advice; ///< GrowPool or ShrinkPool
};

/// meta has name, namespace, owner and no uid; spec ends `validity` after `now`.
[[nodiscard]] api::ScalingRecommendation recommendation_for(const Finding& finding,
                                                            Duration validity, TimePoint now);

/// "cpu is at 91 % of 12 nodes; 17 nodes would bring it to 65 %"; or "is heading for", or "stays
/// below".
[[nodiscard]] std::string message_for(const Finding& finding);

/// The number of nodes that a recommendation asks for; nothing if its patch cannot be read.
[[nodiscard]] std::optional<std::int32_t>
nodes_of(const api::ScalingRecommendation& recommendation);

} // namespace berth::analyzer
