#include "lib/allocation/remembering.hpp"

#include <algorithm>

#include "lib/allocation/decay.hpp"

namespace berth::allocation {
namespace {

void settle_history(QuotaMemory& memory, std::int64_t share, const Fairness& fairness,
                    TimePoint now) {
  if (memory.sampled_at != TimePoint{})
    memory.history_nano =
        decayed_average(memory.history_nano, share, now - memory.sampled_at, fairness.half_life);
  memory.sampled_at = std::max(memory.sampled_at, now);
}

void forget_full_buckets(QuotaMemory& memory, const QuotaSpec& spec, TimePoint now) {
  if (!spec.rate_limit || memory.rate.is_full(*spec.rate_limit, now))
    memory.rate = TokenBucket{};
  const auto per_minute = spec.per_subject ? spec.per_subject->per_minute : std::nullopt;
  std::erase_if(memory.subject_rates, [&](const auto& bucket) {
    return !per_minute || bucket.second.is_full(RateLimit{*per_minute, 1}, now);
  });
}

} // namespace

AllocationMemory settled(AllocationMemory memory, const ClusterSnapshot& snapshot,
                         const QuotaBalance& balance, TimePoint now) {
  const QuotaForest& forest = *snapshot.quotas;
  std::erase_if(memory.quotas, [&](const auto& entry) { return !forest.find(entry.first); });
  for (QuotaIndex quota = 0; quota < forest.size(); ++quota) {
    const QuotaSpec& spec = forest.spec(quota);
    QuotaMemory& own = memory.quotas[spec.name];
    settle_history(own, balance.borrowed_share(quota), policy_of(snapshot, spec).fairness, now);
    if (spec.burst)
      own.burst.settle(*spec.burst, balance.burst_level(quota, spec.burst->factor_percent), now);
    else
      own.burst = BurstAccount{};
    forget_full_buckets(own, spec, now);
  }
  return memory;
}

} // namespace berth::allocation
