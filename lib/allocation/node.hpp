#pragma once
// NodeView: what allocation needs to know of one node. Adapters leave out what changes with every
// heartbeat, so that an unchanged node compares equal and costs nothing.

#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/allocation/selector.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

/// What a node was measured to use, and what was charged to it then: what is charged since comes on
/// top, or else everything would go to the idlest node until the next measurement.
struct NodeUse {
  ResourceVector used{};
  ResourceVector charged{};

  friend bool operator==(const NodeUse&, const NodeUse&) = default;
};

struct NodeView {
  NodeName name{};
  Labels labels{};
  std::vector<Taint> taints{};
  /// status.allocatable, in base units.
  ResourceVector allocatable{};
  std::optional<NodeUse> measured{}; ///< for LoadAware; absent: not known
  bool unschedulable = false;        ///< spec.unschedulable: cordoned
  bool ready = true;                 ///< condition Ready is True

  friend bool operator==(const NodeView&, const NodeView&) = default;
};

/// The first taint that keeps the pod away (NoSchedule, NoExecute; PreferNoSchedule is a score).
[[nodiscard]] const Taint* untolerated_taint(const NodeView& node, const Constraints& constraints);
/// Whether the node has a model of device that the pod allows.
[[nodiscard]] bool device_model_matches(const NodeView& node, const Constraints& constraints);
/// Whether nodeSelector and required node affinity hold.
[[nodiscard]] bool selectors_match(const NodeView& node, const Constraints& constraints);

} // namespace berth::allocation
