#include "lib/allocation/turn_order.hpp"

#include <algorithm>
#include <tuple>

#include "lib/allocation/priority.hpp"

namespace berth::allocation {
namespace {

/// What all workloads of one quota have in common.
struct QuotaPlace {
  const PolicySpec* policy = nullptr;
  Tournament* tournament = nullptr;
  PoolName pool{}; ///< whose policy it is
};

/// Members of one workload are alike; the oldest speaks for them.
const std::vector<PoolRules>& rules_of(const Workload& workload) {
  return workload.waiting.front()->shape->constraints.rules;
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

TurnOrder::TurnOrder(const Input& input) : input_(input) {
  arenas_.reserve(input_.snapshot.policies.size() + 1); // arena_of() hands out references
  for (const auto& policy : input_.snapshot.policies)   // oldest first: the order of their turns
    static_cast<void>(arena_of(*policy));
  collect();
  sort_from_back(interrupted_);
  sort_from_back(unowned_);
  for (Arena& arena : arenas_)
    arena.tournament.start();
}

/// Every workload goes into the queue of its quota. Cost: one look-up by name for each.
void TurnOrder::collect() {
  const QuotaForest& forest = *input_.snapshot.quotas;
  std::vector<QuotaPlace> places;
  for (QuotaIndex quota = 0; quota < forest.size(); ++quota) {
    const QuotaSpec& spec = forest.spec(quota);
    const PolicySpec& policy = policy_of(input_.snapshot, spec);
    places.push_back({&policy, &arena_of(policy), ordering_pool(input_.snapshot, spec)});
  }
  const auto enter = [&](const Shared& workload) {
    const auto quota = forest.find(workload->quota.quota);
    if (!quota) {
      unowned_.push_back(Head{workload, workload->priority, {}, &input_.snapshot.policy_of({})});
      return;
    }
    const auto& [policy, tournament, pool] = places[*quota];
    const auto& rules = rules_of(*workload);
    std::int64_t priority =
        effective_priority(workload->priority, &forest.spec(*quota), rules, pool);
    priority += ageing_points(policy->ageing, workload->created, input_.now);
    priority += overdue_points(rules_in(rules, pool), workload->created, input_.now);
    const auto& members = workload->waiting;
    const Contender contender{priority, workload->created, &workload,
                              members.size() == 1 ? &members.front()->requests() : nullptr};
    if (workload->already_charged > 0)
      interrupted_.push_back(to_head(contender, *quota, *policy));
    else
      tournament->enter(*quota, contender);
  };
  if (input_.among != nullptr)
    std::ranges::for_each(*input_.among, enter);
  else
    input_.snapshot.waiting.for_each(
        [&](const WorkloadId&, const Shared& workload) { enter(workload); });
}

Tournament& TurnOrder::arena_of(const PolicySpec& policy) {
  const auto known = std::find_if(arenas_.begin(), arenas_.end(),
                                  [&](const Arena& arena) { return arena.policy == &policy; });
  if (known != arenas_.end())
    return known->tournament;
  return arenas_
      .emplace_back(
          Arena{&policy, Tournament({input_.snapshot, input_.balance, policy, input_.memories})})
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

std::vector<Head> turns(const TurnOrder::Input& input) {
  TurnOrder order(input);
  std::vector<Head> heads;
  heads.reserve(input.snapshot.waiting.size());
  while (auto head = order.next())
    heads.push_back(std::move(*head));
  return heads;
}

} // namespace berth::allocation
