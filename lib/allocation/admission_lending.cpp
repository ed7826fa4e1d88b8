// The part of AdmissionCycle that lends what windows leave idle, and takes it back (R3, R4).

#include <algorithm>
#include <utility>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/window_layout.hpp"

namespace berth::allocation {

/// Beside all promises; else, for work that may be evicted, on what they lend (R3, R4).
std::optional<PlacedPods> AdmissionCycle::find_place(Option& option, Pods members, bool yields) {
  const std::size_t nodes = nodes_max(option.site);
  const auto try_there = [&] {
    return yields ? own_room_->place(members, option.site, nodes)
                  : placer_.place(members, option.site, nodes);
  };
  if (auto placed = try_there())
    return placed;
  if (!may_lend(option, members))
    return std::nullopt;
  keep_for_holders();
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
  return calendar_.lends_anything() && rates_.pressure(pool) == PressureLevel::None &&
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

/// R4: before anything is lent, holders that wait keep the place that each could have.
void AdmissionCycle::keep_for_holders() {
  if (holders_room_)
    return;
  holders_room_.emplace(input_.snapshot, placer_.overlay(), input_.now);
  std::vector<std::shared_ptr<const Workload>> holders;
  input_.snapshot.waiting.for_each([&](const WorkloadId& id, const auto& workload) {
    if (!admitted_.contains(id) && options_.may_go_inside(*workload))
      holders.push_back(workload);
  });
  std::ranges::stable_sort(holders, [](const auto& left, const auto& right) {
    return std::pair{-std::int64_t{left->priority}, left->created} <
           std::pair{-std::int64_t{right->priority}, right->created};
  });
  std::size_t tries = 0;
  for (const auto& workload : holders)
    if (!holders_room_->is_full() && tries++ < HoldersRoom::kTriedMax)
      keep_for(*workload);
}

/// In the first reservation that would take it but for nodes; for the least that it may start with.
void AdmissionCycle::keep_for(const Workload& workload) {
  const Pods members = members_to_start(workload);
  if (!workload.defect.empty() || workload.already_charged > 0 || members.empty() ||
      held_back(workload.id) != nullptr || find_limit(workload, members))
    return;
  auto found = workload.admission ? options_.follow(*workload.admission) : options_.find(workload);
  auto* options = std::get_if<std::vector<Option>>(&found);
  if (options == nullptr)
    return;
  for (Option& option : *options) {
    option.site.horizon = horizon_of(members, option);
    if (option.site.reservation != kNoReservation &&
        input_.holds.open[option.site.reservation].spec->lend_idle &&
        !stopped(option, members, total_of(members)))
      return holders_room_->keep(workload.id, members, option.site);
  }
}

std::vector<Recall> AdmissionCycle::recalls() {
  std::erase_if(recalled_, [&](const WorkloadId& id) { return admitted_.contains(id); });
  if (recalled_.empty())
    return {};
  keep_for_holders();
  return holders_room_->lacking(recalled_);
}

} // namespace berth::allocation
