#pragma once
// Policy: the switches that the cycle obeys. PolicySpec is one AllocationPolicy as it stands in the
// snapshot (order, ageing, fairness, rules); Policy is what the program adds at each cycle. Read at
// the edge, defaults filled in; the cycle never sees a field that a user left out.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/selector.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// F1: who comes first.
enum class Ordering {
  PriorityThenFairShare, ///< nominal before borrowed, then priority, then share, then age
  FairShareThenPriority, ///< share from the root to the quota, in the quota by priority, then age
  Fifo,                  ///< age
  StrictFifo             ///< age; in a quota and pool nobody passes one that lacks room (F5)
};

/// F4: waiting raises the priority, up to a bound. Zero points: not at all.
struct Ageing {
  std::int32_t points_per_hour = 0;
  std::int32_t points_max = 0;

  friend bool operator==(const Ageing&, const Ageing&) = default;
};

/// F2: how the past counts.
struct Fairness {
  Duration half_life = std::chrono::hours{24};
  std::int32_t history_percent = 50;

  friend bool operator==(const Fairness&, const Fairness&) = default;
};

/// A label that a node must have or must not have; without values, with any value.
struct NodeLabelRule {
  std::string key;
  std::vector<std::string> values{};

  friend bool operator==(const NodeLabelRule&, const NodeLabelRule&) = default;
};

/// Nodes that their provider may take back.
enum class SpotUse { Allow, Forbid, Prefer };

/// spec.rules[]: what is set of the match must hold; nothing set matches everything.
struct PolicyRule {
  std::string name;
  std::vector<QuotaName> quotas{}; ///< these and all below them
  std::vector<std::string> namespaces{};
  std::optional<Selector> pod_selector{};
  /// CEL, which is not read: such a rule matches nothing, and its policy says so.
  std::string expression{};

  std::vector<NodeLabelRule> require_node_labels{};
  std::vector<NodeLabelRule> forbid_node_labels{};
  SpotUse spot = SpotUse::Allow;
  std::int32_t priority_offset = 0;

  friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};

struct PolicySpec {
  std::string name = "default";
  TimePoint created{};
  std::vector<PoolName> pools{}; ///< empty: those that no other policy names
  Ordering ordering = Ordering::PriorityThenFairShare;
  Ageing ageing{};
  Fairness fairness{};
  std::vector<PolicyRule> rules{};

  friend bool operator==(const PolicySpec&, const PolicySpec&) = default;
};

struct Policy {
  /// placement.candidates: how many nodes an admission names for each pod, best first.
  std::int32_t candidates = 4;
  /// Workloads that wait until a time whatever has room for them: gangs that were rolled back (G1).
  std::map<WorkloadId, TimePoint> held_back{};
};

/// What waiting since `created` adds to a priority at `now` (F4).
[[nodiscard]] std::int64_t ageing_points(const Ageing& ageing, TimePoint created, TimePoint now);
/// F4's bound: after how long at most nobody who comes later with up to `gap` more priority passes
/// a workload; nothing if ageing never makes up for that much.
[[nodiscard]] std::optional<Duration> ageing_bound(const Ageing& ageing, std::int64_t gap);

} // namespace berth::allocation
