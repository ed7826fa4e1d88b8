#include "lib/allocation/decision.hpp"

namespace berth::allocation {

std::string to_string(const Rejection& rejection) {
  std::string text{berth::to_string(rejection.reason)};
  if (!rejection.detail.empty())
    text += " (" + rejection.detail + ")";
  return text;
}

std::string_view to_string(Claim claim) {
  switch (claim) {
  case Claim::None: return "None";
  case Claim::SameQuota: return "SameQuota";
  case Claim::Borrowed: return "Borrowed";
  case Claim::Critical: return "Critical";
  case Claim::Reserved: return "Reserved";
  case Claim::Shed: return "Shed";
  }
  return "None";
}

std::string_view to_string(EvictionStep step) {
  return step == EvictionStep::Notice ? "Notice" : "Evict";
}

} // namespace berth::allocation
