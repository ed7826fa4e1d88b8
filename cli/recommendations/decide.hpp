#pragma once
// The decide part of `kubectl berth recommendations`: what is shown, whether a recommendation may
// be applied, and the patch that does it. Pure.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/state_word.hpp"
#include "lib/api/scaling_recommendation.hpp"
#include "lib/base/result.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

using RecommendationPtr = std::shared_ptr<const api::ScalingRecommendation>;

struct RecommendationRow {
  api::ObjectKey key{};
  StateWord valid{};
  StateWord applied{};
  std::string kind{};
  std::string priority{};
  std::string target{}; ///< "Deployment web"
  std::int32_t confidence_percent = 0;
  std::string improvement{}; ///< "p90-utilization-percent 92 -> 65"; may be empty
  std::string outcome{};     ///< "Improved"; empty: not measured yet
  std::string model{};
  std::string patch{};
  TimePoint expires_at{};
};

struct RecommendationsView {
  TimePoint as_of{};
  std::vector<RecommendationRow> rows{}; ///< the most urgent first, then by name
};

/// `all`: those too that ended or were applied.
[[nodiscard]] RecommendationsView
decide_recommendations(const std::vector<RecommendationPtr>& recommendations, bool all,
                       TimePoint now);

/// Where a recommendation is applied.
struct PatchTarget {
  kube::ResourceType type{};
  kube::ObjectKey key{};
  std::string subresource{};
  kube::PatchType patch_type = kube::PatchType::Merge;
};
[[nodiscard]] PatchTarget target_of(const api::ScalingRecommendation& recommendation);

/// Invalid: it ended, was applied already, or has expired.
[[nodiscard]] Result<void> may_be_applied(const api::ScalingRecommendation& recommendation,
                                          TimePoint now);

/// The recommendation's own patch, which fails unless the target still is what `seen` says:
/// a merge patch by uid and resourceVersion, a JSON patch by tests of the same. Invalid: the patch
/// is none of its type.
[[nodiscard]] Result<std::string> guarded_patch(const api::RecommendedAction& action,
                                                const api::ObjectMeta& seen);

} // namespace berth::cli
