#include "lib/allocation/preemption_rule.hpp"

#include <algorithm>

namespace berth::allocation {

PreemptionRule::PreemptionRule(const QuotaForest& forest, const PreemptionPolicy& policy,
                               QuotaBalance now, Preemptor preemptor)
    : forest_(forest), policy_(policy), now_(std::move(now)), preemptor_(std::move(preemptor)) {
  for (std::optional<QuotaIndex> at = preemptor_.quota; at; at = forest.parent(*at))
    our_path_.push_back(*at);
}

bool PreemptionRule::may_take_from(QuotaIndex quota) {
  const QuotaPreemption& wishes = forest_.spec(preemptor_.quota).preemption;
  if (is_critical())
    return true;
  if (quota == preemptor_.quota)
    return wishes.within_quota == WithinQuota::LowerPriority;
  return wishes.reclaim != Reclaim::Never && !relation_to(quota).contested.empty();
}

bool PreemptionRule::is_critical() const {
  return policy_.critical_priority && preemptor_.priority >= *policy_.critical_priority;
}

Claim PreemptionRule::claim_on(const Victim& victim) {
  if (victim.is_protected || victim.is_spared || victim.is_claimed || victim.goes_in_part ||
      victim.is_leaving || victim.pool != preemptor_.pool || victim.workload == preemptor_.workload)
    return Claim::None;
  if (std::ranges::any_of(victim.surplus, [&](const Victim* surplus) {
        return !surplus->is_leaving && claim_on(*surplus) == Claim::None;
      }))
    return Claim::None; // G3: they go with it
  const QuotaPreemption& wishes = forest_.spec(preemptor_.quota).preemption;
  const bool is_lower = victim.priority < preemptor_.priority;
  if (is_critical() && victim.priority < *policy_.critical_priority)
    return Claim::Critical;
  if (victim.quota == preemptor_.quota) {
    const bool may_take = wishes.within_quota == WithinQuota::LowerPriority && is_lower;
    return may_take ? Claim::SameQuota : Claim::None;
  }
  if (wishes.reclaim == Reclaim::Never || (wishes.reclaim == Reclaim::LowerPriority && !is_lower))
    return Claim::None;
  const auto& contested = relation_to(victim.quota).contested;
  const bool has_some =
      std::any_of(contested.begin(), contested.end(), [&](const ResourceName& resource) {
        return victim.total.get(resource) > Amount{};
      });
  return has_some ? Claim::Borrowed : Claim::None;
}

bool PreemptionRule::allows(const Victim& victim, Aftermath after) {
  if (claim_on(victim) != Claim::Borrowed)
    return true;
  return keeps_nominal(victim, after.theirs) && is_entitled(relation_to(victim.quota), after.ours);
}

bool PreemptionRule::keeps_nominal(const Victim& victim, const QuotaBalance& all_gone) {
  const Relation& relation = relation_to(victim.quota);
  const auto is_kept = [&](const ResourceName& resource, QuotaIndex quota) {
    return left(now_, relation, quota, resource) >= Amount{} ||
           left(all_gone, relation, quota, resource) <= Amount{};
  };
  for (const auto& [resource, amount] : preemptor_.charged)
    if (amount > Amount{} && victim.total.get(resource) > Amount{})
      for (const QuotaIndex quota : relation.their_side)
        if (!is_kept(resource, quota))
          return false;
  return true;
}

bool PreemptionRule::is_entitled(const Relation& relation, QuotaBalance& all_gone) const {
  all_gone.charge(preemptor_.quota, preemptor_.pool, preemptor_.charged);
  const bool is_within_nominal =
      std::all_of(preemptor_.charged.begin(), preemptor_.charged.end(), [&](const auto& entry) {
        return entry.amount <= Amount{} ||
               all_gone.left(relation.our_side, preemptor_.pool, entry.name) >= Amount{};
      });
  all_gone.discharge(preemptor_.quota, preemptor_.pool, preemptor_.charged);
  return is_within_nominal;
}

/// What a quota on the other side has left; of the common quota only its own work counts.
Amount PreemptionRule::left(const QuotaBalance& balance, const Relation& relation, QuotaIndex quota,
                            const ResourceName& resource) const {
  return relation.is_above_us ? balance.own_left(quota, preemptor_.pool, resource)
                              : balance.left(quota, preemptor_.pool, resource);
}

const PreemptionRule::Relation& PreemptionRule::relation_to(QuotaIndex other) {
  const auto [known, is_new] = relations_.try_emplace(other);
  Relation& relation = known->second;
  if (!is_new)
    return relation;
  auto common = our_path_.end();
  for (std::optional<QuotaIndex> at = other; at; at = forest_.parent(*at)) {
    common = std::find(our_path_.begin(), our_path_.end(), *at);
    if (common != our_path_.end())
      break;
    relation.their_side.push_back(*at);
  }
  relation.is_above_us = relation.their_side.empty();
  if (relation.is_above_us)
    relation.their_side.push_back(other);
  relation.our_side = common == our_path_.begin() ? our_path_.front() : *(common - 1);
  for (const auto& [resource, amount] : preemptor_.charged) {
    const bool all_borrow =
        std::all_of(relation.their_side.begin(), relation.their_side.end(), [&](QuotaIndex quota) {
          return left(now_, relation, quota, resource) < Amount{};
        });
    if (amount > Amount{} && all_borrow)
      relation.contested.push_back(resource);
  }
  return relation;
}

} // namespace berth::allocation
