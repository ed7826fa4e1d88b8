#pragma once
// Whether recommendations came true. Once the hour that a recommendation's forecast speaks of is
// over, what was measured then is put beside it: the condition Verified says whether the forecast
// held, the outcome what became of the number that should improve. A forecast is compared only with
// what it was about: not where the change itself made it another measurement. Pure.

#include <functional>
#include <optional>
#include <vector>

#include "analyzer/advise/plan.hpp"

namespace berth::analyzer {

/// How the verifier looks at a target.
struct Proofs {
  /// What was measured of the evidence's metric around a time, in base units.
  std::function<std::optional<double>(const std::string& metric, TimePoint at)> amount;
  /// The same in percent of what the target has of it now; nothing where it has none.
  std::function<std::optional<double>(const std::string& metric, TimePoint at)> percent;
  /// How much of it the target has since the recommendation was applied, in base units, where that
  /// is not said by what the target asks for; may be null.
  std::function<std::optional<double>(const api::ScalingRecommendation&)> granted;
  /// From how many percent of it on the target has too little, so that less of it was no
  /// improvement; may be null.
  std::function<std::optional<double>(const std::string& metric)> too_much_percent;
  /// What a metric that is not named by its resource is counted in; null: cpu, in thousandths.
  std::function<resources::ResourceName(const std::string& metric)> counted_as;
  /// Whether the target is as the patch asks for.
  std::function<bool(const api::ScalingRecommendation&)> is_applied;
};

/// What was not compared so long after it was due never will be.
inline constexpr Duration kVerifiedWithin = std::chrono::minutes{10};

/// The time that decides: the last of the forecast within its first hour.
[[nodiscard]] std::optional<TimePoint> check_point(const api::ScalingRecommendation& one);
/// Whether its forecast has not been compared with what came yet.
[[nodiscard]] bool awaits_verification(const api::ScalingRecommendation& one);

/// What one comparison came to, for the metrics.
struct Verified {
  api::RecommendationKind kind = api::RecommendationKind::GrowPool;
  bool held = false;
};

/// Notes in `recommendations` and in the plan what is due: what was applied, and what came true.
[[nodiscard]] std::vector<Verified> verify(Plan& plan,
                                           std::vector<RecommendationPtr>& recommendations,
                                           const Proofs& proofs, TimePoint now);

/// How far recommendations of a kind can be trusted by how their forecasts came out so far: 1 while
/// nothing is known, less the more of them missed.
[[nodiscard]] double track_record(const std::vector<RecommendationPtr>& all,
                                  api::RecommendationKind kind);

} // namespace berth::analyzer
