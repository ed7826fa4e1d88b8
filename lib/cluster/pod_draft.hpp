#pragma once
// PodDraft: a pod while it is read. What one part of the JSON says about another (a status about a
// container) meets here, before a cluster::Pod is made of it. For pod_codec.cpp and its parts only.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/allocation/pod_weight.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/kube/simdjson_reading.hpp"

namespace berth::cluster {

struct PodDraft {
  /// A container of the spec, or what the status says of one.
  struct Container {
    std::string name;
    resources::ResourceVector requests; ///< desired; of a status: actual
    resources::ResourceVector allocated;
    bool restarts_always = false;
    bool in_crash_loop = false;
    /// How its last run ended, and when; of a status.
    bool ran_out_of_memory = false;
    std::optional<TimePoint> ended{};
  };

  Pod pod;
  allocation::Constraints constraints;
  std::vector<Container> containers;
  std::vector<Container> init_containers;
  std::vector<Container> container_statuses;
  std::vector<Container> init_container_statuses;
  std::optional<resources::ResourceVector> pod_level;
  resources::ResourceVector pod_level_allocated;
  resources::ResourceVector pod_level_actual;
  resources::ResourceVector overhead;
  std::optional<std::int64_t> active_deadline_seconds;
  std::string phase;
  std::string status_reason;
  std::optional<TimePoint> disrupted; ///< condition DisruptionTarget
  bool resize_infeasible = false;
};

/// `state` or `lastState` of a container's status.
[[nodiscard]] Result<void> read_container_state(kube::JsonElement value, PodDraft::Container& into);
/// What of the draft's statuses counts as a failure, the newest of it.
[[nodiscard]] std::optional<PodFailure> failure_of(const PodDraft& draft);
/// When the last of its containers ended; nothing if no status says so.
[[nodiscard]] std::optional<TimePoint> last_end_of(const PodDraft& draft);
[[nodiscard]] Result<void> read_pod_spec(kube::JsonElement value, PodDraft& into);
[[nodiscard]] Result<void> read_pod_status(kube::JsonElement value, PodDraft& into);
/// spec.affinity, spec.tolerations and spec.topologySpreadConstraints.
[[nodiscard]] Result<void> read_affinity(kube::JsonElement value, PodDraft& into);
[[nodiscard]] Result<void> read_toleration(kube::JsonElement value, PodDraft& into);
[[nodiscard]] Result<void> read_spread_constraint(kube::JsonElement value, PodDraft& into);
/// A map of quantities: requests, allocatable, overhead.
[[nodiscard]] Result<void> read_amounts(kube::JsonElement value, resources::ResourceVector& into);

} // namespace berth::cluster
