#pragma once
// AdmissionRates: how fast work may be admitted (T1), and whose work is not to be admitted for a
// while because it fails again and again (T2). Brings paces and breakers up to date when a cycle
// begins and draws tokens as it admits; all state is in AllocationMemory. Amounts are others'.

#include <map>
#include <optional>
#include <string>

#include "lib/allocation/allocation_memory.hpp"
#include "lib/allocation/options.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/pressure.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

class AdmissionRates {
public:
  struct Input {
    const ClusterSnapshot& snapshot;
    const Policy& policy;
    TimePoint now;
  };
  /// All must outlive it; `memory` is what the cycle will give back.
  AdmissionRates(const Input& input, AllocationMemory& memory);

  /// CircuitOpen, RateLimited or Throttled, wherever the workload would go.
  [[nodiscard]] std::optional<Refusal> find_refusal(const Workload& workload);
  /// Throttled: the pool's measured use is too high for so many at once.
  [[nodiscard]] std::optional<Refusal> find_refusal(const PoolName& pool);
  /// Its newest measurement, unless that is too old; null: unknown.
  [[nodiscard]] const MeasuredUse* measured(const PoolName& pool) const;
  /// T3; None for what is unknown.
  [[nodiscard]] PressureLevel pressure(const PoolName& pool) const;
  /// What the pool gives up; nothing for what is unknown.
  [[nodiscard]] const Degradation& degradation(const PoolName& pool) const;
  /// Of a pool that gives something up: "pool p is degraded (Critical: measured cpu is at 91 %, to
  /// fall below 80 %)".
  [[nodiscard]] std::string describe_degraded(const PoolName& pool) const;
  /// "pool p is under pressure (Warning: measured cpu is at 81 %, above 80 %)".
  [[nodiscard]] std::string describe(const PoolName& pool) const;
  void admitted(const Workload& workload, const PoolName& pool);

  /// When the first of those that were refused may go on.
  [[nodiscard]] TimePoint next_look() const { return next_look_; }

private:
  void settle_paces();
  void settle_breakers();
  [[nodiscard]] Refusal refused_until(Reason reason, std::string message, TimePoint until);
  [[nodiscard]] std::optional<Refusal> refused_by_quota(const Workload& workload, QuotaIndex quota);

  Input input_;
  AllocationMemory& memory_;
  std::map<PoolName, Degradation> degraded_; ///< pools that give something up
  TimePoint next_look_ = TimePoint::max();
};

/// Takes the tokens of admissions that pods still tell of, up to kRecallMax ago: what a new leader
/// can know of buckets. Work that was admitted and is gone since is forgotten.
void recall_admissions(const ClusterSnapshot& snapshot, TimePoint now, AllocationMemory& memory);
inline constexpr Duration kRecallMax = std::chrono::hours{1};

} // namespace berth::allocation
