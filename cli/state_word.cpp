#include "cli/state_word.hpp"

namespace berth::cli {

StateWord state_word(const api::Conditions& conditions, std::string_view type,
                     std::int64_t generation) {
  const api::Condition* condition = api::find_condition(conditions, type);
  if (condition == nullptr)
    return {.word = "Unknown"};
  return {.word = std::string(to_string(condition->reason)),
          .message = condition->message,
          .good = condition->status == api::ConditionStatus::True,
          .known = condition->status != api::ConditionStatus::Unknown,
          .outdated = condition->observed_generation < generation};
}

std::string shown(const StateWord& state) {
  return state.word + (state.outdated ? "*" : "");
}

Colour colour_of(const StateWord& state) {
  if (!state.known || state.outdated)
    return Colour::Careful;
  return state.good ? Colour::Good : Colour::Bad;
}

} // namespace berth::cli
