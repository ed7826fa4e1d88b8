#pragma once
// decide_kind(): what becomes of recommendations of which one of a kind stands for a target as a
// whole, and not as a number of units: found anew, kept, or over. Pure.

#include <functional>
#include <initializer_list>
#include <optional>
#include <vector>

#include "analyzer/advise/decide.hpp"
#include "analyzer/advise/recommendation.hpp"

namespace berth::analyzer {

struct KindQuestion {
  api::RecommendationKind kind = api::RecommendationKind::Defragment;
  /// Whether what it goes by is known; else what stands may stand until its time is over.
  bool is_known = true;
  std::function<bool(const api::ScalingRecommendation& last)> is_done{};
  /// Whether what stands would still do what it was made for.
  std::function<bool(const api::ScalingRecommendation& last)> still_helps{};
  /// What it goes by, as it is foreseen now; nothing where it is not.
  std::function<std::optional<api::Evidence>(const api::ScalingRecommendation& last)> evidence{};
  std::function<std::optional<Finding>()> find{};
};

/// One that stands keeps its words and its action as long as it helps. What is found anew waits for
/// the cooldown, and until a forecast can be made that it is verified by. `all`: those of the
/// target.
void decide_kind(Plan& plan, const std::vector<RecommendationPtr>& all,
                 const PoolSettings& settings, const KindQuestion& question,
                 const DecideContext& context);

/// Of the target's recommendations those of one of the kinds that stand once the plan is carried
/// out.
[[nodiscard]] std::vector<api::ScalingRecommendation>
those_that_stand(const Plan& plan, const std::vector<RecommendationPtr>& known,
                 std::initializer_list<api::RecommendationKind> kinds);
/// Whether there is one.
[[nodiscard]] bool will_stand(const Plan& plan, const std::vector<RecommendationPtr>& known,
                              std::initializer_list<api::RecommendationKind> kinds);

} // namespace berth::analyzer
