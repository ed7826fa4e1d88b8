#pragma once
// Conditions as the Kubernetes API conventions have them, with reasons from the one closed list.
// A list of conditions is kept sorted by type, one of each, so that equal states are equal bytes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/reason.hpp"

namespace berth::api {

enum class ConditionStatus { True, False, Unknown };

struct Condition {
  std::string type{}; ///< "Ready"; adjectives and past tenses
  ConditionStatus status = ConditionStatus::Unknown;
  Reason reason = Reason::InternalError;
  std::string message{}; ///< the same for people, with the numbers
  /// metadata.generation of the spec that was looked at.
  std::int64_t observed_generation = 0;
  TimePoint last_transition_time{}; ///< whole seconds

  friend bool operator==(const Condition&, const Condition&) = default;
};

using Conditions = std::vector<Condition>;

/// Puts `condition` in its place. Its lastTransitionTime is that of the condition it replaces, or
/// `now` where there was none or the status is another one.
void set_condition(Conditions& conditions, Condition condition, TimePoint now);

/// Null if there is none of that type.
[[nodiscard]] const Condition* find_condition(const Conditions& conditions, std::string_view type);
/// Whether the condition is there and True.
[[nodiscard]] bool is_true(const Conditions& conditions, std::string_view type);

} // namespace berth::api
