#pragma once
// QuotaMemory: what must be known of a quota from one cycle to the next and does not follow from
// the objects in the cluster: decayed history (F2), the burst account (Q6) and token buckets (T1).
// It comes in with the snapshot and goes out with the plan; the operator keeps it in the status of
// the Quota, so that a restart forgets nothing.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "lib/allocation/burst.hpp"
#include "lib/allocation/rate_limit.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

struct QuotaMemory {
  /// Decayed share of what was borrowed, in billionths, as of sampled_at (the epoch: never).
  std::int64_t history_nano = 0;
  TimePoint sampled_at{};
  BurstAccount burst{};
  TokenBucket rate{};
  /// By subject; full ones are left out.
  std::map<std::string, TokenBucket> subject_rates{};

  friend bool operator==(const QuotaMemory&, const QuotaMemory&) = default;
};

using QuotaMemories = std::map<QuotaName, QuotaMemory>;

} // namespace berth::allocation
