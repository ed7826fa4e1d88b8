#include "lib/allocation/turn_order.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "lib/allocation/rules.hpp"

namespace berth::allocation {
namespace {

/// What all workloads of one quota have in common.
struct QuotaPlace {
  QuotaIndex quota = 0;
  const PolicySpec* policy = nullptr;
  Tournament* tournament = nullptr;
};

const PolicySpec& policy_of(const ClusterSnapshot& snapshot, const QuotaSpec& quota) {
  for (const QuotaPool& pool : quota.pools)
    if (snapshot.find_pool(pool.pool) != nullptr)
      return snapshot.policy_of(pool.pool);
  return snapshot.policy_of(quota.pools.empty() ? PoolName{} : quota.pools.front().pool);
}

/// Highest priority first, then the older, then by id; turned round, to be taken from the back.
void sort_from_back(std::vector<Head>& heads) {
  const auto rank = [](const Head& head) {
    return std::tuple{-head.priority, head.workload->created};
  };
  std::sort(heads.begin(), heads.end(), [&](const Head& left, const Head& right) {
    const auto left_rank = rank(left);
    const auto right_rank = rank(right);
    return left_rank != right_rank ? left_rank > right_rank
                                   : left.workload->id > right.workload->id;
  });
}

std::optional<Head> take_last(std::vector<Head>& heads) {
  if (heads.empty())
    return std::nullopt;
  Head head = std::move(heads.back());
  heads.pop_back();
  return head;
}

} // namespace

TurnOrder::TurnOrder(const ClusterSnapshot& snapshot, const QuotaBalance& balance, TimePoint now)
    : snapshot_(snapshot), balance_(balance) {
  arenas_.reserve(snapshot.policies.size() + 1); // arena_of() hands out references
  collect(now);
  sort_from_back(interrupted_);
  sort_from_back(unowned_);
  std::sort(arenas_.begin(), arenas_.end(), [](const Arena& left, const Arena& right) {
    return std::tie(left.policy->created, left.policy->name) <
           std::tie(right.policy->created, right.policy->name);
  });
  for (Arena& arena : arenas_)
    arena.tournament.start();
}

/// Every workload goes into the queue of its quota. Cost: one look-up by name for each.
void TurnOrder::collect(TimePoint now) {
  std::unordered_map<std::string, QuotaPlace> places; // looked up, never walked
  for (QuotaIndex quota = 0; quota < snapshot_.quotas->size(); ++quota) {
    const QuotaSpec& spec = snapshot_.quotas->spec(quota);
    const PolicySpec& policy = policy_of(snapshot_, spec);
    places.emplace(spec.name.str(), QuotaPlace{quota, &policy, &arena_of(policy)});
  }
  snapshot_.waiting.for_each([&](const WorkloadId&, const Shared& workload) {
    const auto place = places.find(workload->quota.quota.str());
    if (place == places.end()) {
      unowned_.push_back(Head{workload, workload->priority, {}, &snapshot_.policy_of({})});
      return;
    }
    const auto [quota, policy, tournament] = place->second;
    std::int64_t priority = workload->priority;
    priority += snapshot_.quotas->spec(quota).priority_offset;
    priority += ageing_points(policy->ageing, workload->created, now);
    if (!policy->rules.empty())
      priority += priority_offset_of(matching_rules(*policy, *workload, *snapshot_.quotas));
    const Contender contender{priority, workload->created, &workload};
    if (workload->already_charged > 0)
      interrupted_.push_back(to_head(contender, quota, *policy));
    else
      tournament->enter(quota, contender);
  });
}

Tournament& TurnOrder::arena_of(const PolicySpec& policy) {
  const auto known = std::find_if(arenas_.begin(), arenas_.end(), [&](const Arena& arena) {
    return arena.policy == &policy;
  });
  if (known != arenas_.end())
    return known->tournament;
  return arenas_.emplace_back(Arena{&policy, Tournament({snapshot_, balance_, policy})})
      .tournament;
}

Head TurnOrder::to_head(const Contender& contender, std::optional<QuotaIndex> quota,
                        const PolicySpec& policy) const {
  return Head{*contender.workload, contender.priority, quota, &policy};
}

std::optional<Head> TurnOrder::next() {
  if (auto head = take_last(interrupted_))
    return head;
  for (; arena_ < arenas_.size(); ++arena_)
    if (const auto winner = arenas_[arena_].tournament.next())
      return to_head(winner->contender, winner->quota, *arenas_[arena_].policy);
  return take_last(unowned_);
}

void TurnOrder::charged(QuotaIndex payer) {
  for (std::size_t arena = arena_; arena < arenas_.size(); ++arena)
    arenas_[arena].tournament.charged(payer);
}

std::vector<Head> turns(const ClusterSnapshot& snapshot, TimePoint now) {
  const QuotaBalance balance = balance_of(snapshot);
  TurnOrder order(snapshot, balance, now);
  std::vector<Head> heads;
  heads.reserve(snapshot.waiting.size());
  while (auto head = order.next())
    heads.push_back(std::move(*head));
  return heads;
}

} // namespace berth::allocation
