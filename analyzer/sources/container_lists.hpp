#pragma once
// The parts that a pod template and a pod have in common, while they are read. For workloads.cpp
// and workload_pods.cpp only.

#include <array>
#include <string_view>
#include <vector>

#include "analyzer/sources/workloads.hpp"
#include "lib/kube/simdjson_reading.hpp"

namespace berth::analyzer {

/// The containers of a pod's spec, each list for itself: in JSON either may come first.
struct ContainerLists {
  std::vector<WorkloadContainer> containers{};
  std::vector<WorkloadContainer> sidecars{};

  /// The containers, then the sidecars.
  [[nodiscard]] std::vector<WorkloadContainer> take() &&;
};

/// `containers` of a pod's spec, or its `initContainers`, of which only sidecars are kept.
[[nodiscard]] Result<void> read_list(kube::JsonElement value, bool is_init,
                                     std::vector<WorkloadContainer>& into);

/// What the VerticalPodAutoscaler leaves on the pods that its admission changes, and on those that
/// it resizes in place; kept of annotations beside Berth's own and those of pod_ties.hpp.
inline constexpr std::array<std::string_view, 2> kSizedByAutoscaler{"vpaObservedContainers",
                                                                    "vpaInPlaceUpdated"};

[[nodiscard]] Result<void> read_meta(kube::JsonElement value, api::ObjectMeta& into);
/// Invalid without a name or a uid.
[[nodiscard]] Result<void> check_meta(const api::ObjectMeta& meta);

} // namespace berth::analyzer
