#pragma once
// AllocationPolicy: in which order work is admitted, when it is preempted, and how it is placed.
// The defaults here are those of crds/berth.dev_allocationpolicies.yaml, so that an
// AllocationPolicySpec{} is what holds where no policy exists.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/selector.hpp"
#include "lib/api/conditions.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/api/references.hpp"

namespace berth::api {

enum class Ordering { PriorityThenFairShare, FairShareThenPriority, Fifo, StrictFifo };
enum class PlacementMode { Auto, Candidates, Nominate, Extender };

/// Waiting raises the priority, up to a bound (F4).
struct Ageing {
  std::int32_t points_per_hour = 0;
  std::int32_t max_points = 0;

  friend bool operator==(const Ageing&, const Ageing&) = default;
};

struct PreemptionPolicy {
  bool enabled = true;
  std::chrono::seconds min_runtime{300};
  std::int32_t max_evictions_per_hour = 2;
  std::int32_t max_eviction_ratio_percent = 200;
  std::chrono::seconds notice{60};
  std::optional<std::int32_t> critical_priority{}; ///< absent: no work is critical

  friend bool operator==(const PreemptionPolicy&, const PreemptionPolicy&) = default;
};

struct PlacementPolicy {
  PlacementMode mode = PlacementMode::Auto;
  std::int32_t candidates = 4;

  friend bool operator==(const PlacementPolicy&, const PlacementPolicy&) = default;
};

struct BackfillPolicy {
  bool enabled = true;
  std::int32_t planned_starts = 100;
  bool use_learned_durations = false;

  friend bool operator==(const BackfillPolicy&, const BackfillPolicy&) = default;
};

struct FairnessPolicy {
  std::chrono::seconds half_life{86400};
  std::int32_t weight_history_percent = 50;

  friend bool operator==(const FairnessPolicy&, const FairnessPolicy&) = default;
};

/// Measured use of a pool above which admissions slow down (T1).
struct ThrottlePolicy {
  std::int32_t cpu_percent = 80;
  std::int32_t memory_percent = 85;

  friend bool operator==(const ThrottlePolicy&, const ThrottlePolicy&) = default;
};

struct CircuitBreakerPolicy {
  std::int32_t failures = 5;
  std::chrono::seconds window{600};
  std::chrono::seconds open{300};

  friend bool operator==(const CircuitBreakerPolicy&, const CircuitBreakerPolicy&) = default;
};

enum class Spot { Allow, Forbid, Prefer };

/// A label of a node with any of the values; without values with any at all.
struct NodeLabel {
  std::string key{};
  std::vector<std::string> values{};

  friend bool operator==(const NodeLabel&, const NodeLabel&) = default;
};

struct PreferredNodeLabel {
  std::string key{};
  std::vector<std::string> values{};
  std::int32_t weight = 100;

  friend bool operator==(const PreferredNodeLabel&, const PreferredNodeLabel&) = default;
};

/// All that is set must hold.
struct RuleMatch {
  std::vector<QuotaName> quotas{};
  std::vector<std::string> namespaces{};
  std::optional<allocation::Selector> pod_selector{};
  std::string expression{}; ///< empty: none

  friend bool operator==(const RuleMatch&, const RuleMatch&) = default;
};

struct RuleSla {
  std::optional<std::chrono::seconds> max_wait{};

  friend bool operator==(const RuleSla&, const RuleSla&) = default;
};

struct RuleEffect {
  std::vector<NodeLabel> require_node_labels{};
  std::vector<NodeLabel> forbid_node_labels{};
  std::vector<PreferredNodeLabel> prefer_node_labels{};
  Spot spot = Spot::Allow;
  std::optional<std::int32_t> priority_offset{};
  std::optional<RuleSla> sla{};

  friend bool operator==(const RuleEffect&, const RuleEffect&) = default;
};

struct PolicyRule {
  std::string name{};
  RuleMatch match{};
  RuleEffect effect{};

  friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};

struct AllocationPolicySpec {
  std::vector<PoolRef> pool_refs{}; ///< empty: the pools that no other policy names
  Ordering ordering = Ordering::PriorityThenFairShare;
  std::optional<Ageing> ageing{};
  PreemptionPolicy preemption{};
  PlacementPolicy placement{};
  BackfillPolicy backfill{};
  FairnessPolicy fairness{};
  std::chrono::seconds gang_timeout{300};
  ThrottlePolicy throttle{};
  CircuitBreakerPolicy circuit_breaker{};
  std::vector<PolicyRule> rules{};

  friend bool operator==(const AllocationPolicySpec&, const AllocationPolicySpec&) = default;
};

struct AllocationPolicyStatus {
  std::optional<std::int64_t> observed_generation{};
  std::vector<PoolName> pools{};
  Conditions conditions{};

  friend bool operator==(const AllocationPolicyStatus&, const AllocationPolicyStatus&) = default;
};

struct AllocationPolicy : Object<AllocationPolicySpec, AllocationPolicyStatus> {
  static constexpr std::string_view kKind = "AllocationPolicy";
};

} // namespace berth::api
