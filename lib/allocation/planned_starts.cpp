#include "lib/allocation/planned_starts.hpp"

#include <algorithm>
#include <utility>

namespace berth::allocation {
namespace {

TimePoint after(TimePoint start, TimePoint now, TimePoint end_if_started_now) {
  return end_if_started_now == TimePoint::max()
             ? TimePoint::max()
             : TimeRange::lasting(start, end_if_started_now - now).end;
}

bool has_virtual_room(const ResourceVector& left, const ResourceVector& total) {
  return std::all_of(total.begin(), total.end(), [&](const auto& entry) {
    return !entry.name.is_virtual() || entry.amount <= Amount{} ||
           entry.amount <= left.get(entry.name);
  });
}

} // namespace

PlannedStarts::PlannedStarts(const Input& input) : input_(input) {}

std::optional<TimePoint> PlannedStarts::plan(const Request& request) {
  const PoolName& first_pool = request.options.front().site.pool->name;
  if (std::int32_t& asked = asked_[first_pool]; asked < policy_in(first_pool).planned_starts)
    ++asked;
  else
    return std::nullopt;
  const Option* best = nullptr;
  std::optional<Placed> first;
  for (const Option& option : request.options) {
    if (!policy_in(option.site.pool->name).enabled)
      continue;
    if (!option.reservation.empty())
      continue; // inside a window it starts when the window's own work lets it
    auto found = find(request, option);
    if (found && (!first || found->at < first->at)) {
      first = std::move(found);
      best = &option;
    }
  }
  if (!first)
    return std::nullopt;
  const TimePoint at = first->at;
  speak_for(request, *best, std::move(*first));
  return at;
}

const PlannedStarts::Moment* PlannedStarts::delayed_by(const Option& option,
                                                       const ResourceVector& total,
                                                       TimePoint until) const {
  if (moments_.empty())
    return nullptr;
  const ResourceVector charged = input_.headroom.beyond_promise(option, total);
  const ResourceVector beyond = input_.headroom.beyond_held(option, total);
  for (const Moment& moment : moments_)
    if (moment.pool == option.site.pool->name && moment.at < until &&
        (moment.balance.shortfall(option.payer, moment.pool, charged) ||
         !has_virtual_room(moment.virtual_left, beyond)))
      return &moment;
  return nullptr;
}

PlanNumber PlannedStarts::plan_of(const WorkloadId& workload) const {
  const auto found = std::ranges::find(moments_, workload, &Moment::workload);
  return found == moments_.end() ? kNoPlan : static_cast<PlanNumber>(found - moments_.begin());
}

bool PlannedStarts::would_delay(const Option& option, const ResourceVector& total,
                                std::span<const Departure> departures) const {
  return std::ranges::any_of(moments_, [&](const Moment& moment) {
    if (moment.pool != option.site.pool->name || moment.at >= option.site.horizon.expected_until)
      return false;
    QuotaBalance balance = moment.balance;
    ResourceVector virtual_left = moment.virtual_left;
    for (const Departure& departure : departures)
      if (departure.end > moment.at) {
        balance.discharge(departure.quota, moment.pool, departure.amounts);
        virtual_left += departure.amounts;
      }
    return balance.shortfall(option.payer, moment.pool, total).has_value() ||
           !has_virtual_room(virtual_left, total);
  });
}

void PlannedStarts::note_admitted(const Option& option, const ResourceVector& total,
                                  TimePoint until, const std::vector<NodeIndex>& nodes) {
  const PoolName& pool = option.site.pool->name;
  if (!policy_in(pool).enabled)
    return;
  Timeline& timeline = timelines_[pool];
  const ResourceVector charged = input_.headroom.beyond_promise(option, total);
  const ResourceVector beyond = input_.headroom.beyond_held(option, total);
  if (has_balance_)
    balance_.charge(option.payer, pool, charged); // else it is part of the headroom's by then
  if (timeline.is_read)
    timeline.virtual_left -= beyond;
  else // taken into account when it is read
    timeline.events.push_back(make_event(input_.now, std::nullopt, beyond, nodes));
  for (auto& [likeness, walk] : walks_) {
    walk.balance.charge(option.payer, pool, charged);
    if (likeness.pool == pool)
      walk.virtual_left -= beyond;
  }
  const ReservationIndex reservation = option.site.reservation;
  const OpenReservation* inside =
      reservation == kNoReservation ? nullptr : &input_.holds.open[reservation];
  const std::vector<Event> events =
      events_of({until, option.payer, charged, beyond, inside, nodes});
  for (Moment& moment : moments_)
    if (moment.pool == pool) {
      moment.balance.charge(option.payer, pool, charged);
      moment.virtual_left -= beyond;
      for (const Event& event : events)
        if (event.at <= moment.at)
          pass(event, pool, moment.balance, moment.virtual_left);
    }
  for (const Event& event : events)
    if (timeline.is_read)
      insert(pool, event);
    else
      timeline.events.push_back(event);
}

const BackfillPolicy& PlannedStarts::policy_in(const PoolName& pool) const {
  return backfill_of(input_.snapshot, input_.policy, pool);
}

std::optional<PlannedStarts::Placed> PlannedStarts::find(const Request& request,
                                                         const Option& option) {
  const PoolName& pool = option.site.pool->name;
  const auto& events = timeline_of(pool).events;
  Walk& walk = walk_of(request, option);
  if (events.empty() || walk.is_over)
    return std::nullopt;
  const ResourceVector total = total_of(request.members);
  const TimePoint end = end_if_started(request.members, input_.now).expected;
  if (walk.reached) // by work like it
    if (auto placed = place_there(walk, option, total, after(*walk.reached, input_.now, end)))
      return placed;
  auto event = walk.reached ? std::ranges::upper_bound(events, *walk.reached, {}, &Event::at)
                            : events.begin();
  while (event != events.end() && std::cmp_less(event - events.begin(), kPlanEventsMax)) {
    const TimePoint at = event->at;
    for (; event != events.end() && event->at == at; ++event) {
      pass(*event, pool, walk.balance, walk.virtual_left);
      walk.search.touch(event->nodes);
    }
    walk.reached = at;
    if (auto placed = place_there(walk, option, total, after(at, input_.now, end)))
      return placed;
  }
  walk.is_over = true;
  return std::nullopt;
}

std::optional<PlannedStarts::Placed> PlannedStarts::place_there(Walk& walk, const Option& option,
                                                                const ResourceVector& total,
                                                                TimePoint until) {
  const PoolName& pool = option.site.pool->name;
  const TimePoint start = *walk.reached;
  if (walk.balance.shortfall(option.payer, pool, total) ||
      !has_virtual_room(walk.virtual_left, total))
    return std::nullopt;
  const bool delays_another = std::ranges::any_of(moments_, [&](const Moment& moment) {
    return moment.pool == pool && start < moment.at && moment.at < until &&
           (moment.balance.shortfall(option.payer, pool, total) ||
            !has_virtual_room(moment.virtual_left, total));
  });
  if (delays_another)
    return std::nullopt;
  auto rows = walk.search.place(start);
  if (!rows)
    return std::nullopt;
  Placed placed{start, *std::move(rows), walk.balance, walk.virtual_left};
  placed.balance.charge(option.payer, pool, total);
  placed.virtual_left -= total;
  return placed;
}

PlannedStarts::Walk& PlannedStarts::walk_of(const Request& request, const Option& option) {
  if (const auto changes = input_.placer.overlay().hold_changes(); changes != hold_changes_) {
    hold_changes_ = changes;
    walks_.clear();
  }
  Likeness likeness{
      option.site.pool->name, option.payer, end_if_started(request.members, input_.now), {}};
  for (const auto& pod : request.members) {
    if (likeness.members.empty() || likeness.members.back().first != pod->shape.get())
      likeness.members.emplace_back(pod->shape.get(), 0);
    ++likeness.members.back().second;
  }
  if (const auto known = walks_.find(likeness); known != walks_.end())
    return known->second;
  Walk walk{StartSearch(input_.placer, request.members, option.site, input_.now), balance_,
            timelines_.at(likeness.pool).virtual_left};
  return walks_.emplace(std::move(likeness), std::move(walk)).first->second;
}

void PlannedStarts::speak_for(const Request& request, const Option& option, Placed placed) {
  const PoolName& pool = option.site.pool->name;
  const ResourceVector total = total_of(request.members);
  const TimePoint until =
      after(placed.at, input_.now, end_if_started(request.members, input_.now).expected);
  const auto plan = static_cast<PlanNumber>(moments_.size());
  std::vector<NodeIndex> nodes;
  for (auto& [node, row] : placed.rows) {
    nodes.push_back(node);
    input_.placer.overlay().promise(
        node, Promise{{placed.at, until}, kNoReservation, plan, false, std::move(row)});
  }
  for (Moment& moment : moments_)
    if (moment.pool == pool && placed.at <= moment.at && moment.at < until) {
      moment.balance.charge(option.payer, pool, total);
      moment.virtual_left -= total;
    }
  moments_.push_back(Moment{placed.at, request.workload, pool, std::move(placed.balance),
                            std::move(placed.virtual_left)});
  insert(pool, make_event(placed.at, option.payer, total, nodes));
  if (until != TimePoint::max())
    insert(pool, make_event(until, option.payer, ResourceVector{} - total, nodes));
}

void PlannedStarts::pass(const Event& event, const PoolName& pool, QuotaBalance& balance,
                         ResourceVector& virtual_left) const {
  if (event.nomination && !let_go_.contains(*event.nomination)) {
    const Headroom::Nominated& held = input_.headroom.nominated()[*event.nomination];
    balance.give_back(held.quota);
    virtual_left += held.virtual_amounts;
  }
  if (event.payer)
    balance.charge(*event.payer, pool, event.amounts);
  virtual_left -= event.virtual_amounts;
}

void PlannedStarts::insert(const PoolName& pool, Event event) {
  for (auto& [likeness, walk] : walks_)
    if (likeness.pool == pool && walk.reached && event.at <= *walk.reached)
      pass(event, pool, walk.balance, walk.virtual_left);
  auto& events = timelines_.at(pool).events;
  const auto at = std::ranges::upper_bound(events, event.at, {}, &Event::at);
  events.insert(at, std::move(event));
}

} // namespace berth::allocation
