#pragma once
// Degradation (T3): what a pool gives up while its measured use is above a level of its
// ScalingPolicy. The analyzer finds the level and says the steps; the cycle takes them for as long
// as the measurement that they rest on is believed. It comes beside what the throttle of the pool's
// AllocationPolicy does at any time (pressure.hpp), and takes nothing of that back.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/resources/resource_name.hpp"

namespace berth::allocation {

enum class PressureLevel { None, Warning, Critical, Emergency };
[[nodiscard]] std::string_view to_string(PressureLevel level);

enum class DegradationStep {
  LeaveBurst,        ///< the pool is in no burst, and no burst budget pays for more there (Q6)
  PauseBackfill,     ///< nobody starts there past work that lacks room (F5)
  ShedOpportunistic, ///< bursts and what stands on lent capacity go, with notice
  ShedBorrowed,      ///< after those what is borrowed; nobody loses nominal (P2 b)
  HoldAdmissions     ///< nobody is admitted, but holders inside of their reservation (R3)
};
[[nodiscard]] std::string_view to_string(DegradationStep step);

/// What the use of a resource has to fall below, in percent of what was measured; 1 to 100.
struct UseLimit {
  resources::ResourceName resource{""};
  std::int32_t percent = 100;

  friend bool operator==(const UseLimit&, const UseLimit&) = default;
};

struct Degradation {
  PressureLevel level = PressureLevel::None;
  std::vector<DegradationStep> steps{}; ///< that are taken now, the first first
  /// Of what is above the level; what sheds goes by them. None while steps are taken back.
  std::vector<UseLimit> limits{};

  /// ShedBorrowed gives up what ShedOpportunistic does, too: nobody loses what is borrowed while
  /// others keep their bursts.
  [[nodiscard]] bool gives_up(DegradationStep step) const;
  friend bool operator==(const Degradation&, const Degradation&) = default;
};

} // namespace berth::allocation
