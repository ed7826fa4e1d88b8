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
    discharge(theirs_, *victim);
    if (victim->is_claimed)
      continue; // its room is held for another
    headroom_.evict(*victim);
    remove_from(base_, *victim);
  }
  for (const Victim::Place& place : work.leaving_strangers())
    base_.remove(place.node, *place.request, place.devices, *place.pod);
}

void PreemptionWhatIf::evict(const Victim& victim) {
  ResourceVector of_ours = headroom_.evict(victim);
  evicted_.emplace(&victim, Beyond{std::move(of_ours), discharge(theirs_, victim)});
}

void PreemptionWhatIf::put_back(const Victim& victim) {
  const Beyond beyond = std::move(evicted_.extract(&victim).mapped());
  headroom_.put_back(victim, beyond.ours);
  restore(theirs_, victim, beyond.theirs);
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
  for (const auto& [victim, beyond] : evicted_)
    remove_from(nodes, *victim);
  return nodes;
}

} // namespace berth::allocation
