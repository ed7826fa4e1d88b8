#pragma once
// Policy: the switches that the cycle obeys. PolicySpec is one AllocationPolicy as it stands in the
// snapshot (order, ageing, fairness, throttling, bounds of evictions); Policy is what the program
// adds at each cycle. Read at the edge, defaults filled in; the cycle never sees a field that a
// user left out.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/allocation/admission_record.hpp"
#include "lib/allocation/allocation_memory.hpp"
#include "lib/allocation/backfill_policy.hpp"
#include "lib/allocation/degradation.hpp"
#include "lib/allocation/eviction_history.hpp"
#include "lib/allocation/preemption_policy.hpp"
#include "lib/allocation/rule.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/reason.hpp"
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

/// T1: measured use of a pool, in percent of what was measured, above which admissions slow down;
/// 100: never.
struct Throttle {
  std::int32_t cpu_percent = 80;
  std::int32_t memory_percent = 85;

  friend bool operator==(const Throttle&, const Throttle&) = default;
};

/// How chosen nodes reach kube-scheduler.
struct Placement {
  std::optional<PlacementMode> mode{}; ///< nothing: Auto
  std::int32_t candidates = 4; ///< how many nodes an admission names for each pod, best first

  friend bool operator==(const Placement&, const Placement&) = default;
};

struct PolicySpec {
  std::string name = "default";
  TimePoint created{};
  std::vector<PoolName> pools{}; ///< empty: those that no other policy names
  Ordering ordering = Ordering::PriorityThenFairShare;
  Ageing ageing{};
  Fairness fairness{};
  Throttle throttle{};
  BreakerSpec breaker{};
  // Absent: what the program was told.
  std::optional<PreemptionPolicy> preemption{};
  std::optional<Placement> placement{};
  std::optional<BackfillPolicy> backfill{};
  std::optional<Duration> gang_timeout{}; ///< G1
  std::vector<RuleSpec> rules{};

  friend bool operator==(const PolicySpec&, const PolicySpec&) = default;
};

/// A workload that waits until a time, whatever has room for it.
struct HeldBack {
  TimePoint until{};
  Reason reason = Reason::GangTimedOut;
  std::string why{}; ///< "the gang was rolled back"

  friend bool operator==(const HeldBack&, const HeldBack&) = default;
};

/// What a pool's nodes use, as far as they were measured.
struct MeasuredUse {
  TimePoint at{};            ///< of the newest sample in it
  ResourceVector used{};     ///< on the nodes that were measured
  ResourceVector capacity{}; ///< allocatable of those nodes alone
  /// Of the oldest sample in it; absent: as the newest.
  std::optional<TimePoint> oldest_at{};
  /// Nodes of the pool of which it says nothing, sorted; those that are not ready may be missing.
  std::vector<NodeName> unmeasured{};
  /// What the pool gives up by it.
  Degradation degradation{};

  /// All that it shows was so no earlier, by the clocks of those who measured.
  [[nodiscard]] TimePoint oldest() const { return oldest_at.value_or(at); }
  /// Whether what runs on the node is in it.
  [[nodiscard]] bool is_of(const NodeName& node) const;
  /// 0 to 100, rounded down; nothing for what was not measured.
  [[nodiscard]] std::optional<std::int32_t> percent(const ResourceName& resource) const;

  friend bool operator==(const MeasuredUse&, const MeasuredUse&) = default;
};

/// What the program was told holds where no AllocationPolicy says otherwise.
struct Policy {
  Placement placement{};
  BackfillPolicy backfill{};
  /// Gangs that were rolled back (G1), and workloads whose admission the API server refused.
  std::map<WorkloadId, HeldBack> held_back{};
  /// Switched off it is off everywhere, whatever an AllocationPolicy says.
  PreemptionPolicy preemption{};
  /// What happened before, for P4.
  EvictionHistory evictions{};
  /// What the last plan gave back; null: nothing is remembered.
  std::shared_ptr<const AllocationMemory> memory{};
  /// Whose pods found no node among their candidates lately: they are pinned to none, whatever the
  /// mode of placement says.
  std::set<EvictionKey> unpinned{};
  /// When the API server last asked to slow down (T1).
  std::optional<TimePoint> server_throttled_at{};
  /// The newest of each pool. One that is missing, or too old, is no pressure (pressure.hpp).
  std::map<PoolName, MeasuredUse> measured{};
  /// Each failure of a subject's work once (T2), any order.
  std::vector<SubjectFailure> failures{};
};

/// What waiting since `created` adds to a priority at `now` (F4).
[[nodiscard]] std::int64_t ageing_points(const Ageing& ageing, TimePoint created, TimePoint now);
/// F4's bound: after how long at most nobody who comes later with up to `gap` more priority passes
/// a workload; nothing if ageing never makes up for that much.
[[nodiscard]] std::optional<Duration> ageing_bound(const Ageing& ageing, std::int64_t gap);

} // namespace berth::allocation
