#include "lib/allocation/rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace berth::allocation {
namespace {

/// How providers mark nodes that they may take back: Karpenter, GKE, EKS, AKS.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSpotLabels{{
    {"karpenter.sh/capacity-type", "spot"},
    {"cloud.google.com/gke-spot", "true"},
    {"eks.amazonaws.com/capacityType", "SPOT"},
    {"kubernetes.azure.com/scalesetpriority", "spot"},
}};

bool is_within(const QuotaForest& quotas, const QuotaName& name,
               const std::vector<QuotaName>& named) {
  for (auto at = quotas.find(name); at; at = quotas.parent(*at))
    if (std::find(named.begin(), named.end(), quotas.spec(*at).name) != named.end())
      return true;
  return false;
}

bool matches(const PolicyRule& rule, const Workload& workload, const QuotaForest& quotas) {
  if (!rule.expression.empty())
    return false;
  if (!rule.namespaces.empty() &&
      std::find(rule.namespaces.begin(), rule.namespaces.end(), workload.namespace_name) ==
          rule.namespaces.end())
    return false;
  if (!rule.quotas.empty() && !is_within(quotas, workload.quota.quota, rule.quotas))
    return false;
  return !rule.pod_selector ||
         std::any_of(workload.waiting.begin(), workload.waiting.end(),
                     [&](const auto& pod) { return rule.pod_selector->matches(pod->labels); });
}

void demand(Constraints& constraints, const Requirement& requirement) {
  if (!constraints.required_affinity)
    constraints.required_affinity.emplace(1);
  for (NodeSelectorTerm& term : *constraints.required_affinity)
    term.match_expressions.push_back(requirement);
}

Requirement must_have(const NodeLabelRule& label) {
  return Requirement{label.key,
                     label.values.empty() ? SelectorOperator::Exists : SelectorOperator::In,
                     label.values};
}

Requirement must_not_have(const NodeLabelRule& label) {
  return Requirement{label.key,
                     label.values.empty() ? SelectorOperator::DoesNotExist
                                          : SelectorOperator::NotIn,
                     label.values};
}

bool forbids_spot(const PolicyRule* rule) {
  return rule->spot == SpotUse::Forbid;
}

/// One term for each provider's label and each term that there was: any of the labels will do.
void demand_spot(Constraints& constraints) {
  const std::vector<NodeSelectorTerm> terms =
      constraints.required_affinity.value_or(std::vector<NodeSelectorTerm>(1));
  constraints.required_affinity.emplace();
  for (const NodeSelectorTerm& term : terms)
    for (const auto& [key, value] : kSpotLabels) {
      NodeSelectorTerm& narrowed = constraints.required_affinity->emplace_back(term);
      narrowed.match_expressions.push_back(
          Requirement{std::string(key), SelectorOperator::In, {std::string(value)}});
    }
}

} // namespace

Rules matching_rules(const PolicySpec& policy, const Workload& workload,
                     const QuotaForest& quotas) {
  Rules rules;
  for (const PolicyRule& rule : policy.rules)
    if (matches(rule, workload, quotas))
      rules.push_back(&rule);
  return rules;
}

std::int64_t priority_offset_of(const Rules& rules) {
  std::int64_t offset = 0;
  for (const PolicyRule* rule : rules)
    offset += rule->priority_offset;
  return offset;
}

bool shape_placement(const Rules& rules) {
  return std::any_of(rules.begin(), rules.end(), [](const PolicyRule* rule) {
    return !rule->require_node_labels.empty() || !rule->forbid_node_labels.empty() ||
           rule->spot != SpotUse::Allow;
  });
}

bool prefer_spot(const Rules& rules) {
  return std::none_of(rules.begin(), rules.end(), forbids_spot) &&
         std::any_of(rules.begin(), rules.end(),
                     [](const PolicyRule* rule) { return rule->spot == SpotUse::Prefer; });
}

Constraints constrained(Constraints constraints, const Rules& rules, bool only_spot) {
  for (const PolicyRule* rule : rules) {
    for (const NodeLabelRule& label : rule->require_node_labels)
      demand(constraints, must_have(label));
    for (const NodeLabelRule& label : rule->forbid_node_labels)
      demand(constraints, must_not_have(label));
  }
  if (std::any_of(rules.begin(), rules.end(), forbids_spot))
    for (const auto& [key, value] : kSpotLabels)
      demand(constraints, must_not_have({std::string(key), {std::string(value)}}));
  else if (only_spot)
    demand_spot(constraints);
  return constraints;
}

std::vector<std::string> names_of(const Rules& rules) {
  std::vector<std::string> names;
  for (const PolicyRule* rule : rules)
    names.push_back(rule->name);
  return names;
}

std::vector<std::string> unreadable_rules(const PolicySpec& policy) {
  std::vector<std::string> names;
  for (const PolicyRule& rule : policy.rules)
    if (!rule.expression.empty())
      names.push_back(rule.name);
  return names;
}

} // namespace berth::allocation
