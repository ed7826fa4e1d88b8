#pragma once
// PoolUsage: what the nodes of a pool use together, from the samples of the single nodes. Nodes
// without a fresh sample are counted, never taken for idle.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::analyzer {

/// One node of the pool, and its newest sample if there is one.
struct MeasuredNode {
  NodeName name{}; ///< may be empty: then nobody asks which were not measured
  resources::ResourceVector allocatable{};
  bool takes_work = true; ///< ready and not cordoned
  bool ready = true;
  struct Usage {
    TimePoint at{};
    resources::ResourceVector used{};
  };
  std::optional<Usage> usage{};
  /// What is said of it beside that, of other resources; it counts while both are fresh.
  std::optional<Usage> pushed{};
};

/// The fresh samples that say something of a resource.
struct ResourceSamples {
  std::int32_t nodes = 0;
  TimePoint oldest = TimePoint::max();
};

struct PoolUsage {
  std::int32_t nodes = 0;                     ///< that take work
  std::int32_t nodes_ready = 0;               ///< from which a sample is expected
  std::int32_t nodes_fresh = 0;               ///< of those, how many have one
  resources::ResourceVector ready_capacity{}; ///< allocatable of the nodes that are ready
  resources::ResourceVector capacity{};       ///< allocatable of the nodes that take work
  resources::ResourceVector used{};           ///< measured, on the fresh nodes
  /// Allocatable of the fresh nodes; of what only some of them say, of those.
  resources::ResourceVector measured_capacity{};
  /// `used`, with the nodes without a fresh sample taken to use as much for their size.
  resources::ResourceVector estimated{};
  std::optional<TimePoint> newest{}; ///< of all samples, fresh or not
  std::optional<TimePoint> newest_fresh{};
  std::map<resources::ResourceName, ResourceSamples> samples{}; ///< of what is in `used`
  /// Ready nodes without a fresh sample, in the order in which they came.
  std::vector<NodeName> unmeasured{};

  /// 0 to 100, rounded down; 100 only when nothing is missing; 0 without nodes.
  [[nodiscard]] std::int32_t coverage_percent() const;
  /// The same of the nodes whose use of that resource is known.
  [[nodiscard]] std::int32_t coverage_percent(const resources::ResourceName& resource) const;
};

/// Only resources that `used` names are summed; samples older than `stale_after` or more than that
/// ahead of `now` are not fresh.
[[nodiscard]] PoolUsage add_up(std::span<const MeasuredNode> nodes, TimePoint now,
                               Duration stale_after);

} // namespace berth::analyzer
