#include "lib/allocation/pool_rules.hpp"

#include <algorithm>

namespace berth::allocation {

bool RulePreference::holds_for(const Labels& node_labels) const {
  return std::ranges::any_of(any_of,
                             [&](const Requirement& one) { return one.matches(node_labels); });
}

const PoolRules* rules_in(const std::vector<PoolRules>& rules, const PoolName& pool) {
  for (const PoolRules& one : rules)
    if (std::ranges::binary_search(one.pools, pool) != one.is_rest)
      return &one;
  return nullptr;
}

std::vector<std::string> rule_names_in(const std::vector<PoolRules>& rules, const PoolName& pool) {
  const PoolRules* in_force = rules_in(rules, pool);
  return in_force == nullptr ? std::vector<std::string>{} : in_force->names;
}

const RuleDemand* broken_demand(const std::vector<PoolRules>& rules, const PoolName& pool,
                                const Labels& node_labels) {
  const PoolRules* in_force = rules_in(rules, pool);
  if (in_force == nullptr)
    return nullptr;
  const auto broken = std::ranges::find_if(in_force->demands, [&](const RuleDemand& demand) {
    return !demand.requirement.matches(node_labels);
  });
  return broken == in_force->demands.end() ? nullptr : &*broken;
}

std::string to_string(const RuleDemand& demand) {
  std::string text = "rule " + demand.rule + ": " + demand.requirement.key + " " +
                     std::string(to_string(demand.requirement.op));
  std::string values;
  for (const std::string& value : demand.requirement.values)
    values += (values.empty() ? "" : ", ") + value;
  if (!values.empty())
    text += " (" + values + ")";
  return demand.is_assumed ? text + ", as its expression cannot tell" : text;
}

std::int64_t overdue_points(const PoolRules* rules, TimePoint created, TimePoint now) {
  const bool is_overdue = rules != nullptr && rules->wait_max && now - created >= *rules->wait_max;
  return is_overdue ? kOverduePoints : 0;
}

} // namespace berth::allocation
