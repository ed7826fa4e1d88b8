#include "lib/allocation/node.hpp"

#include <algorithm>

namespace berth::allocation {

const Taint* untolerated_taint(const NodeView& node, const Constraints& constraints) {
  const auto keeps_away = [&](const Taint& taint) {
    return taint.effect != TaintEffect::PreferNoSchedule &&
           std::none_of(constraints.tolerations.begin(), constraints.tolerations.end(),
                        [&](const Toleration& toleration) { return toleration.tolerates(taint); });
  };
  const auto at = std::find_if(node.taints.begin(), node.taints.end(), keeps_away);
  return at == node.taints.end() ? nullptr : &*at;
}

bool device_model_matches(const NodeView& node, const Constraints& constraints) {
  if (constraints.device_models.empty())
    return true;
  const std::string* model = node.labels.find(kDeviceModelLabel);
  return model != nullptr &&
         std::find(constraints.device_models.begin(), constraints.device_models.end(), *model) !=
             constraints.device_models.end();
}

bool selectors_match(const NodeView& node, const Constraints& constraints) {
  for (const auto& [key, value] : constraints.node_selector) {
    const std::string* label = node.labels.find(key);
    if (label == nullptr || *label != value)
      return false;
  }
  if (!constraints.required_affinity)
    return true;
  return std::any_of(
      constraints.required_affinity->begin(), constraints.required_affinity->end(),
      [&](const NodeSelectorTerm& term) { return term.matches(node.labels, node.name); });
}

} // namespace berth::allocation
