// The part of AdmissionCycle that lends what windows leave idle, and takes it back (R3, R4).

#include <algorithm>
#include <utility>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/window_layout.hpp"

namespace berth::allocation {

/// Beside all promises; else, for work that may be evicted, on what they lend (R3, R4).
std::optional<PlacedPods> AdmissionCycle::find_place(Option& option, Pods members, bool yields) {
  const std::size_t nodes = nodes_max(option.site);
  const auto own = holders_room_ ? holders_room_->own_nodes(option.site.reservation)
                                 : std::span<const NodeIndex>{};
  const auto try_there = [&] {
    return yields ? own_room_->place(members, option.site, nodes, own)
                  : placer_.place(members, option.site, nodes, own);
  };
  if (auto placed = try_there())
    return placed;
  if (!may_lend(option, members))
    return std::nullopt;
  option.site.horizon.is_revocable = true;
  auto placed = try_there();
  option.site.horizon.is_revocable = placed.has_value();
  return placed;
}

/// Only where somebody takes it back in time, and to work that may be evicted; nothing under
/// pressure, nor soon after it (T3, P4).
bool AdmissionCycle::may_lend(const Option& option, Pods members) const {
  const PoolName& pool = option.site.pool->name;
  const QuotaName& payer = input_.snapshot.quotas->spec(option.payer).name;
  return option.site.reservation == kNoReservation && calendar_.lends_anything() &&
         rates_.pressure(pool) == PressureLevel::None &&
         !rates_.degradation(pool).gives_up(DegradationStep::ShedOpportunistic) &&
         input_.policy.evictions.may_borrow_from(payer, pool) <= input_.now &&
         preemption_of(input_.snapshot, input_.policy, option.site.pool->name).enabled &&
         std::all_of(members.begin(), members.end(),
                     [](const auto& pod) { return pod->preemptible && !pod->is_request; });
}

/// From when on work on lent capacity may have to go; nothing if it stands on none.
std::optional<TimePoint> AdmissionCycle::lent_until(const PlacedPods& placed, const Site& site) {
  if (!site.horizon.is_revocable)
    return std::nullopt;
  TimePoint first = TimePoint::max();
  for (const auto& nodes : placed.nodes)
    for (const NodeIndex node : nodes)
      first = std::min(first,
                       calendar_.lent_until(node, site.viewer(), placer_.overlay().holds_on(node)));
  if (first == TimePoint::max())
    return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(first == input_.now ? first
                                                                      : first - kEvictionDrain);
}

/// R4: before anybody has a turn, holders that wait keep the place that each could have, in the
/// order in which their turns would come if there were no others.
void AdmissionCycle::keep_for_holders() {
  std::vector<std::shared_ptr<const Workload>> holders;
  if (std::ranges::any_of(input_.holds.open, &ReservationSpec::lend_idle, &OpenReservation::spec))
    input_.snapshot.waiting.for_each([&](const WorkloadId&, const auto& workload) {
      if (options_.may_go_where_idle_is_lent(*workload))
        holders.push_back(workload);
    });
  if (holders.empty())
    return;
  HoldersSearch search({input_.snapshot, input_.policy, input_.holds, input_.now},
                       placer_.overlay());
  Headroom left = headroom_;
  TurnOrder order({input_.snapshot, left.balance(), memory_.quotas, input_.now, &holders});
  HoldersRoom::Places places;
  for (std::size_t asked = 0;
       asked < HoldersRoom::kAskedMax && places.size() < HoldersRoom::kHoldersMax &&
       search.looks_in_vain() < HoldersRoom::kLooksInVainMax;
       ++asked) {
    const auto head = order.next();
    if (!head)
      break;
    const auto option = option_inside(*head->workload);
    const Pods members = members_to_start(*head->workload);
    if (!option || left.quota_shortfall(*option, total_of(members)))
      continue;
    if (auto place = search.find(members, option->site)) {
      places.emplace(head->workload->id, *std::move(place));
      left.take(*option, total_of(members), false);
      order.charged(option->payer);
    }
  }
  holders_room_.emplace(placer_.overlay(), std::move(places));
}

/// The first reservation that lends and would take the workload but for nodes; with the least that
/// it may start with.
std::optional<Option> AdmissionCycle::option_inside(const Workload& workload) {
  const Pods members = members_to_start(workload);
  if (!workload.defect.empty() || workload.already_charged > 0 || members.empty() ||
      held_back(workload.id) != nullptr)
    return std::nullopt;
  const ResourceVector total = total_of(members);
  if (find_limit(workload, total))
    return std::nullopt;
  auto found = workload.admission ? options_.follow(*workload.admission) : options_.find(workload);
  if (auto* options = std::get_if<std::vector<Option>>(&found))
    for (Option& option : *options) {
      option.site.horizon = horizon_of(members, option);
      if (option.site.reservation != kNoReservation &&
          input_.holds.open[option.site.reservation].spec->lend_idle &&
          !stopped(option, members, total))
        return std::move(option);
    }
  return std::nullopt;
}

std::vector<Recall> AdmissionCycle::recalls() {
  std::erase_if(recalled_, [&](const WorkloadId& id) { return admitted_.contains(id); });
  if (recalled_.empty() || !holders_room_)
    return {};
  holders_room_->end_turn();
  return holders_room_->lacking(recalled_);
}

} // namespace berth::allocation
