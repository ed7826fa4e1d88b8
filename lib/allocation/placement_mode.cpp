#include "lib/allocation/placement_mode.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/allocation/device.hpp"

namespace berth::allocation {
namespace {

bool names_nodes(const NodeSelectorTerm& term) {
  return !term.match_fields.empty();
}

/// Why the pod cannot be pinned; empty if it can.
std::string_view obstacle_to_pinning(const PodView& pod) {
  if (!pod.gated)
    return "affinity can be tightened only while there is a gate";
  if (!pod.is_recreated)
    return "no controller would make the pod again";
  if (pod.has_pod_rules)
    return "the pod has rules about other pods";
  const auto& terms = pod.shape->constraints.required_affinity;
  if (terms && std::ranges::any_of(*terms, names_nodes))
    return "the pod's affinity names nodes itself";
  if (terms && terms->size() != 1)
    return "the pod's affinity does not have just one required term";
  return {};
}

/// Why the pod had better not be pinned though it can be; empty if it may.
std::string_view reason_against_pinning(const PodView& pod) {
  if (pod.gang)
    return "the members of a gang must not crowd each other out";
  if (!pod.reservation.empty())
    return "the place is inside a reservation";
  if (!device_ask(pod.requests()).is_nothing())
    return "the devices that it gets are those of one node";
  if (pod.shape->constraints.required_affinity)
    return "the pod's affinity leaves room for one candidate only";
  return {};
}

Requirement pin_to(const NodeName& node) {
  return Requirement{std::string(kNodeNameField), SelectorOperator::In, {node.str()}};
}

bool is_pin(const Requirement& requirement, std::span<const NodeName> candidates) {
  return requirement.key == kNodeNameField && requirement.op == SelectorOperator::In &&
         requirement.values.size() == 1 &&
         std::ranges::any_of(candidates, [&](const NodeName& candidate) {
           return candidate.str() == requirement.values.front();
         });
}

/// What labels a node must have for the pod: those of the pool, and those of the pool's rules.
std::vector<Requirement> node_demands(const Constraints& own, const AdmissionRecord& record,
                                      const PoolSpec* pool) {
  std::vector<Requirement> demands;
  if (pool != nullptr)
    demands = pool->node_selector.requirements;
  if (const PoolRules* rules = rules_in(own.rules, record.pool))
    for (const RuleDemand& demand : rules->demands)
      demands.push_back(demand.requirement);
  return demands;
}

} // namespace

std::size_t scheduler_sample(std::size_t nodes) {
  constexpr std::size_t kSampleMin = 100;
  const std::size_t percent = std::max<std::size_t>(5, 50 - std::min<std::size_t>(nodes / 125, 50));
  return std::min(nodes, std::max(kSampleMin, nodes * percent / 100));
}

ModeChoice choose_mode(std::optional<PlacementMode> wanted, const PodView& pod, bool is_sampled) {
  if (wanted == PlacementMode::Extender || wanted == PlacementMode::Nominate)
    return {*wanted, "the policy says so"};
  const PlacementMode unpinned = is_sampled ? PlacementMode::Nominate : PlacementMode::Extender;
  if (const auto obstacle = obstacle_to_pinning(pod); !obstacle.empty())
    return {unpinned, obstacle};
  if (wanted == PlacementMode::Candidates)
    return {*wanted, "the policy says so"};
  if (const auto reason = reason_against_pinning(pod); !reason.empty())
    return {unpinned, reason};
  return {PlacementMode::Candidates, "its controller would make the pod again"};
}

void plan_nodes(AdmissionRecord& record, const PodView& pod, NodePlan plan) {
  record.mode = plan.nodes.empty() ? PlacementMode::Extender
                                   : choose_mode(plan.wanted, pod, plan.is_sampled).mode;
  const bool has_own_term = pod.shape->constraints.required_affinity.has_value();
  const bool names_one = record.mode == PlacementMode::Nominate ||
                         (record.mode == PlacementMode::Candidates && has_own_term);
  if (names_one)
    plan.nodes.resize(1);
  record.planned_nodes = std::move(plan.nodes);
  record.rules = rule_names_in(pod.shape->constraints.rules, record.pool);
}

std::vector<NodeSelectorTerm> pinned_terms(const Constraints& constraints,
                                           std::span<const NodeName> candidates) {
  std::vector<NodeSelectorTerm> terms;
  for (const NodeName& candidate : candidates) {
    NodeSelectorTerm term;
    if (constraints.required_affinity)
      term = constraints.required_affinity->front();
    term.match_fields.push_back(pin_to(candidate));
    terms.push_back(std::move(term));
  }
  return terms;
}

std::optional<std::vector<NodeSelectorTerm>>
admitted_terms(const Constraints& own, const AdmissionRecord& record, const PoolSpec* pool) {
  const bool is_pinned = record.mode == PlacementMode::Candidates;
  const auto demands = node_demands(own, record, is_pinned ? nullptr : pool);
  if (!is_pinned && demands.empty())
    return std::nullopt;
  std::vector<NodeSelectorTerm> terms;
  if (is_pinned)
    terms = pinned_terms(own, record.planned_nodes);
  else
    terms = own.required_affinity.value_or(std::vector{NodeSelectorTerm{}});
  for (NodeSelectorTerm& term : terms) {
    const bool matches_nothing = own.required_affinity && term == NodeSelectorTerm{};
    if (matches_nothing)
      continue; // the API server lets nothing be added to it
    for (const Requirement& demand : demands)
      if (std::ranges::count(term.match_expressions, demand) == 0)
        term.match_expressions.push_back(demand);
  }
  return terms;
}

Constraints without_pins(Constraints constraints, std::span<const NodeName> candidates) {
  if (!constraints.required_affinity)
    return constraints;
  auto& terms = *constraints.required_affinity;
  for (NodeSelectorTerm& term : terms)
    std::erase_if(term.match_fields,
                  [&](const Requirement& field) { return is_pin(field, candidates); });
  std::erase_if(terms, [](const NodeSelectorTerm& term) {
    return term.match_expressions.empty() && term.match_fields.empty();
  });
  // What rules demand was written into each of them.
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  if (terms.empty())
    constraints.required_affinity.reset();
  return constraints;
}

} // namespace berth::allocation
