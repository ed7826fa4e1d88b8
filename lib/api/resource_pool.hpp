#pragma once
// ResourcePool: which nodes and which off-node resources belong together, and how they are shared.
// The fields are those of crds/berth.dev_resourcepools.yaml, which says what each one means.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/degradation.hpp"
#include "lib/allocation/selector.hpp"
#include "lib/allocation/strategy_params.hpp"
#include "lib/api/conditions.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/api/references.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::api {

enum class PoolResourceKind { Node, Virtual };
enum class Sharing { Shared, Dedicated, MultiTenant };
/// Those of the core but LeastLoaded, which is WorstFit by another name.
using PlacementStrategy = allocation::Strategy;
enum class ElasticProvider { None, ClusterAPI, Karpenter, Webhook };
enum class NodeGroupKind { MachineDeployment, MachinePool, NodePool };
[[nodiscard]] std::string_view to_string(NodeGroupKind kind);

struct PoolResource {
  resources::ResourceName name{""};
  PoolResourceKind kind = PoolResourceKind::Node;
  std::optional<resources::Amount> capacity{}; ///< Virtual only: nodes bring their own
  std::string unit{};
  bool shareable = false;

  friend bool operator==(const PoolResource&, const PoolResource&) = default;
};

struct Tenant {
  QuotaRef quota_ref{};
  std::int32_t share_percent = 100;

  friend bool operator==(const Tenant&, const Tenant&) = default;
};

struct Oversubscription {
  resources::ResourceName resource{""};
  std::int32_t ratio_percent = 100;

  friend bool operator==(const Oversubscription&, const Oversubscription&) = default;
};

/// The object whose size is that of the pool.
struct ProviderRef {
  std::optional<NodeGroupKind> kind{}; ///< absent: MachineDeployment, or NodePool for Karpenter
  std::string ns{};
  std::string name{};

  friend bool operator==(const ProviderRef&, const ProviderRef&) = default;
};

struct Elastic {
  std::int32_t min_nodes = 0;
  std::int32_t max_nodes = 0;
  ElasticProvider provider = ElasticProvider::None;
  std::optional<ProviderRef> provider_ref{};
  std::chrono::seconds cooldown{300};

  friend bool operator==(const Elastic&, const Elastic&) = default;
};

/// Why a burst was begun: what began for pressure ends when that is over.
enum class BurstCause { Forced, Pressure };
[[nodiscard]] std::string_view to_string(BurstCause cause);

/// When the pool is in a burst: now, in time to come, or the last time. It is what the one who
/// begins a burst writes, and nothing has to be taken back at its end.
struct BurstPeriod {
  TimePoint starts_at{};
  TimePoint ends_at{};
  std::optional<std::int32_t> factor_percent{}; ///< absent: that of PoolBurst
  std::vector<std::string> resources{"cpu"};    ///< of nodes
  BurstCause cause = BurstCause::Forced;

  friend bool operator==(const BurstPeriod&, const BurstPeriod&) = default;
};

struct PoolBurst {
  std::int32_t factor_percent = 120;
  std::int32_t enter_utilization_percent = 90;
  std::chrono::seconds max_duration{3600};
  std::optional<BurstPeriod> period{};

  friend bool operator==(const PoolBurst&, const PoolBurst&) = default;
};

struct ResourcePoolSpec {
  std::optional<allocation::Selector> node_selector{}; ///< absent: no nodes
  std::vector<PoolResource> resources{};
  Sharing sharing = Sharing::Shared;
  std::vector<Tenant> tenants{};
  PlacementStrategy strategy = PlacementStrategy::FragmentationAware;
  std::optional<allocation::StrategyParams> strategy_params{};
  std::vector<Oversubscription> oversubscription{};
  std::optional<Elastic> elastic{};
  std::optional<PoolBurst> burst{};
  Stop drain = Stop::None;

  friend bool operator==(const ResourcePoolSpec&, const ResourcePoolSpec&) = default;
};

/// What is absent is not known, which is not the same as zero.
struct PoolResourceStatus {
  resources::ResourceName name{""};
  std::optional<resources::Amount> capacity{};
  std::optional<resources::Amount> allocatable{};
  std::optional<resources::Amount> allocated{};
  std::optional<resources::Amount> promised{};
  std::optional<resources::Amount> used{}; ///< measured; the analyzer's field
  /// Of the nodes that `used` was measured on, and of no others; the analyzer's too.
  std::optional<resources::Amount> measured_capacity{};
  std::optional<resources::Amount> largest_free_block{};

  friend bool operator==(const PoolResourceStatus&, const PoolResourceStatus&) = default;
};

struct NodeCounts {
  std::int32_t ready = 0;
  std::int32_t total = 0;

  friend bool operator==(const NodeCounts&, const NodeCounts&) = default;
};

/// Use of a resource that is at a level of its policy's thresholds.
struct ResourcePressure {
  resources::ResourceName name{""};
  allocation::PressureLevel level = allocation::PressureLevel::Warning;
  TimePoint measured_at{};

  friend bool operator==(const ResourcePressure&, const ResourcePressure&) = default;
};

/// What the pool gives up because of its measured use, as its ScalingPolicy says.
struct PoolDegradation {
  allocation::PressureLevel level = allocation::PressureLevel::Warning;
  std::vector<allocation::DegradationStep> steps{}; ///< that are taken now, the first first
  std::vector<allocation::UseLimit> limits{};       ///< what has to fall below what
  std::vector<ResourcePressure> resources{};        ///< that are at a level, by name
  TimePoint stepped_at{};                           ///< when steps last changed

  friend bool operator==(const PoolDegradation&, const PoolDegradation&) = default;
};

struct ResourcePoolStatus {
  std::optional<std::int64_t> observed_generation{};
  std::vector<PoolResourceStatus> resources{}; ///< by name
  std::optional<std::int32_t> utilization_percent{};
  std::optional<std::int32_t> fragmentation_percent{};
  std::optional<NodeCounts> nodes{};
  std::optional<bool> burst_active{};
  std::optional<TimePoint> burst_ends_at{};
  std::optional<TimePoint> measured_at{};        ///< of the newest sample in `used`
  std::optional<TimePoint> oldest_measured_at{}; ///< of the oldest one
  /// Ready nodes that `used` says nothing of, by name.
  std::vector<NodeName> unmeasured_nodes{};
  std::optional<PoolDegradation> degradation{}; ///< by the measurement above; the analyzer's
  Conditions conditions{};

  friend bool operator==(const ResourcePoolStatus&, const ResourcePoolStatus&) = default;
};

struct ResourcePool : Object<ResourcePoolSpec, ResourcePoolStatus> {
  static constexpr std::string_view kKind = "ResourcePool";
};

/// A pool with more of them counts as not measured.
inline constexpr std::size_t kUnmeasuredNodesMax = 1024;

/// The condition that says whether `used` can be relied on.
inline constexpr std::string_view kMetricsAvailable = "MetricsAvailable";

/// The status has two writers, each with its own field manager. The analyzer's part is what was
/// measured (resources[].used and .measuredCapacity, measuredAt, oldestMeasuredAt, unmeasuredNodes,
/// degradation and kMetricsAvailable); the rest is the operator's. Comparing parts tells a writer
/// whether its own fields differ from what it wants.
[[nodiscard]] ResourcePoolStatus measured_part(const ResourcePoolStatus& status);
[[nodiscard]] ResourcePoolStatus allocated_part(const ResourcePoolStatus& status);

} // namespace berth::api
