#include "lib/allocation/decision.hpp"

namespace berth::allocation {

std::string to_string(const Rejection& rejection) {
  std::string text{berth::to_string(rejection.reason)};
  if (!rejection.detail.empty())
    text += " (" + rejection.detail + ")";
  return text;
}

} // namespace berth::allocation
