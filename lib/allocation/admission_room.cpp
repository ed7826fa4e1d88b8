// The part of AdmissionCycle that says whether one option has room for a workload: quota, pressure,
// back-off, pool-level resources and nodes, what is claimed or left for others (F4, Q6), and what
// planned starts leave (B1). What windows lend is admission_lending.cpp's.

#include <algorithm>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/explain.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::allocation {

Horizon AdmissionCycle::own_horizon_of(Pods members, const Option& option) const {
  WorkEnd end = end_if_started(members, input_.now);
  if (option.site.reservation != kNoReservation)
    end = ends_with_window(end, input_.holds.open[option.site.reservation]);
  return Horizon{end.relied_on, end.expected};
}

Horizon AdmissionCycle::horizon_of(Pods members, const Option& option) const {
  Horizon horizon = own_horizon_of(members, option);
  if (option.site.reservation != kNoReservation)
    horizon.relied_until =
        std::max(horizon.relied_until, input_.holds.open[option.site.reservation].window.end);
  return horizon;
}

std::variant<PlacedPods, Explanation> AdmissionCycle::try_option(Option& option, Pods members,
                                                                 const ResourceVector& total) {
  if (auto why = stopped(option, members, total))
    return *std::move(why);
  return place(option, members, total);
}

/// By anything but nodes.
std::optional<Explanation> AdmissionCycle::stopped(const Option& option, Pods members,
                                                   const ResourceVector& total) {
  if (held(option))
    return Explanation{Reason::PoolUnderPressure,
                       rates_.describe_degraded(option.site.pool->name) +
                           ", and admits nobody until then",
                       std::nullopt,
                       {}};
  if (auto why = no_quota(option, total))
    return why;
  if (auto why = not_its_own(option, members, total))
    return why;
  if (const auto shortfall = headroom_.tenant_shortfall(option, total))
    return explain_shortfall(*shortfall);
  if (auto why = pressed(option, total))
    return why;
  if (auto back_off = borrowing_back_off(option, total))
    return back_off;
  if (const auto shortfall = headroom_.pool_shortfall(option, total))
    return explain_shortfall(*shortfall);
  // Q6: a burst is paid for by its budget, and takes from nobody's quota.
  if (const auto* delayed =
          bursts_ ? nullptr
                  : planned_.delayed_by(option, total, option.site.horizon.expected_until))
    return explain_delay(delayed->workload, delayed->at);
  return std::nullopt;
}

/// What is lent must come back: a request that must not be taken back gets none of it.
std::optional<Explanation> AdmissionCycle::not_its_own(const Option& option, Pods members,
                                                       const ResourceVector& total) const {
  const PodView& first = *members.front();
  if (!first.is_request || first.preemptible || !borrows(option, total))
    return std::nullopt;
  return Explanation{Reason::InsufficientQuota,
                     "is not preemptible, so it may use only what is quota " +
                         input_.snapshot.quotas->spec(option.payer).name.str() + "'s own in pool " +
                         option.site.pool->name.str(),
                     std::nullopt,
                     {}};
}

/// F4: borrowers go where nothing is kept for those who are within their quota.
std::variant<PlacedPods, Explanation> AdmissionCycle::place(Option& option, Pods members,
                                                            const ResourceVector& total) {
  const bool yields = own_room_ && borrows(option, total);
  const bool leaves_enough = !yields || ((bursts_ || own_room_->leaves_quota(option, total)) &&
                                         own_room_->leaves_pool(option, total));
  if (leaves_enough)
    if (auto placed = find_place(option, members, yields))
      return std::move(*placed);
  if (yields && placer_.place(members, option.site, 1))
    return Explanation{Reason::HigherPriorityFirst,
                       "needs to borrow in pool " + option.site.pool->name.str() +
                           " what is kept for work within its quota that waits for room",
                       std::nullopt,
                       {}};
  return no_place(option, members);
}

Explanation AdmissionCycle::no_place(const Option& option, Pods members) {
  note_want(option, members);
  if (option.site.reservation != kNoReservation)
    recalled_.insert(workload_id(*members.front()));
  if (!planned_.is_empty()) {
    Site without_plans = option.site;
    without_plans.horizon.expected_until = TimePoint::min();
    if (placer_.place(members, without_plans, 1))
      return explain_delay({}, {});
  }
  return explain_no_place(placer_.explain(members, option.site), option.site, members.size());
}

/// P4: what was taken back from a quota is not borrowed again at once.
std::optional<Explanation> AdmissionCycle::borrowing_back_off(const Option& option,
                                                              const ResourceVector& total) const {
  const QuotaName& payer = input_.snapshot.quotas->spec(option.payer).name;
  const PoolName& pool = option.site.pool->name;
  const TimePoint until = input_.policy.evictions.may_borrow_from(payer, pool);
  if (until <= input_.now)
    return std::nullopt;
  for (const auto& [resource, amount] : headroom_.beyond_promise(option, total))
    if (amount > Amount{} && headroom_.balance().left(option.payer, pool, resource) < amount)
      return Explanation{Reason::BorrowingBackOff,
                         "needs to borrow " + std::string(resource.str()) + " in pool " +
                             pool.str() + ", which was taken back from " + payer.str() +
                             "; it may borrow again at " + format_time(until)};
  return std::nullopt;
}

/// Q2, and where bursts have begun Q6: up to the factor, while the budget lasts, and only in a pool
/// where nobody with quota waits for a place and somebody may end the burst.
std::optional<Explanation> AdmissionCycle::no_quota(const Option& option,
                                                    const ResourceVector& total) const {
  const auto shortfall = headroom_.quota_shortfall(option, total);
  if (!shortfall)
    return std::nullopt;
  const QuotaSpec& payer = input_.snapshot.quotas->spec(option.payer);
  const PoolName& pool = option.site.pool->name;
  if (!bursts_ || !payer.burst || wanted_pools_.contains(pool) ||
      rates_.pressure(pool) != PressureLevel::None ||
      rates_.degradation(pool).gives_up(DegradationStep::LeaveBurst) ||
      rates_.degradation(pool).gives_up(DegradationStep::ShedOpportunistic) ||
      !preemption_of(input_.snapshot, input_.policy, pool).enabled)
    return explain_shortfall(*shortfall);
  const auto level = balance().burst_level(option.payer, payer.burst->factor_percent);
  const auto memory = memory_.quotas.find(payer.name);
  const BurstAccount account =
      memory == memory_.quotas.end() ? BurstAccount{} : memory->second.burst;
  if (!account.is_open(*payer.burst, level) ||
      balance().burst_shortfall(option.payer, pool, headroom_.beyond_promise(option, total)))
    return explain_shortfall(*shortfall);
  return std::nullopt;
}

/// Remembers that room is wanted, by work that the pool could take if it were empty: what never
/// fits anywhere stops no burst.
void AdmissionCycle::note_want(const Option& option, Pods members) {
  const PoolName& pool = option.site.pool->name;
  if (!bursts_ && !wanted_pools_.contains(pool) &&
      placer_.could_ever_fit(members, *option.site.pool))
    wanted_pools_.insert(pool);
}

/// Whether the payer would hold more than its nominal of something that is asked for.
bool AdmissionCycle::borrows(const Option& option, const ResourceVector& total) const {
  return balance()
      .forecast(option.payer, option.site.pool->name, headroom_.beyond_promise(option, total))
      .borrows;
}

/// F4: work within its quota that lacks room claims it, in the first pool that could have it; else
/// small borrowed work would take every piece of it as it comes free.
bool AdmissionCycle::claim_room(Pods members, const std::vector<Option>& options,
                                const ResourceVector& total) {
  if (bursts_)
    return false;
  for (const Option& option : options) {
    const PoolName& pool = option.site.pool->name;
    if (borrows(option, total) || held(option) || rates_.find_refusal(pool) ||
        headroom_.tenant_shortfall(option, total))
      continue; // what it waits for is not room that borrowers have
    if (!own_room_)
      own_room_.emplace(input_.snapshot, headroom_, placer_);
    if (own_room_->claim(option, members, total))
      return true;
  }
  return false;
}

/// What was promised is kept all the same (R3), and what runs may become whole again (G3).
bool AdmissionCycle::held(const Option& option) const {
  return option.site.reservation == kNoReservation && !option.completes_gang &&
         rates_.degradation(option.site.pool->name).gives_up(DegradationStep::HoldAdmissions);
}

/// T1 and T3: a pool under pressure takes work more slowly, and nothing that is borrowed.
std::optional<Explanation> AdmissionCycle::pressed(const Option& option,
                                                   const ResourceVector& total) {
  const PoolName& pool = option.site.pool->name;
  // Else others would borrow what some were shed of.
  if (!option.completes_gang && rates_.degradation(pool).gives_up(DegradationStep::ShedBorrowed) &&
      borrows(option, total))
    return Explanation{Reason::PoolUnderPressure,
                       "needs to borrow, and " + rates_.describe_degraded(pool),
                       std::nullopt,
                       {}};
  if (rates_.pressure(pool) != PressureLevel::None && borrows(option, total))
    return Explanation{Reason::PoolUnderPressure,
                       "needs to borrow, and " + rates_.describe(pool),
                       std::nullopt,
                       {}};
  if (auto refusal = rates_.find_refusal(pool))
    return Explanation{refusal->reason, std::move(refusal->message), std::nullopt, {}};
  return std::nullopt;
}

} // namespace berth::allocation
