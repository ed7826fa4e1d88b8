#pragma once
// PreemptionPolicy: what bounds evictions (P4, P6), read once at the edge from AllocationPolicy and
// Quota. Amounts of harm, not rights: who may take from whom is preemption_rule.hpp's.

#include <cstdint>
#include <optional>

#include "lib/base/clock.hpp"

namespace berth::allocation {

/// AllocationPolicy spec.preemption.
struct PreemptionPolicy {
  /// Off: nothing is planned, and what was planned is taken back. Only for callers that carry
  /// evictions out, because planned room is held.
  bool enabled = false;
  /// How long work runs before it may be evicted.
  Duration min_runtime = std::chrono::seconds{300};
  /// How often one workload, or each pod of one controller on average, may be evicted in an hour.
  std::int32_t max_evictions_per_hour = 2;
  /// Of each resource that the preemptor asks for: the most that is evicted, in percent of it.
  std::int32_t max_eviction_ratio_percent = 200;
  /// From the notice to a victim until its eviction (P6).
  Duration notice = std::chrono::seconds{60};
  /// Work of at least this priority may take from work below it in any quota (P2 d); absent: none.
  std::optional<std::int64_t> critical_priority{};

  friend bool operator==(const PreemptionPolicy&, const PreemptionPolicy&) = default;
};

/// Quota spec.preemption.withinQuota: what a workload may take inside its own quota.
enum class WithinQuota { Never, LowerPriority };
/// Quota spec.preemption.reclaim: what a quota under nominal may take back from borrowers.
enum class Reclaim { Never, LowerPriority, Any };

struct QuotaPreemption {
  WithinQuota within_quota = WithinQuota::LowerPriority;
  Reclaim reclaim = Reclaim::Any;
  /// Q4: what it holds beyond its limits goes after notice, whoever asks (draining.hpp).
  bool enforces_lowered = false;

  friend bool operator==(const QuotaPreemption&, const QuotaPreemption&) = default;
};

} // namespace berth::allocation
