#pragma once
// AllocationMemory: what must be known from one cycle to the next and does not follow from the
// objects in the cluster: decayed history (F2), burst accounts (Q6), token buckets and paces (T1),
// circuit breakers (T2), relief of pools (T3). It comes in with Policy and goes out with the plan.
// The operator keeps history and bursts in the status of the Quota, so that a restart forgets
// neither.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lib/allocation/admission_pace.hpp"
#include "lib/allocation/burst.hpp"
#include "lib/allocation/circuit_breaker.hpp"
#include "lib/allocation/pool_relief.hpp"
#include "lib/allocation/rate_limit.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// What a quota holds from the end of one cycle to the beginning of the next.
struct HeldShare {
  std::int64_t share_nano = 0;  ///< QuotaBalance::borrowed_share()
  std::int64_t burst_level = 0; ///< QuotaBalance::burst_level()

  friend bool operator==(const HeldShare&, const HeldShare&) = default;
};

struct QuotaMemory {
  /// Decayed share of what was borrowed, in billionths, as of sampled_at (the epoch: never).
  std::int64_t history_nano = 0;
  TimePoint sampled_at{};
  /// Since sampled_at; nothing after a restart, and then what is held now counts.
  std::optional<HeldShare> held{};
  BurstAccount burst{};
  TokenBucket rate{};
  /// By subject; full ones are left out.
  std::map<std::string, TokenBucket> subject_rates{};

  friend bool operator==(const QuotaMemory&, const QuotaMemory&) = default;
};

using QuotaMemories = std::map<QuotaName, QuotaMemory>;

struct AllocationMemory {
  QuotaMemories quotas{};
  /// Of pools that are slowed down; the others are left out.
  std::map<PoolName, AdmissionPace> pool_paces{};
  AdmissionPace server_pace{};
  /// By "namespace/service account"; closed ones without failures are left out.
  std::map<std::string, CircuitBreaker> breakers{};
  /// T3: of pools that were under pressure lately.
  std::map<PoolName, PoolRelief> reliefs{};
  /// Measurements with an older sample shed nothing: what went since is not known. Set by a new
  /// leader.
  TimePoint sheds_from{};

  friend bool operator==(const AllocationMemory&, const AllocationMemory&) = default;
};

} // namespace berth::allocation
