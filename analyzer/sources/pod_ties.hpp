#pragma once
// What keeps a pod from going on elsewhere: what it asks of its place, which another node of the
// pool may not have, and what would be lost on the way. Read without weighing it. For
// workloads.cpp and workload_pods.cpp only.

#include <string_view>

#include "lib/api/object_meta.hpp"
#include "lib/kube/simdjson_reading.hpp"

namespace berth::analyzer {

/// `spec.nodeSelector`.
[[nodiscard]] Result<void> read_selector(kube::JsonElement value, bool& is_choosy);
/// `spec.affinity`, as far as it is required: to other pods, or to labels of nodes, which Berth
/// writes into the pods that it admits.
[[nodiscard]] Result<void> read_affinity(kube::JsonElement value, bool& to_pods, bool& to_nodes);
/// `spec.topologySpreadConstraints` that forbid.
[[nodiscard]] Result<void> read_spread(kube::JsonElement value, bool& is_choosy);
/// `spec.volumes` with data on the node, or that may only be mounted from some nodes.
[[nodiscard]] Result<void> read_volumes(kube::JsonElement value, bool& is_tied);

/// Annotations that the next two go by.
[[nodiscard]] bool is_tie(std::string_view annotation);
/// Whether it says that it must not be moved.
[[nodiscard]] bool is_tied(const api::ObjectMeta& meta);
/// Whether it is one of a gang, which starts and stops as a whole.
[[nodiscard]] bool is_in_gang(const api::ObjectMeta& meta);

} // namespace berth::analyzer
