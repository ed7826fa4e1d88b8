#pragma once
// Graceful degradation (T3): at which level of its policy's thresholds the measured use of a target
// is, and what a pool gives up there. The steps of lower levels are all taken; those of the level
// itself one after the other, kStepEvery apart, for as long as use stays there, so that no more is
// given up than it takes; Emergency takes all at once. A level is left kLevelHysteresisPercent
// below its threshold, and its steps with it. What was decided before is read from the API. Pure.

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
};

/// Of cpu, memory and ephemeral-storage (disk); others have none.
[[nodiscard]] const api::PressureThresholds* thresholds_of(const api::ScalingThresholds& thresholds,
                                                           const resources::ResourceName& resource);

/// The worst of all. `before`: what it was last; Normal if that is not known.
[[nodiscard]] api::PressureLevel level_of(std::span<const UsePercent> use,
                                          const api::ScalingThresholds& thresholds,
                                          api::PressureLevel before);

struct DegradeQuestion {
  std::span<const UsePercent> use{};
  const api::ScalingPolicySpec& policy;
  api::PressureLevel level = api::PressureLevel::None; ///< of that use
  const std::optional<api::PoolDegradation>& before;
};

/// Nothing where nothing is to be given up.
[[nodiscard]] std::optional<api::PoolDegradation> degradation_of(const DegradeQuestion& question,
                                                                 TimePoint now);

} // namespace berth::analyzer
