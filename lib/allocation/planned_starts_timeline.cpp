// The part of PlannedStarts that reads what is known of a pool's future: ends of work, windows.

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/allocation/planned_starts.hpp"

namespace berth::allocation {
namespace {

ResourceVector virtual_part(const ResourceVector& amounts) {
  ResourceVector part;
  for (const auto& [name, amount] : amounts)
    if (name.is_virtual())
      part.set(name, amount);
  return part;
}

} // namespace

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
  read_nowhere(pool, timeline);
  read_windows(pool, timeline);
  read_nominations(pool, timeline);
  std::ranges::stable_sort(timeline.events, {}, &Event::at);
}

/// Most work may not end, and all of it is asked about.
void PlannedStarts::read_node(NodeIndex node, Timeline& timeline) const {
  const ClusterSnapshot& snapshot = input_.snapshot;
  const NodeName& name = snapshot.nodes->node(node).view.name;
  const bool are_all = input_.placer.overlay().calendar()->has_other_ends();
  (are_all ? snapshot.on_nodes : snapshot.ending)
      .for_each_from({name, PodUid{}}, [&](const NodePod& key, const auto& pod) {
        if (key.node != name)
          return false;
        if (const auto* charge = snapshot.charges.find(key.pod))
          std::ranges::move(ends_of(*pod, **charge, {node}), std::back_inserter(timeline.events));
        return true;
      });
}

/// What holds of the pool and is on no node.
void PlannedStarts::read_nowhere(const PoolName& pool, Timeline& timeline) const {
  const ClusterSnapshot& snapshot = input_.snapshot;
  const auto read = [&](const PodView& pod, const Charge& charge) {
    if (charge.node.empty() && charge.pool == pool && !charge.quota.empty())
      std::ranges::move(ends_of(pod, charge, {}), std::back_inserter(timeline.events));
  };
  if (!input_.placer.overlay().calendar()->has_other_ends())
    return snapshot.ending.for_each_from({}, [&](const NodePod& key, const auto& pod) {
      if (const auto* charge = key.node.empty() ? snapshot.charges.find(key.pod) : nullptr)
        read(*pod, **charge);
      return key.node.empty();
    });
  snapshot.charges.for_each([&](const PodUid& uid, const auto& charge) {
    if (const PodView* pod = charge->node.empty() ? snapshot.find_pod(uid) : nullptr)
      read(*pod, *charge);
  });
}

std::vector<PlannedStarts::Event>
PlannedStarts::ends_of(const PodView& pod, const Charge& charge,
                       const std::vector<NodeIndex>& nodes) const {
  std::vector<Event> events;
  for (const auto& [end, amounts] :
       input_.placer.overlay().calendar()->departures_of(pod, charge)) {
    const TimePoint at = planned_end(end, input_.now);
    if (at == TimePoint::max() || at <= input_.now)
      continue;
    std::ranges::move(events_of({at, input_.snapshot.quotas->find(charge.quota), amounts, amounts,
                                 input_.holds.find(charge.reservation), nodes}),
                      std::back_inserter(events));
  }
  return events;
}

void PlannedStarts::read_windows(const PoolName& pool, Timeline& timeline) const {
  for (std::uint32_t i = 0; i < input_.holds.open.size(); ++i) {
    const OpenReservation& open = input_.holds.open[i];
    if (open.spec->pool != pool)
      continue;
    timeline.virtual_left -= open.unfilled;
    if (open.window.end == TimePoint::max())
      continue;
    timeline.events.push_back(make_event(open.window.end,
                                         input_.snapshot.quotas->find(open.spec->payer),
                                         -open.unfilled, input_.placer.overlay().held_nodes(i)));
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
      timeline.events.push_back(make_event(next->end, payer, -spec->amounts, {}));
  }
}

PlannedStarts::Event PlannedStarts::make_event(TimePoint at, std::optional<QuotaIndex> payer,
                                               ResourceVector amounts,
                                               std::vector<NodeIndex> nodes) {
  ResourceVector virtual_amounts = virtual_part(amounts);
  return Event{at, payer, std::move(amounts), std::move(virtual_amounts), std::move(nodes), {}};
}

/// What a holder had goes back to its promise until the window closes; but where nobody pays for
/// the promise, its quota has it back at once.
std::vector<PlannedStarts::Event> PlannedStarts::events_of(Ending ending) {
  std::vector<Event> events;
  if (ending.at == TimePoint::max())
    return events;
  const bool pays_itself = ending.inside == nullptr || ending.inside->spec->payer.empty();
  Event end{ending.at, {}, {}, {}, std::move(ending.nodes), {}};
  Event given_back{ending.at, {}, {}, -virtual_part(ending.beyond_held), {}, {}};
  (pays_itself ? end : given_back).payer = ending.payer;
  (pays_itself ? end : given_back).amounts = -ending.charged;
  if (ending.inside == nullptr)
    end.virtual_amounts = std::move(given_back.virtual_amounts);
  events.push_back(std::move(end));
  if (ending.inside == nullptr)
    return events;
  given_back.at = std::max(ending.at, ending.inside->window.end);
  if (given_back.at != TimePoint::max())
    events.push_back(std::move(given_back));
  return events;
}

} // namespace berth::allocation
