#pragma once
// Graceful degradation (T3): at which level of its policy's thresholds the measured use of a target
// is, and what a pool gives up there. The steps of lower levels are all taken; those of the level
// itself one after the other, kStepEvery apart, for as long as use stays there, so that no more is
// given up than it takes; Emergency takes all at once. A level is left kLevelHysteresisPercent
// below its threshold by what was at it. What is no longer given up for it goes back step by step,
// the last first and kStepEvery apart too: what comes back raises the use. A resource whose use is
// not known for a while keeps its level until nobody believes its measurement any more: that use
// cannot be read is no calm. What was decided before is read from the API. Pure.

#include <optional>
#include <span>

#include "lib/api/resource_pool.hpp"
#include "lib/api/scaling_policy.hpp"

namespace berth::analyzer {

inline constexpr Duration kStepEvery = std::chrono::minutes{2};
inline constexpr std::int32_t kLevelHysteresisPercent = 5;

/// Measured use of a resource, in percent of what was measured.
struct UsePercent {
  resources::ResourceName resource{""};
  std::int32_t percent = 0;
  TimePoint measured_at{}; ///< the oldest of its samples
};

/// Of cpu, memory and ephemeral-storage (disk); others have none.
[[nodiscard]] const api::PressureThresholds* thresholds_of(const api::ScalingThresholds& thresholds,
                                                           const resources::ResourceName& resource);

/// What the level was last; None if that is not known.
struct LevelBefore {
  api::PressureLevel level = api::PressureLevel::None;
  const api::PoolDegradation* given_up = nullptr; ///< says of what it was; null: of all
};

using Pressures = std::vector<api::ResourcePressure>;

/// What is at a level by its use, or was when it was measured last, by resource.
[[nodiscard]] Pressures pressures_of(std::span<const UsePercent> use,
                                     const api::ScalingThresholds& thresholds,
                                     const LevelBefore& before, TimePoint now);
/// The worst of all.
[[nodiscard]] api::PressureLevel worst_of(const Pressures& pressures);

struct DegradeQuestion {
  const Pressures& pressures;
  const api::ScalingPolicySpec& policy;
  const std::optional<api::PoolDegradation>& before;
  /// All that is known of the use; what was measured before a step was taken tells nothing of it.
  TimePoint measured_at{};
  TimePoint now{};
};

/// Nothing where nothing is to be given up.
[[nodiscard]] std::optional<api::PoolDegradation> degradation_of(const DegradeQuestion& question);

} // namespace berth::analyzer
