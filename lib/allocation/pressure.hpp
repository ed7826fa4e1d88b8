#pragma once
// Pressure of a pool by measured use, and what follows at which level (T1, T3):
//   Warning    admissions slow down; nothing new is borrowed, lent or given to a burst
//   Critical   opportunistic work is shed, with notice
//   Emergency  as much of it as is needed is shed without notice
// What is within nominal goes on at every level; the order of shedding is pressure_shedding.hpp's.

#include <array>
#include <string>

#include "lib/allocation/degradation.hpp"
#include "lib/allocation/policy.hpp"

namespace berth::allocation {

/// What is looked at: cpu and memory.
[[nodiscard]] const std::array<ResourceName, 2>& pressed_resources();

/// A measurement that is older, or as far ahead of the clock, says nothing of now (unknown is
/// neither zero nor pressure).
inline constexpr Duration kMeasurementAgeMax = std::chrono::minutes{5};
[[nodiscard]] bool is_fresh(const MeasuredUse& measured, TimePoint now);

/// At these at the latest, in percent, where the threshold is lower.
inline constexpr std::int32_t kCriticalPercent = 90;
inline constexpr std::int32_t kEmergencyPercent = 95;

/// Warning above the threshold, Critical from half of the way between it and 100 % on, Emergency
/// from three quarters on; None for a resource that is not pressed_resources()' or not measured.
[[nodiscard]] PressureLevel pressure_level(const Throttle& throttle, const MeasuredUse& measured,
                                           const ResourceName& resource);
/// The worst of all.
[[nodiscard]] PressureLevel pressure_level(const Throttle& throttle, const MeasuredUse& measured);

/// "measured cpu is at 92 %, above 80 %"; empty without pressure.
[[nodiscard]] std::string describe_pressure(const Throttle& throttle, const MeasuredUse& measured);
/// The same of what the pool's degradation is about.
[[nodiscard]] std::string describe_degradation(const MeasuredUse& measured);

} // namespace berth::allocation
