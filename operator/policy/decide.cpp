#include "operator/policy/decide.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "lib/allocation/rule_book.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/base/text.hpp"

namespace berth::op {
namespace {

/// As the schema bounds them.
constexpr std::size_t kMessageBytesMax = 32'768;
constexpr std::size_t kPoolsMax = 256;

/// F4: how long ageing lets anybody wait for what comes later; empty where it is off.
std::string ageing_text(const allocation::Ageing& ageing) {
  const auto bound = ageing_bound(ageing, ageing.points_max);
  if (!bound || *bound == Duration{0})
    return {};
  return "; by ageing, who is up to " + std::to_string(ageing.points_max) +
         " points behind waits at most " +
         std::to_string(std::chrono::ceil<std::chrono::minutes>(*bound).count()) +
         " min for work of its quota that comes later";
}

api::Condition ready_condition(const allocation::PolicySpec& spec, std::size_t pools) {
  api::Condition condition;
  condition.type = "Ready";
  condition.status = api::ConditionStatus::True;
  condition.reason = Reason::Ready;
  condition.message = (pools == 1 ? "1 pool uses" : std::to_string(pools) + " pools use") +
                      std::string(" the policy") + ageing_text(spec.ageing);
  const auto faults = allocation::faults_of(spec);
  if (faults.empty())
    return condition;
  condition.status = api::ConditionStatus::False;
  condition.reason = Reason::InvalidRule;
  condition.message.clear();
  for (const allocation::RuleFault& fault : faults)
    condition.message += (condition.message.empty() ? "" : "; ") + std::string("rule ") +
                         fault.rule + ": match.expression: " + fault.message;
  cut_text(condition.message, kMessageBytesMax);
  return condition;
}

} // namespace

std::optional<api::AllocationPolicyStatus> decide_policy_status(const ObservedPolicy& observed,
                                                                TimePoint now) {
  const auto& snapshot = *observed.accounts->snapshot;
  const auto spec = std::ranges::find(snapshot.policies, observed.policy->meta.name,
                                      [](const auto& policy) { return policy->name; });
  if (spec == snapshot.policies.end() || **spec != api::to_allocation(*observed.policy))
    return std::nullopt;
  api::AllocationPolicyStatus status;
  status.observed_generation = observed.policy->meta.generation;
  for (const auto& pool : snapshot.pools) // sorted by name
    if (status.pools.size() < kPoolsMax && &snapshot.policy_of(pool->name) == spec->get())
      status.pools.push_back(pool->name);
  status.conditions = observed.policy->status.conditions;
  api::Condition condition = ready_condition(**spec, status.pools.size());
  condition.observed_generation = observed.policy->meta.generation;
  api::set_condition(status.conditions, std::move(condition), now);
  return status;
}

} // namespace berth::op
