#include "lib/allocation/reservation_preemption.hpp"

#include <algorithm>

#include "lib/allocation/eviction_plan.hpp"

namespace berth::allocation {
namespace {

/// What the victim leaves on nodes that reservations can use.
ResourceVector freed_by(const Victim& victim, const NodeTable& table) {
  ResourceVector freed;
  for (const Victim::Place& place : victim.places)
    if (table.node(place.node).view.ready && !table.node(place.node).view.unschedulable)
      for (const auto& [column, amount, is_scored] : place.request->parts)
        freed.set(table.columns()[column], freed.get(table.columns()[column]) + Amount{amount});
  return freed;
}

bool helps(const ResourceVector& freed, const ResourceVector& missing) {
  return std::any_of(missing.begin(), missing.end(), [&](const auto& entry) {
    return entry.amount > Amount{} && freed.get(entry.name) > Amount{};
  });
}

bool was_told(const Victim& victim) {
  return std::all_of(victim.pods.begin(), victim.pods.end(),
                     [](const auto& pod) { return pod->revocable_after.has_value(); });
}

/// Victims enough to cover what is missing, none of which could be left out; as far as it goes.
std::vector<Victim*> choose(const std::vector<Victim*>& candidates, ResourceVector missing,
                            const NodeTable& table) {
  std::vector<Victim*> chosen;
  for (Victim* victim : candidates) {
    const ResourceVector freed = freed_by(*victim, table);
    if (!helps(freed, missing))
      continue;
    chosen.push_back(victim);
    missing -= freed;
  }
  for (auto victim = chosen.rbegin(); victim != chosen.rend();) {
    const ResourceVector without = missing + freed_by(**victim, table);
    const bool is_needed = helps(freed_by(**victim, table), without);
    if (is_needed) {
      ++victim;
    } else {
      missing = without;
      victim = std::make_reverse_iterator(chosen.erase(std::next(victim).base()));
    }
  }
  return chosen;
}

} // namespace

bool lacks_capacity(const Holds& holds) {
  return std::any_of(holds.open.begin(), holds.open.end(),
                     [](const OpenReservation& open) { return !open.missing.is_nothing(); });
}

std::vector<Eviction> reclaim_for_reservations(const CycleInput& input, RunningWork& work) {
  std::vector<Eviction> evictions;
  const NodeTable& table = *input.snapshot.nodes;
  for (const OpenReservation& open : input.holds.open) {
    const PreemptionPolicy& policy = preemption_of(input.snapshot, input.policy, open.spec->pool);
    if (!policy.enabled)
      continue;
    ResourceVector missing = open.missing;
    std::vector<Victim*> candidates;
    for (Victim* victim : work.in_pool(open.spec->pool))
      if (victim->is_leaving)
        missing -= freed_by(*victim, table);
      else if (!victim->is_protected && !victim->is_claimed &&
               (was_told(*victim) || !victim->is_spared))
        candidates.push_back(victim);
    std::stable_partition(candidates.begin(), candidates.end(),
                          [](const Victim* victim) { return was_told(*victim); });
    const EvictionCause cause{{}, open.spec->name, Claim::Reserved, open.missing, {}};
    ResourceVector evicted;
    const ResourceVector most = open.missing.scaled_percent(policy.max_eviction_ratio_percent);
    for (Victim* victim : choose(candidates, missing, table)) {
      const bool is_within = std::all_of(most.begin(), most.end(), [&](const auto& entry) {
        return evicted.get(entry.name) + victim->total.get(entry.name) <= entry.amount;
      });
      if (!is_within)
        continue;
      evicted += victim->total;
      victim->is_claimed = true;
      auto step = step_due(*victim, cause, policy, input.now);
      if (!step)
        continue;
      step->quota = input.snapshot.quotas->spec(victim->quota).name;
      evictions.push_back(std::move(*step));
    }
  }
  return evictions;
}

} // namespace berth::allocation
