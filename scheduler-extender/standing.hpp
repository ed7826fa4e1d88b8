#pragma once
// Standing: what a pod is to Berth. Every verb asks it first, so that the rules for the three cases
// stand beside one another. While the caches are cold (no snapshot) what is not known to be managed
// is not: pods that Berth has nothing to do with are never held up by it.

#include "lib/allocation/snapshot.hpp"
#include "lib/cluster/pod.hpp"

namespace berth::extender {

enum class Standing {
  Unmanaged, ///< kept off what is promised to others, and left alone otherwise
  /// Managed, or asking for resources of a pool that are on no node, and without an admission (its
  /// gate failed open, or it never had one): it goes nowhere.
  NotAdmitted,
  Admitted, ///< it goes where its admission says
};

/// `snapshot` is null while the caches are cold. A DaemonSet's pod is unmanaged even in a managed
/// namespace, where it gets no gate: its node is given, so there is nothing to decide.
[[nodiscard]] Standing standing_of(const cluster::Pod& pod,
                                   const allocation::ClusterSnapshot* snapshot);

/// Whether the pod was admitted after the snapshot was taken. The operator saw more then: victims
/// that the snapshot still counts are gone, and room that it holds for the pod is the pod's.
[[nodiscard]] bool is_admitted_since(const cluster::Pod& pod,
                                     const allocation::ClusterSnapshot& snapshot);

/// Whether a refusal of one of the pod's planned nodes is for want of room in a snapshot that is
/// older than the plan: then the plan is to be believed (P3).
[[nodiscard]] bool is_older_than_plan(Reason refusal, const cluster::Pod& pod,
                                      const allocation::ClusterSnapshot& snapshot);

/// Owned by a DaemonSet and pinned to its node by name, as the DaemonSet controller makes them.
[[nodiscard]] bool is_daemon(const cluster::Pod& pod);

} // namespace berth::extender
