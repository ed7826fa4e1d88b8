#include "lib/allocation/planned_starts.hpp"

#include <algorithm>
#include <utility>

namespace berth::allocation {
namespace {

ResourceVector negative(const ResourceVector& amounts) {
  return ResourceVector{} - amounts;
}

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
  if (!option.reservation.empty())
    return nullptr;
  for (const Moment& moment : moments_)
    if (moment.pool == option.site.pool->name && moment.at < until &&
        (moment.balance.shortfall(option.payer, moment.pool, total) ||
         !has_virtual_room(moment.virtual_left, total)))
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
  const bool pays = option.reservation.empty();
  const auto payer = pays ? std::optional{option.payer} : std::nullopt;
  if (has_balance_ && pays)
    balance_.charge(option.payer, pool, total); // else it is part of the headroom's by then
  if (timeline.is_read)
    timeline.virtual_left -= total;
  else // taken into account when it is read
    timeline.events.push_back(make_event(input_.now, std::nullopt, total, nodes));
  for (auto& [likeness, walk] : walks_) {
    if (pays)
      walk.balance.charge(option.payer, pool, total);
    if (likeness.pool == pool)
      walk.virtual_left -= total;
  }
  for (Moment& moment : moments_)
    if (moment.pool == pool && moment.at < until) {
      if (pays)
        moment.balance.charge(option.payer, pool, total);
      moment.virtual_left -= total;
    }
  if (until == TimePoint::max())
    return;
  Event end = make_event(until, payer, negative(total), nodes);
  if (timeline.is_read)
    insert(pool, std::move(end));
  else
    timeline.events.push_back(std::move(end));
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
      pass(walk, pool, *event);
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
    insert(pool, make_event(until, option.payer, negative(total), nodes));
}

PlannedStarts::Timeline& PlannedStarts::timeline_of(const PoolName& pool) {
  if (!has_balance_) {
    has_balance_ = true;
    balance_ = input_.headroom.balance();
  }
  Timeline& timeline = timelines_[pool];
  if (!timeline.is_read) {
    timeline.is_read = true;
    read(pool, timeline);
  }
  return timeline;
}

/// All that is known of the pool's future, and what this cycle admitted so far.
void PlannedStarts::read(const PoolName& pool, Timeline& timeline) {
  if (const PoolSpec* spec = input_.snapshot.find_pool(pool))
    timeline.virtual_left = spec->virtual_capacity;
  if (const auto use = input_.snapshot.pool_use.find(pool); use != input_.snapshot.pool_use.end())
    timeline.virtual_left -= use->second.total();
  std::erase_if(timeline.events, [&](const Event& event) {
    if (event.at > input_.now)
      return false;
    timeline.virtual_left -= event.amounts;
    return true;
  });
  for (const NodeIndex node : input_.snapshot.nodes->in_pool(pool))
    read_node(node, timeline);
  if (!timeline.virtual_left.empty())
    read_nowhere(pool, timeline);
  read_windows(pool, timeline);
  std::ranges::stable_sort(timeline.events, {}, &Event::at);
}

void PlannedStarts::read_node(NodeIndex node, Timeline& timeline) const {
  const NodeName& name = input_.snapshot.nodes->node(node).view.name;
  input_.snapshot.on_nodes.for_each_from(
      {name, PodUid{}}, [&](const NodePod& key, const auto& pod) {
        if (key.node != name)
          return false;
        if (const auto* charge = input_.snapshot.charges.find(key.pod))
          read_end(*pod, **charge, {node}, timeline);
        return true;
      });
}

/// What holds of the pool and is on no node.
void PlannedStarts::read_nowhere(const PoolName& pool, Timeline& timeline) const {
  input_.snapshot.charges.for_each([&](const PodUid& uid, const auto& charge) {
    if (!charge->node.empty() || charge->pool != pool || charge->quota.empty())
      return;
    if (const PodView* pod = input_.snapshot.find_pod(uid))
      read_end(*pod, *charge, {}, timeline);
  });
}

void PlannedStarts::read_end(const PodView& pod, const Charge& charge, std::vector<NodeIndex> nodes,
                             Timeline& timeline) const {
  const WorkEnd end = input_.placer.overlay().calendar()->end_on(pod, charge);
  const TimePoint at = std::min(end.expected, end.relied_on);
  if (at == TimePoint::max() || at <= input_.now)
    return;
  // What a holder pays is its reservation's: it is given back when the window closes.
  const bool pays = charge.reservation.empty();
  timeline.events.push_back(
      make_event(at, pays ? input_.snapshot.quotas->find(charge.quota) : std::nullopt,
                 negative(charge.shape->requests), std::move(nodes)));
}

void PlannedStarts::read_windows(const PoolName& pool, Timeline& timeline) const {
  for (std::uint32_t i = 0; i < input_.holds.open.size(); ++i) {
    const OpenReservation& open = input_.holds.open[i];
    if (open.spec->pool != pool)
      continue;
    timeline.virtual_left -= open.unfilled;
    if (open.window.end == TimePoint::max())
      continue;
    timeline.events.push_back(
        make_event(open.window.end, input_.snapshot.quotas->find(open.spec->payer),
                   negative(open.unfilled), input_.placer.overlay().held_nodes(i)));
  }
  for (const auto& spec : input_.snapshot.reservations) {
    if (spec->pool != pool || !spec->accepted || spec->deleting)
      continue;
    const auto next = next_window(*spec, input_.now);
    if (!next)
      continue;
    const auto payer = input_.snapshot.quotas->find(spec->payer);
    timeline.events.push_back(make_event(next->start, payer, spec->amounts, {}));
    if (next->end != TimePoint::max())
      timeline.events.push_back(make_event(next->end, payer, negative(spec->amounts), {}));
  }
}

PlannedStarts::Event PlannedStarts::make_event(TimePoint at, std::optional<QuotaIndex> payer,
                                               ResourceVector amounts,
                                               std::vector<NodeIndex> nodes) {
  ResourceVector virtual_amounts;
  for (const auto& [name, amount] : amounts)
    if (name.is_virtual())
      virtual_amounts.set(name, amount);
  return Event{at, payer, std::move(amounts), std::move(virtual_amounts), std::move(nodes)};
}

void PlannedStarts::pass(Walk& walk, const PoolName& pool, const Event& event) {
  if (event.payer)
    walk.balance.charge(*event.payer, pool, event.amounts);
  walk.virtual_left -= event.virtual_amounts;
}

void PlannedStarts::insert(const PoolName& pool, Event event) {
  for (auto& [likeness, walk] : walks_)
    if (likeness.pool == pool && walk.reached && event.at <= *walk.reached)
      pass(walk, pool, event);
  auto& events = timelines_.at(pool).events;
  const auto at = std::ranges::upper_bound(events, event.at, {}, &Event::at);
  events.insert(at, std::move(event));
}

} // namespace berth::allocation
