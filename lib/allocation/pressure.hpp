#pragma once
// Pressure of a pool by measured use, and what follows at which level (T1, T3). The order in which
// work gives way, from first to last:
//   Warning    admissions slow down; no burst begins or grows
//   Critical   nothing new is borrowed; work of bursts is shed
//   Emergency  work that is borrowed is shed as well; what is within nominal never is
// Within one step the lowest priority goes first, then the newest. For AdmissionRates and shedding.

#include "lib/allocation/policy.hpp"

namespace berth::allocation {

enum class PressureLevel { None, Warning, Critical, Emergency };

/// Warning above the threshold, Critical from half of the way between it and 100 % on, Emergency
/// from three quarters on; the worse of cpu and memory.
[[nodiscard]] PressureLevel pressure_level(const Throttle& throttle, const MeasuredUse& measured);

} // namespace berth::allocation
