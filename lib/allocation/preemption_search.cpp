#include "lib/allocation/preemption_search.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

/// Where the members go once the victims are gone.
void find_places(PreemptionWhatIf& what_if, SearchResult& result) {
  const auto placed = what_if.admit();
  result.devices = placed->devices;
  for (const auto& nodes : placed->nodes)
    result.nodes.push_back(nodes.empty() ? std::nullopt : std::optional(nodes.front()));
}

} // namespace

std::string_view to_string(SearchOutcome outcome) {
  switch (outcome) {
  case SearchOutcome::Solved: return "Solved";
  case SearchOutcome::RoomIsComing: return "RoomIsComing";
  case SearchOutcome::NoCandidates: return "NoCandidates";
  case SearchOutcome::NotEnough: return "NotEnough";
  case SearchOutcome::RatioExceeded: return "RatioExceeded";
  case SearchOutcome::WouldDelay: return "WouldDelay";
  case SearchOutcome::TriedBefore: return "TriedBefore";
  case SearchOutcome::LimitReached: return "LimitReached";
  }
  return "NotEnough";
}

SearchResult VictimSearch::run() {
  find_candidates();
  SearchResult result;
  for (std::size_t repair = 0; repair <= kSearchRepairsMax; ++repair) {
    PreemptionWhatIf what_if(input_.sought, input_.placer, input_.headroom, input_.work);
    if (repair == 0 && what_if.admits()) {
      result.outcome = SearchOutcome::RoomIsComing;
      return result;
    }
    result.outcome = candidates_.empty() ? SearchOutcome::NoCandidates : attempt(what_if);
    if (result.outcome != SearchOutcome::Solved)
      return result;
    if (!forget_unlawful(what_if))
      continue; // the search starts again without them
    result.victims = evicted_in_order(what_if);
    for (const Victim* victim : result.victims) {
      result.claims.push_back(input_.rule.claim_on(*victim));
      result.evicted += victim->total;
    }
    find_places(what_if, result);
    if (exceeds_ratio(result.evicted))
      result.outcome = SearchOutcome::RatioExceeded;
    return result;
  }
  result.outcome = SearchOutcome::LimitReached;
  return result;
}

void VictimSearch::find_candidates() {
  for (const QuotaIndex quota : input_.work.quotas())
    if (input_.rule.may_take_from(quota))
      for (const Victim* victim : input_.work.of_quota(quota))
        if (input_.rule.claim_on(*victim) != Claim::None)
          candidates_.push_back(victim);
  std::ranges::sort(candidates_, {}, &Victim::rank);
}

std::optional<SearchResult> VictimSearch::confirm(const std::vector<Victim*>& victims) {
  candidates_.assign(victims.begin(), victims.end());
  PreemptionWhatIf what_if(input_.sought, input_.placer, input_.headroom, input_.work);
  for (const Victim* victim : candidates_)
    if (!victim->is_leaving) // those are gone in every what-if
      what_if.evict(*victim);
  if (!what_if.admits())
    return std::nullopt;
  fill_back(what_if, evicted_in_order(what_if));
  SearchResult result;
  result.outcome = SearchOutcome::Solved;
  for (const Victim* victim : evicted_in_order(what_if)) {
    if (input_.rule.claim_on(*victim) == Claim::None ||
        !input_.rule.allows(*victim, what_if.aftermath()))
      return std::nullopt;
    result.victims.push_back(victim);
    result.claims.push_back(input_.rule.claim_on(*victim));
    result.evicted += victim->total;
  }
  find_places(what_if, result);
  return result;
}

SearchOutcome VictimSearch::attempt(PreemptionWhatIf& what_if) {
  list_by_node();
  if (!make_room_on_nodes(what_if) || !make_room_in_quota(what_if) || !what_if.admits())
    return trials_ > kSearchTrialsMax ? SearchOutcome::LimitReached : SearchOutcome::NotEnough;
  fill_back(what_if, evicted_in_order(what_if));
  // A gang may be placed otherwise on fewer nodes, so what was needed may not be any more.
  for (bool is_smaller = true; is_smaller && trials_ <= kSearchTrialsMax;) {
    is_smaller = false;
    auto victims = evicted_in_order(what_if);
    for (auto victim = victims.rbegin(); victim != victims.rend() && !is_smaller; ++victim)
      is_smaller = can_spare(what_if, {&*victim, 1});
  }
  if (what_if.evicted() > kPlanVictimsMax || trials_ > kSearchTrialsMax)
    return SearchOutcome::LimitReached;
  return SearchOutcome::Solved;
}

void VictimSearch::list_by_node() {
  by_node_.clear();
  for (std::size_t rank = 0; rank < candidates_.size(); ++rank)
    for (const Victim::Place& place : candidates_[rank]->places)
      by_node_[place.node].push_back(OnNode{rank, &place});
}

/// Finds a node for each member, evicting what stands there where that costs the least.
bool VictimSearch::make_room_on_nodes(PreemptionWhatIf& what_if) {
  if (input_.sought.members.size() > kSearchMembersMax)
    return false;
  NodeChanges nodes = what_if.nodes();
  if (input_.placer.place_on(nodes, input_.sought.members, input_.sought.option->site))
    return true; // only the quota is short
  for (const auto& member : input_.sought.members) {
    if (!needs_node(*member->shape))
      continue;
    auto offer = cheapest_node(what_if, nodes, *member);
    if (!offer)
      return false;
    for (const Victim* victim : offer->victims) {
      what_if.evict(*victim);
      for (const Victim::Place& place : victim->places)
        nodes.remove(place.node, *place.request, place.devices, *place.pod);
    }
    const ColumnRequest request = to_columns(member->requests(), input_.placer.overlay().table());
    const Viewer viewer = input_.sought.option->site.viewer();
    std::vector<std::int64_t> held;
    const DeviceList devices = free_devices(request, nodes.room(offer->node, viewer, held));
    nodes.place(offer->node, request, devices, viewer);
  }
  return true;
}

std::optional<VictimSearch::NodeOffer> VictimSearch::cheapest_node(PreemptionWhatIf& what_if,
                                                                   const NodeChanges& nodes,
                                                                   const PodView& member) {
  const ColumnRequest request = to_columns(member.requests(), input_.placer.overlay().table());
  std::optional<NodeOffer> best;
  for (const NodeIndex node :
       input_.placer.allowed_nodes(member.shape->constraints, *input_.sought.option->site.pool)) {
    const std::size_t worst_max = best ? best->worst : candidates_.size();
    auto offer = offer_of(what_if, nodes, node, request, worst_max);
    if (!offer)
      continue;
    if (!best || std::pair{offer->worst, offer->count} < std::pair{best->worst, best->count})
      best = std::move(offer);
    if (best->count == 0)
      break; // room without a victim
  }
  return best;
}

/// The first victims of the node, in the order of the law, that make room for the request there;
/// of the first `worst_max` candidates. As in the quota it passes again until nothing changes.
std::optional<VictimSearch::NodeOffer>
VictimSearch::offer_of(PreemptionWhatIf& what_if, const NodeChanges& nodes, NodeIndex node,
                       const ColumnRequest& request, std::size_t worst_max) {
  const Viewer viewer = input_.sought.option->site.viewer();
  const NodeCalendar* calendar = input_.placer.overlay().calendar();
  const bool has_future = calendar != nullptr && calendar->has_promises(node);
  std::vector<std::int64_t> held;
  NodeRoom room = nodes.room(node, viewer, held);
  std::vector<std::int64_t> charged(room.charged.begin(), room.charged.end());
  std::vector<PodUid> gone;
  const auto fits = [&] {
    if (has_future && !gone.empty())
      room = nodes.room_without(node, viewer, gone, held);
    return room_for(request, NodeRoom{room.capacity, charged, room.held}).kind ==
           RoomVerdict::Kind::Fits;
  };
  NodeOffer offer;
  offer.node = node;
  const auto there = by_node_.find(node);
  bool has_room = fits();
  std::vector<bool> is_off(there == by_node_.end() ? 0 : there->second.size());
  for (bool is_changed = !is_off.empty(); is_changed && !has_room;) {
    is_changed = false;
    for (std::size_t i = 0; i < is_off.size() && !has_room; ++i) {
      const auto& [rank, place] = there->second[i];
      if (rank >= worst_max)
        break; // another node costs less
      if (is_off[i] || !goes(what_if, offer, rank))
        continue;
      is_off[i] = is_changed = true;
      take_off(charged, *place->request, place->devices);
      gone.push_back(*place->pod);
      has_room = fits();
    }
  }
  for (const Victim* victim : offer.victims)
    what_if.put_back(*victim);
  offer.count = offer.victims.size();
  return has_room ? std::optional{std::move(offer)} : std::nullopt;
}

/// Whether the candidate goes for this offer, as the rule stands with those that go before it.
bool VictimSearch::goes(PreemptionWhatIf& what_if, NodeOffer& offer, std::size_t rank) {
  const Victim& victim = *candidates_[rank];
  if (what_if.is_evicted(victim)) // else it is gone already for another member
    return std::find(offer.victims.begin(), offer.victims.end(), &victim) != offer.victims.end();
  const std::vector<const Victim*> gone = evict_with_surplus(what_if, victim);
  offer.victims.insert(offer.victims.end(), gone.begin(), gone.end());
  if (!gone.empty())
    offer.worst = std::max(offer.worst, rank + 1);
  return !gone.empty();
}

/// G3: of an elastic gang all others go with the least that it needs. Nobody if the rule refuses
/// one of them.
std::vector<const Victim*> VictimSearch::evict_with_surplus(PreemptionWhatIf& what_if,
                                                            const Victim& victim) {
  std::vector<const Victim*> gone;
  const auto evict = [&](const Victim& one) {
    what_if.evict(one);
    gone.push_back(&one);
    return input_.rule.allows(one, what_if.aftermath());
  };
  bool is_allowed = true;
  for (const Victim* surplus : victim.surplus)
    if (is_allowed && !surplus->is_leaving && !what_if.is_evicted(*surplus))
      is_allowed = evict(*surplus);
  if (is_allowed && evict(victim))
    return gone;
  for (const Victim* one : gone)
    what_if.put_back(*one);
  return {};
}

/// Whether nobody above the least of a gang stays whose least goes.
bool VictimSearch::leaves_no_rest(const PreemptionWhatIf& what_if) const {
  return std::ranges::none_of(candidates_, [&](const Victim* base) {
    return what_if.is_evicted(*base) && std::ranges::any_of(base->surplus, [&](const auto* other) {
             return !other->is_leaving && !what_if.is_evicted(*other);
           });
  });
}

/// Takes more in the order of the law. What the rule refuses at first it may allow later, once
/// victims of the preemptor's own quota are gone: so it passes again until nothing changes.
bool VictimSearch::make_room_in_quota(PreemptionWhatIf& what_if) {
  auto short_of = what_if.short_of();
  for (bool is_changed = true; short_of && is_changed;) {
    is_changed = false;
    for (const Victim* victim : candidates_) {
      if (!short_of)
        break;
      if (what_if.is_evicted(*victim) || victim->total.get(*short_of) <= Amount{})
        continue;
      if (evict_with_surplus(what_if, *victim).empty())
        continue;
      is_changed = true;
      short_of = what_if.short_of();
    }
  }
  return !short_of;
}

/// Puts back all that can be spared: halves first, so that a few needed among many cost little;
/// the more valuable half before the other.
void VictimSearch::fill_back(PreemptionWhatIf& what_if, std::span<const Victim* const> victims) {
  if (victims.empty() || can_spare(what_if, victims) || victims.size() == 1)
    return;
  const std::size_t half = victims.size() / 2;
  fill_back(what_if, victims.subspan(half));
  fill_back(what_if, victims.first(half));
}

/// Puts them back if the preemptor is admitted all the same.
bool VictimSearch::can_spare(PreemptionWhatIf& what_if, std::span<const Victim* const> victims) {
  if (++trials_ > kSearchTrialsMax)
    return false;
  for (const Victim* victim : victims)
    what_if.put_back(*victim);
  if (leaves_no_rest(what_if) && what_if.admits())
    return true;
  for (const Victim* victim : victims)
    what_if.evict(*victim);
  return false;
}

std::vector<const Victim*> VictimSearch::evicted_in_order(const PreemptionWhatIf& what_if) const {
  std::vector<const Victim*> victims;
  for (const Victim* victim : candidates_)
    if (what_if.is_evicted(*victim))
      victims.push_back(victim);
  return victims;
}

/// P7: true if the rule allows each remaining victim now that others were put back; those that it
/// refuses are no candidates any more.
bool VictimSearch::forget_unlawful(PreemptionWhatIf& what_if) {
  std::vector<const Victim*> refused;
  for (const Victim* victim : evicted_in_order(what_if))
    if (!input_.rule.allows(*victim, what_if.aftermath()))
      refused.push_back(victim);
  const auto is_refused = [&](const Victim* victim) {
    return std::find(refused.begin(), refused.end(), victim) != refused.end();
  };
  std::erase_if(candidates_, [&](const Victim* candidate) {
    return is_refused(candidate) || std::ranges::any_of(candidate->surplus, is_refused);
  });
  return refused.empty();
}

/// P4, for each resource that is asked for; the number of pods is no amount of harm.
bool VictimSearch::exceeds_ratio(const ResourceVector& evicted) const {
  const std::int64_t percent = input_.policy.max_eviction_ratio_percent;
  return std::any_of(input_.sought.total.begin(), input_.sought.total.end(),
                     [&](const auto& asked) {
                       return asked.name != ResourceName::pods() && asked.amount > Amount{} &&
                              resources::compare_ratios(evicted.get(asked.name), asked.amount,
                                                        Amount{percent}, Amount{100}) > 0;
                     });
}

} // namespace berth::allocation
