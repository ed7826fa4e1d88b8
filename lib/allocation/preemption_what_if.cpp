#include "lib/allocation/preemption_what_if.hpp"

#include <utility>

namespace berth::allocation {
namespace {

void remove_from(NodeChanges& nodes, const Victim& victim) {
  for (const Victim::Place& place : victim.places)
    nodes.remove(place.node, *place.request, place.devices, *place.pod);
}

} // namespace

PreemptionWhatIf::PreemptionWhatIf(PreemptionCase sought, WorkloadPlacer& placer,
                                   const Headroom& headroom, const RunningWork& work)
    : sought_(std::move(sought)), placer_(placer), headroom_(headroom), theirs_(headroom.balance()),
      base_(placer.overlay()) {
  for (const auto& [rank, victim] : work.departing()) {
    theirs_.discharge(victim->quota, victim->pool, victim->total);
    if (victim->is_claimed)
      continue; // its room is held for another
    headroom_.evict(victim->quota, victim->pool, victim->total);
    remove_from(base_, *victim);
  }
  for (const Victim::Place& place : work.leaving_strangers())
    base_.remove(place.node, *place.request, place.devices, *place.pod);
}

void PreemptionWhatIf::evict(const Victim& victim) {
  evicted_.insert(&victim);
  headroom_.evict(victim.quota, victim.pool, victim.total);
  theirs_.discharge(victim.quota, victim.pool, victim.total);
}

void PreemptionWhatIf::put_back(const Victim& victim) {
  evicted_.erase(&victim);
  headroom_.put_back(victim.quota, victim.pool, victim.total);
  theirs_.charge(victim.quota, victim.pool, victim.total);
}

std::optional<ResourceName> PreemptionWhatIf::short_of() const {
  if (const auto shortfall = headroom_.quota_shortfall(*sought_.option, sought_.total))
    return shortfall->resource;
  if (const auto shortfall = headroom_.pool_shortfall(*sought_.option, sought_.total))
    return shortfall->resource;
  if (const auto shortfall = headroom_.tenant_shortfall(*sought_.option, sought_.total))
    return shortfall->resource;
  const PodView& first = *sought_.members.front();
  if (!first.is_request || first.preemptible)
    return std::nullopt;
  for (const auto& [name, amount] : sought_.total) // it may use only what is its quota's own
    if (headroom_.balance()
            .forecast(sought_.option->payer, sought_.option->site.pool->name,
                      {{name.str(), amount.value()}})
            .borrows)
      return name;
  return std::nullopt;
}

std::optional<PlacedPods> PreemptionWhatIf::admit() {
  if (short_of())
    return std::nullopt;
  return placer_.place_on(nodes(), sought_.members, sought_.option->site);
}

NodeChanges PreemptionWhatIf::nodes() const {
  NodeChanges nodes = base_;
  for (const Victim* victim : evicted_)
    remove_from(nodes, *victim);
  return nodes;
}

} // namespace berth::allocation
