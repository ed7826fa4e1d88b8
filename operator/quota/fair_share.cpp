#include "operator/quota/fair_share.hpp"

#include <cstdlib>

#include "lib/allocation/decay.hpp"
#include "lib/api/to_allocation.hpp"

namespace berth::op {
namespace {

constexpr std::int64_t kNanoPerMilli = 1'000'000;

std::optional<std::chrono::seconds> left_in_status(const api::Quota& quota) {
  for (const auto& pool : quota.status.pools)
    for (const auto& resource : pool.resources)
      if (resource.burst_budget_left)
        return resource.burst_budget_left;
  return std::nullopt;
}

Duration left_now(const FairShareInput& input) {
  return input.memory.burst.left(*api::to_allocation(input.quota).burst);
}

bool tells_the_budget(const FairShareInput& input) {
  const auto told = left_in_status(input.quota);
  if (!input.quota.spec.burst)
    return !told;
  const Duration off = told ? Duration{*told} - left_now(input) : Duration::max();
  return off == Duration{0} ||
         std::chrono::abs(off) * kBudgetParts < input.quota.spec.burst->budget;
}

/// Whether the next leader would come to the same history from what stands.
bool tells_the_history(const FairShareInput& input, const api::FairShare& wanted) {
  const auto& told = input.quota.status.fair_share;
  if (!told || !told->sampled_at || told->share_milli != wanted.share_milli ||
      told->dominant_resource != wanted.dominant_resource)
    return false;
  const std::int64_t follows =
      allocation::decayed_average(told->history_milli.value_or(0) * kNanoPerMilli, input.share.nano,
                                  input.memory.sampled_at - *told->sampled_at, input.half_life);
  return std::abs(follows - input.memory.history_nano) <= kHistoryMilliMax * kNanoPerMilli;
}

} // namespace

std::optional<api::FairShare> fair_share_status(const FairShareInput& input) {
  api::FairShare wanted;
  if (input.share.resource)
    wanted.dominant_resource = std::string(input.share.resource->str());
  wanted.share_milli = input.share.nano / input.quota.spec.weight / kNanoPerMilli;
  wanted.history_milli = (input.memory.history_nano + kNanoPerMilli / 2) / kNanoPerMilli;
  wanted.sampled_at = input.memory.sampled_at;
  if (tells_the_history(input, wanted) && tells_the_budget(input))
    return input.quota.status.fair_share;
  return wanted;
}

std::optional<std::chrono::seconds> burst_left_status(const FairShareInput& input,
                                                      bool is_rewritten) {
  if (!input.quota.spec.burst)
    return std::nullopt;
  const auto told = left_in_status(input.quota);
  return told && !is_rewritten ? told : std::chrono::floor<std::chrono::seconds>(left_now(input));
}

} // namespace berth::op
