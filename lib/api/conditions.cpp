#include "lib/api/conditions.hpp"

#include <algorithm>
#include <utility>

namespace berth::api {

void set_condition(Conditions& conditions, Condition condition, TimePoint now) {
  const auto place = std::ranges::lower_bound(conditions, condition.type, {}, &Condition::type);
  const bool replaces = place != conditions.end() && place->type == condition.type;
  if (replaces && place->status == condition.status)
    condition.last_transition_time = place->last_transition_time;
  else
    condition.last_transition_time = std::chrono::floor<std::chrono::seconds>(now);
  if (replaces)
    *place = std::move(condition);
  else
    conditions.insert(place, std::move(condition));
}

const Condition* find_condition(const Conditions& conditions, std::string_view type) {
  const auto found = std::ranges::find(conditions, type, &Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

bool is_true(const Conditions& conditions, std::string_view type) {
  const Condition* condition = find_condition(conditions, type);
  return condition != nullptr && condition->status == ConditionStatus::True;
}

} // namespace berth::api
