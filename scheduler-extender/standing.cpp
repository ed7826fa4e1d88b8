#include "scheduler-extender/standing.hpp"

#include <algorithm>

#include "lib/api/labels.hpp"

namespace berth::extender {

namespace {

bool in_managed_namespace(const cluster::Pod& pod, const allocation::ClusterSnapshot& snapshot) {
  const auto* labels = snapshot.namespace_labels(pod.view.namespace_name);
  const std::string* value = labels == nullptr ? nullptr : labels->find(api::label::kManaged);
  return value != nullptr && *value == "true";
}

/// Resources of a pool, which nobody but the operator counts.
bool asks_a_pool(const cluster::Pod& pod) {
  return std::ranges::any_of(pod.view.requests(), [](const auto& entry) {
    return entry.name.is_virtual() && entry.amount > resources::Amount{};
  });
}

} // namespace

Standing standing_of(const cluster::Pod& pod, const allocation::ClusterSnapshot* snapshot) {
  if (pod.view.admission)
    return Standing::Admitted; // nobody but the operator may write that (guard-policy.yaml)
  if (pod.view.managed || asks_a_pool(pod))
    return Standing::NotAdmitted; // by its own label, gate or request
  const bool is_managed =
      snapshot != nullptr && in_managed_namespace(pod, *snapshot) && !is_daemon(pod);
  return is_managed ? Standing::NotAdmitted : Standing::Unmanaged;
}

bool is_admitted_since(const cluster::Pod& pod, const allocation::ClusterSnapshot& snapshot) {
  const allocation::PodView* known = snapshot.find_pod(pod.view.uid);
  return pod.view.admission && (known == nullptr || !known->admission);
}

bool is_older_than_plan(Reason refusal, const cluster::Pod& pod,
                        const allocation::ClusterSnapshot& snapshot) {
  const bool is_about_room =
      refusal == Reason::InsufficientNodeResources || refusal == Reason::NodeReserved;
  return is_about_room && is_admitted_since(pod, snapshot);
}

bool is_daemon(const cluster::Pod& pod) {
  const bool owned = std::ranges::any_of(pod.meta.owners, [](const api::OwnerReference& owner) {
    return owner.controller && owner.kind == "DaemonSet";
  });
  const auto& affinity = pod.view.shape->constraints.required_affinity;
  return owned && affinity.has_value() && !affinity->empty() &&
         std::ranges::all_of(*affinity, [](const allocation::NodeSelectorTerm& term) {
           return !term.match_fields.empty();
         });
}

} // namespace berth::extender
