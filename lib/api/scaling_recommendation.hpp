#pragma once
// ScalingRecommendation: a change that the analyzer found worth making, with its evidence and what
// became of it. The fields are those of crds/berth.dev_scalingrecommendations.yaml.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/conditions.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/api/scaling_policy.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::api {

enum class RecommendationKind {
  ScaleOut,
  ScaleIn,
  Resize,
  Rebalance,
  Defragment,
  AdjustQuota,
  GrowPool,
  ShrinkPool,
  EnterBurst,
  LeaveBurst,
  ResolveBottleneck,
};
inline constexpr std::size_t kRecommendationKinds =
    static_cast<std::size_t>(RecommendationKind::ResolveBottleneck) + 1;
enum class RecommendationPriority { Low, Medium, High, Critical };
enum class PatchSubresource { Scale, Resize, Eviction };
enum class ActionPatchType { Merge, JSON };
enum class OutcomeResult { Improved, Unchanged, Worse };

[[nodiscard]] std::string_view to_string(RecommendationKind kind);
[[nodiscard]] std::string_view to_string(ScalingTargetKind kind);
[[nodiscard]] std::string_view to_string(RecommendationPriority priority);
[[nodiscard]] std::string_view to_string(OutcomeResult result);

struct ExpectedImprovement {
  std::string what{}; ///< the name of the number: "p90-utilization-percent"
  resources::Quantity from{};
  resources::Quantity to{};

  friend bool operator==(const ExpectedImprovement&, const ExpectedImprovement&) = default;
};

struct ForecastPoint {
  TimePoint at{};
  resources::Quantity p10;
  resources::Quantity p50;
  resources::Quantity p90;

  friend bool operator==(const ForecastPoint&, const ForecastPoint&) = default;
};

struct Evidence {
  std::string metric{};
  std::string model{};
  std::optional<std::int32_t> samples{};
  std::optional<std::chrono::seconds> period{}; ///< of the season that was found, if any
  std::vector<ForecastPoint> forecast{};        ///< by time, each time once

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// The exact change: a body for the target or one of its subresources. For Eviction it is a List of
/// bodies, one for each pod that is to run elsewhere; none of them is for the target.
struct RecommendedAction {
  std::optional<PatchSubresource> subresource{};
  ActionPatchType patch_type = ActionPatchType::Merge;
  std::string patch{};

  friend bool operator==(const RecommendedAction&, const RecommendedAction&) = default;
};

/// target_ref, kind and action never change: a new finding is a new object.
struct ScalingRecommendationSpec {
  ScalingTarget target_ref{};
  RecommendationKind kind = RecommendationKind::GrowPool;
  RecommendationPriority priority = RecommendationPriority::Medium;
  std::int32_t confidence_percent = 0;
  std::optional<ExpectedImprovement> expected_improvement{};
  std::optional<Evidence> evidence{};
  RecommendedAction action{};
  TimePoint expires_at{};

  friend bool operator==(const ScalingRecommendationSpec&,
                         const ScalingRecommendationSpec&) = default;
};

struct RecommendationOutcome {
  OutcomeResult result = OutcomeResult::Unchanged;
  std::optional<resources::Quantity> before{};
  std::optional<resources::Quantity> after{};
  TimePoint measured_at{};

  friend bool operator==(const RecommendationOutcome&, const RecommendationOutcome&) = default;
};

/// How many nodes that take work a pool had, and is to have.
struct PoolStep {
  std::int32_t from = 0;
  std::int32_t to = 0;

  friend bool operator==(const PoolStep&, const PoolStep&) = default;
};

/// What the analyzer itself changed. Written before the change is sent, so that whoever leads next
/// knows what may have been done.
struct CarriedOut {
  TimePoint at{};
  /// What was sent: less than spec.action where there was less room. Empty for a Resize: each pod
  /// is sent its own.
  std::string patch{};
  std::string undo_patch{}; ///< what makes the target as it was before; empty for a Resize
  std::optional<TimePoint> undone_at{};
  std::optional<PoolStep> nodes{}; ///< of a pool

  friend bool operator==(const CarriedOut&, const CarriedOut&) = default;
};

/// Without an observed generation: who writes it has written spec too, and a renewal, which moves
/// nothing but spec.expiresAt, needs no second write.
struct ScalingRecommendationStatus {
  std::optional<TimePoint> applied_at{};
  std::optional<CarriedOut> carried_out{};
  std::optional<RecommendationOutcome> outcome{};
  Conditions conditions{};

  friend bool operator==(const ScalingRecommendationStatus&,
                         const ScalingRecommendationStatus&) = default;
};

struct ScalingRecommendation : Object<ScalingRecommendationSpec, ScalingRecommendationStatus> {
  static constexpr std::string_view kKind = "ScalingRecommendation";
};

} // namespace berth::api
