#include "lib/allocation/pod.hpp"

#include <algorithm>

#include "lib/base/ensure.hpp"

namespace berth::allocation {
namespace {

bool matches_field(const Requirement& field, const NodeName& node) {
  const bool is_listed =
      std::find(field.values.begin(), field.values.end(), node.str()) != field.values.end();
  if (field.key != "metadata.name" || field.values.empty())
    return false;
  return (field.op == SelectorOperator::In && is_listed) ||
         (field.op == SelectorOperator::NotIn && !is_listed);
}

} // namespace

bool Toleration::tolerates(const Taint& taint) const {
  if (effect && *effect != taint.effect)
    return false;
  if (key.empty())
    return op == Operator::Exists;
  return key == taint.key && (op == Operator::Exists || value == taint.value);
}

bool NodeSelectorTerm::matches(const Labels& node_labels, const NodeName& node) const {
  if (match_expressions.empty() && match_fields.empty())
    return false;
  return std::all_of(match_expressions.begin(), match_expressions.end(),
                     [&](const Requirement& label) { return label.matches(node_labels); }) &&
         std::all_of(match_fields.begin(), match_fields.end(),
                     [&](const Requirement& field) { return matches_field(field, node); });
}

ShapePtr::ShapePtr(std::shared_ptr<const PodShape> shape) : shape_(std::move(shape)) {
  ensure(shape_ != nullptr, "a pod has a shape");
}

const std::shared_ptr<const PodShape>& ShapePtr::empty_shape() {
  static const auto kShape = std::make_shared<const PodShape>();
  return kShape;
}

ShapePtr with_rules(const ShapePtr& shape, const std::vector<PoolRules>& rules) {
  if (shape->constraints.rules == rules)
    return shape;
  PodShape ruled = *shape;
  ruled.constraints.rules = rules;
  return ShapePtr{std::move(ruled)};
}

bool same_but_for_rules(const PodShape& left, const PodShape& right) {
  const Constraints& ours = left.constraints;
  const Constraints& theirs = right.constraints;
  return left.requests == right.requests && ours.node_selector == theirs.node_selector &&
         ours.required_affinity == theirs.required_affinity &&
         ours.tolerations == theirs.tolerations && ours.device_models == theirs.device_models &&
         ours.preferred_nodes == theirs.preferred_nodes;
}

bool needs_node(const PodShape& shape) {
  return std::any_of(shape.requests.begin(), shape.requests.end(), [](const auto& entry) {
    return entry.amount > Amount{} && !entry.name.is_virtual();
  });
}

ResourceVector total_of(Pods pods) {
  ResourceVector total;
  for (const auto& pod : pods)
    total += pod->requests();
  return total;
}

} // namespace berth::allocation
