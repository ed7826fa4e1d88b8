#pragma once
// From a finding to the ScalingRecommendation that says it: name, patch, evidence. Pure. The name
// follows from the target, the kind and the patch, since those never change in an object: the same
// finding is always the same object, a new finding a new one.

#include <string>

#include "analyzer/advise/target.hpp"
#include "analyzer/model/thresholds.hpp"
#include "lib/api/scaling_recommendation.hpp"

namespace berth::analyzer {

/// What every kind of finding has.
struct Finding {
  api::ObjectMeta meta{}; ///< namespace and owner of the recommendation
  api::ScalingRecommendationSpec spec{};
  Reason reason = Reason::HighUtilization;
  std::string message{};
};

/// meta gets its name, spec ends `validity` after `now`.
[[nodiscard]] api::ScalingRecommendation recommendation_for(const Finding& finding,
                                                            Duration validity, TimePoint now);

/// The forecast that a plot can be drawn from. `metric` is what the recommendation calls it.
[[nodiscard]] api::Evidence evidence_of(const resources::ResourceName& resource,
                                        const Foresight& foresight, std::string metric);

/// A percentage as the API carries it.
[[nodiscard]] resources::Quantity percent_quantity(double value);

/// That the target should have another number of units. What the advice rests on is `judged`.
[[nodiscard]] Finding size_finding(const SizedTarget& target, const Judged& judged,
                                   const SizeAdvice& advice);

} // namespace berth::analyzer
