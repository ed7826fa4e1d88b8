#pragma once
// PlacementMode: how the chosen nodes reach kube-scheduler (AllocationPolicy.placement.mode). Which
// mode suits which pod is decided here; writing it is the operator's. The pins that a mode puts
// into a pod's affinity are made and recognised here, so that the two cannot disagree.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/allocation/pool.hpp"

namespace berth::allocation {

/// What `wanted` (nothing: Auto) comes to for this pod, and why.
struct ModeChoice {
  PlacementMode mode = PlacementMode::Extender;
  /// A sentence's end: "no controller would make the pod again".
  std::string_view why{};

  friend bool operator==(const ModeChoice&, const ModeChoice&) = default;
};

/// Of so many nodes kube-scheduler looks, for one pod, until it found this many that would do, and
/// at no more (its numFeasibleNodesToFind with percentageOfNodesToScore 0).
[[nodiscard]] std::size_t scheduler_sample(std::size_t nodes);

/// Candidates needs a pod with a gate (affinity is tightened only while there is one), which its
/// controller would make again (affinity cannot be loosened once the gate is gone, so a pod that
/// lost every candidate is evicted), without rules about other pods (only kube-scheduler knows
/// which nodes they leave), and at most one required affinity term: the API server lets existing
/// terms be tightened and none be added (KEP-3838), and a pin takes one node. Auto pins single pods
/// without a term, and leaves everything else to the extender; but where the scheduler looks at a
/// sample of the pool (`is_sampled`), and so might pass over the planned node, it nominates that,
/// for one write more.
[[nodiscard]] ModeChoice choose_mode(std::optional<PlacementMode> wanted, const PodView& pod,
                                     bool is_sampled);

/// How an admission reaches kube-scheduler.
struct NodePlan {
  std::vector<NodeName> nodes{};         ///< best first
  std::optional<PlacementMode> wanted{}; ///< by the policy; nothing: Auto
  bool is_sampled = false;               ///< the pool has more nodes than scheduler_sample()
};

/// Writes the plan's nodes, the mode and the names of the rules into the record of the pod's
/// admission, as many as the mode can name: one where it nominates, or where it pins a pod that has
/// a term of its own. Without any node there is nothing to pin or nominate.
void plan_nodes(AdmissionRecord& record, const PodView& pod, NodePlan plan);

/// The required terms of the pod once it is pinned to the candidates: one term each, or its own one
/// term with one candidate in it.
[[nodiscard]] std::vector<NodeSelectorTerm> pinned_terms(const Constraints& constraints,
                                                         std::span<const NodeName> candidates);
/// The required terms that an admission writes into a pod that is still gated: pinned where the
/// record says so, else with what `pool` (of the record; null: it is gone) selects its nodes by,
/// and each with what the rules of the pool demand (N1). So kube-scheduler keeps to them with the
/// extender gone, looks for its sample of feasible nodes among the pool's, and an autoscaler sees
/// which nodes are short. Nothing if they stay as they are. `own`: of the pod as its author wrote
/// it.
[[nodiscard]] std::optional<std::vector<NodeSelectorTerm>>
admitted_terms(const Constraints& own, const AdmissionRecord& record, const PoolSpec* pool);
/// The inverse of pinned_terms(): the constraints that the pod's author wrote.
[[nodiscard]] Constraints without_pins(Constraints constraints,
                                       std::span<const NodeName> candidates);

/// "metadata.name": the one field of a node that affinity can match.
inline constexpr std::string_view kNodeNameField = "metadata.name";

} // namespace berth::allocation
