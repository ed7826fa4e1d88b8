#include "lib/allocation/degradation.hpp"

#include <algorithm>

namespace berth::allocation {

std::string_view to_string(PressureLevel level) {
  switch (level) {
  case PressureLevel::None: break;
  case PressureLevel::Warning: return "Warning";
  case PressureLevel::Critical: return "Critical";
  case PressureLevel::Emergency: return "Emergency";
  }
  return "None";
}

std::string_view to_string(DegradationStep step) {
  switch (step) {
  case DegradationStep::LeaveBurst: return "LeaveBurst";
  case DegradationStep::PauseBackfill: return "PauseBackfill";
  case DegradationStep::ShedOpportunistic: return "ShedOpportunistic";
  case DegradationStep::ShedBorrowed: return "ShedBorrowed";
  case DegradationStep::HoldAdmissions: return "HoldAdmissions";
  }
  return {};
}

bool Degradation::gives_up(DegradationStep step) const {
  return std::ranges::any_of(steps, [step](DegradationStep taken) {
    return taken == step ||
           (taken == DegradationStep::ShedBorrowed && step == DegradationStep::ShedOpportunistic);
  });
}

} // namespace berth::allocation
