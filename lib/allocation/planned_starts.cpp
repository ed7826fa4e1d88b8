#include "lib/allocation/planned_starts.hpp"

#include <algorithm>

#include "lib/allocation/start_search.hpp"

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
    timeline.events.push_back(Event{input_.now, std::nullopt, total, nodes});
  for (Moment& moment : moments_)
    if (moment.pool == pool && moment.at < until) {
      if (pays)
        moment.balance.charge(option.payer, pool, total);
      moment.virtual_left -= total;
    }
  if (until == TimePoint::max())
    return;
  Event end{until, payer, negative(total), nodes};
  if (timeline.is_read)
    insert(timeline, std::move(end));
  else
    timeline.events.push_back(std::move(end));
}

const BackfillPolicy& PlannedStarts::policy_in(const PoolName& pool) const {
  return backfill_of(input_.snapshot, input_.policy, pool);
}

std::optional<PlannedStarts::Placed> PlannedStarts::find(const Request& request,
                                                         const Option& option) {
  const PoolName& pool = option.site.pool->name;
  const Timeline& timeline = timeline_of(pool);
  if (timeline.events.empty())
    return std::nullopt;
  const ResourceVector total = total_of(request.members);
  const WorkEnd end = end_if_started(request.members, input_.now);
  Placed placed{{}, {}, balance_, timeline.virtual_left};
  StartSearch search(input_.placer, request.members, option.site, input_.now);
  const auto leaves_others_alone = [&](TimePoint start) {
    const TimePoint until = after(start, input_.now, end.expected);
    return std::none_of(moments_.begin(), moments_.end(), [&](const Moment& moment) {
      return moment.pool == pool && start < moment.at && moment.at < until &&
             (moment.balance.shortfall(option.payer, pool, total) ||
              !has_virtual_room(moment.virtual_left, total));
    });
  };
  std::size_t walked = 0;
  for (auto event = timeline.events.begin();
       event != timeline.events.end() && walked < kPlanEventsMax;) {
    placed.at = event->at;
    for (; event != timeline.events.end() && event->at == placed.at; ++event, ++walked) {
      if (event->payer)
        placed.balance.charge(*event->payer, pool, event->amounts);
      placed.virtual_left -= event->amounts;
      search.touch(event->nodes);
    }
    if (placed.balance.shortfall(option.payer, pool, total) ||
        !has_virtual_room(placed.virtual_left, total) || !leaves_others_alone(placed.at))
      continue;
    if (auto rows = search.place(placed.at)) {
      placed.rows = std::move(*rows);
      placed.balance.charge(option.payer, pool, total);
      placed.virtual_left -= total;
      return placed;
    }
  }
  return std::nullopt;
}

void PlannedStarts::speak_for(const Request& request, const Option& option, Placed placed) {
  const PoolName& pool = option.site.pool->name;
  const ResourceVector total = total_of(request.members);
  const TimePoint until =
      after(placed.at, input_.now, end_if_started(request.members, input_.now).expected);
  Timeline& timeline = timelines_[pool];
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
  insert(timeline, Event{placed.at, option.payer, total, nodes});
  if (until != TimePoint::max())
    insert(timeline, Event{until, option.payer, negative(total), nodes});
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
  timeline.events.push_back(Event{at,
                                  pays ? input_.snapshot.quotas->find(charge.quota) : std::nullopt,
                                  negative(charge.shape->requests), std::move(nodes)});
}

void PlannedStarts::read_windows(const PoolName& pool, Timeline& timeline) const {
  for (std::uint32_t i = 0; i < input_.holds.open.size(); ++i) {
    const OpenReservation& open = input_.holds.open[i];
    if (open.spec->pool != pool)
      continue;
    timeline.virtual_left -= open.unfilled;
    if (open.window.end == TimePoint::max())
      continue;
    Event end{open.window.end,
              input_.snapshot.quotas->find(open.spec->payer),
              negative(open.unfilled),
              {}};
    end.nodes = input_.placer.overlay().held_nodes(i);
    timeline.events.push_back(std::move(end));
  }
  for (const auto& spec : input_.snapshot.reservations) {
    if (spec->pool != pool || !spec->accepted || spec->deleting)
      continue;
    const auto next = next_window(*spec, input_.now);
    if (!next)
      continue;
    const auto payer = input_.snapshot.quotas->find(spec->payer);
    timeline.events.push_back(Event{next->start, payer, spec->amounts, {}});
    if (next->end != TimePoint::max())
      timeline.events.push_back(Event{next->end, payer, negative(spec->amounts), {}});
  }
}

void PlannedStarts::insert(Timeline& timeline, Event event) {
  const auto at = std::ranges::upper_bound(timeline.events, event.at, {}, &Event::at);
  timeline.events.insert(at, std::move(event));
}

} // namespace berth::allocation
