#pragma once
// Placement: kube-scheduler's in-tree view of whether a pod fits a node, and how well, written from
// its documented rules and independently of Berth's own decoding, so that one checks the other.
// Not modelled: inter-pod affinity, topology spread, volumes, host ports.

#include <optional>
#include <string>

#include "lib/resources/resource_vector.hpp"
#include "tests/support/simulation/json.hpp"

namespace berth::simulation {

/// What a pod counts for on a node: the larger of its containers (with sidecars) and its largest
/// init step, or its pod-level requests, plus overhead, and one of `pods`.
[[nodiscard]] resources::ResourceVector pod_requests(const Json& pod);

/// A pod to be placed, with its amounts read.
struct Demand {
  const Json& pod;
  resources::ResourceVector asked;
};

/// A node with its amounts read.
struct Room {
  Object node;
  resources::ResourceVector allocatable;
};
[[nodiscard]] Room read_node(Object node);

/// Why a node was filtered out.
struct FilterFailure {
  std::string reason;
  /// Whether evicting pods from the node could help (Unschedulable rather than
  /// UnschedulableAndUnresolvable).
  bool preemption_may_help = false;
};

/// The first in-tree filter that fails; `used` is what the node's pods count for.
[[nodiscard]] std::optional<FilterFailure> filter_node(const Demand& demand, const Room& room,
                                                       const resources::ResourceVector& used);
/// LeastAllocated, 0 to 100: the mean of the free shares of cpu and memory after placement.
[[nodiscard]] std::int64_t score_node(const Demand& demand, const Room& room,
                                      const resources::ResourceVector& used);

/// Whether a pod still holds its node's resources.
[[nodiscard]] bool is_terminated(const Json& pod);

} // namespace berth::simulation
