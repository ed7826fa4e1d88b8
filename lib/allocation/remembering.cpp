#include "lib/allocation/remembering.hpp"

#include <algorithm>

#include "lib/allocation/decay.hpp"

namespace berth::allocation {
namespace {

HeldShare held_now(const QuotaForest& forest, const QuotaBalance& balance, QuotaIndex quota) {
  const auto& burst = forest.spec(quota).burst;
  return {balance.borrowed_share(quota),
          burst ? balance.burst_level(quota, burst->factor_percent) : 0};
}

/// `since`: what it held all the time.
void settle(QuotaMemory& memory, const HeldShare& since, const QuotaSpec& spec,
            const Fairness& fairness, TimePoint now) {
  if (memory.sampled_at != TimePoint{})
    memory.history_nano = decayed_average(memory.history_nano, since.share_nano,
                                          now - memory.sampled_at, fairness.half_life);
  memory.sampled_at = std::max(memory.sampled_at, now);
  if (spec.burst)
    memory.burst.settle(*spec.burst, since.burst_level, now);
}

void forget_full_buckets(QuotaMemory& memory, const QuotaSpec& spec, TimePoint now) {
  if (!spec.rate_limit || memory.rate.is_full(*spec.rate_limit, now))
    memory.rate = TokenBucket{};
  if (!spec.per_subject || !spec.per_subject->per_minute) {
    memory.subject_rates.clear();
    return;
  }
  const RateLimit rate{*spec.per_subject->per_minute, 1};
  std::erase_if(memory.subject_rates,
                [&](const auto& bucket) { return bucket.second.is_full(rate, now); });
}

} // namespace

AllocationMemory settled(AllocationMemory memory, const ClusterSnapshot& snapshot,
                         const QuotaBalance& balance, TimePoint now) {
  const QuotaForest& forest = *snapshot.quotas;
  std::erase_if(memory.quotas, [&](const auto& entry) { return !forest.find(entry.first); });
  auto at = memory.quotas.begin(); // both are in the order of names
  for (QuotaIndex quota = 0; quota < forest.size(); ++quota, ++at) {
    const QuotaSpec& spec = forest.spec(quota);
    at = memory.quotas.try_emplace(at, spec.name);
    QuotaMemory& own = at->second;
    const HeldShare now_held = held_now(forest, balance, quota);
    settle(own, own.held.value_or(now_held), spec, policy_of(snapshot, spec).fairness, now);
    if (!spec.burst || now_held.burst_level == 0)
      own.burst.empty_since.reset(); // it has ended
    forget_full_buckets(own, spec, now);
  }
  return memory;
}

QuotaMemory as_of(QuotaMemory memory, const QuotaSpec& spec, const Fairness& fairness,
                  TimePoint now) {
  if (memory.held)
    settle(memory, *memory.held, spec, fairness, now);
  return memory;
}

void note_held(AllocationMemory& memory, const QuotaForest& forest, const QuotaBalance& balance) {
  auto at = memory.quotas.begin();
  for (QuotaIndex quota = 0; quota < forest.size(); ++quota, ++at) {
    at = memory.quotas.try_emplace(at, forest.spec(quota).name);
    at->second.held = held_now(forest, balance, quota);
  }
}

} // namespace berth::allocation
