#include "lib/allocation/window_victims.hpp"

#include <algorithm>

namespace berth::allocation {

bool was_told(const Victim& victim) {
  return std::all_of(victim.pods.begin(), victim.pods.end(), [](const auto& pod) {
    return pod->revocable_after.has_value() || pod->terminating;
  });
}

bool is_holder_of(const Victim& victim, const ReservationSpec& spec) {
  return std::any_of(victim.pods.begin(), victim.pods.end(), [&](const auto& pod) {
    return pod->admission && pod->admission->reservation == spec.name;
  });
}

bool helps(const ResourceVector& freed, const ResourceVector& missing) {
  return std::any_of(missing.begin(), missing.end(), [&](const auto& entry) {
    return entry.name != ResourceName::pods() && entry.amount > Amount{} &&
           freed.get(entry.name) > Amount{};
  });
}

} // namespace berth::allocation
