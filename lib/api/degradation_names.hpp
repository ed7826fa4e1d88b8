#pragma once
// How levels of use and steps of degradation are written in custom resources, and what entries of
// degradation lists are known by. For the codecs of ResourcePool and ScalingPolicy alone.

#include <array>
#include <string>
#include <string_view>

#include "lib/allocation/degradation.hpp"
#include "lib/api/describe.hpp"

namespace berth::allocation {

/// In the order of the enumerators.
constexpr std::array<std::string_view, 4> names_of(PressureLevel) {
  return {"Normal", "Warning", "Critical", "Emergency"};
}
constexpr std::array<std::string_view, 5> names_of(DegradationStep) {
  return {"LeaveBurst", "PauseBackfill", "ShedOpportunistic", "ShedBorrowed", "HoldAdmissions"};
}

inline std::string list_key(const UseLimit& limit) {
  return std::string(limit.resource.str());
}

} // namespace berth::allocation
