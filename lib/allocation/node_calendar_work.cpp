// The part of NodeCalendar that reads what runs on a node, and when it goes.

#include <algorithm>
#include <tuple>

#include "lib/allocation/node_calendar.hpp"

namespace berth::allocation {

void NodeCalendar::release(NodeIndex node, const WorkEnd& end, Arriving pod) {
  Future& future = loaded(node);
  future.busy_until = std::max(future.busy_until, end.relied_on);
  if (pod.viewer.horizon.is_revocable)
    future.guests.push_back(Guest{{}, end, pod.amounts});
  if (std::min(end.expected, end.relied_on) != TimePoint::max())
    future.releases.push_back(
        Release{{}, end, pod.viewer.reservation, std::move(pod.amounts), std::move(pod.beyond)});
}

void NodeCalendar::nominate(const Nomination& nomination, TimePoint victims_gone) {
  const TimePoint end = end_if_started(nomination.pods, victims_gone).relied_on;
  nominee_ends_.push_back(end);
  for (const PodUid& victim : nomination.victims) {
    TimePoint& until = victim_ends_.try_emplace(victim, end).first->second;
    until = std::max(until, end);
    if (const auto* charge = snapshot_.charges.find(victim))
      if (const auto node = snapshot_.nodes->find((*charge)->node.str()))
        keep_charged(*node, victim, **charge);
  }
}

/// What was read already: a victim's room is the preemptor's.
void NodeCalendar::keep_charged(NodeIndex node, const PodUid& victim, const Charge& charge) {
  const auto known = futures_.find(node);
  if (known == futures_.end() || !known->second.is_loaded)
    return;
  Future& future = known->second;
  const TimePoint until = victim_ends_.at(victim);
  std::erase_if(future.releases, [&](const Release& release) { return release.pod == victim; });
  future.busy_until = std::max(future.busy_until, until);
  if (until != TimePoint::max())
    future.releases.push_back(
        Release{victim, {until, until}, kNoReservation, row_of(*charge.shape, charge.devices), {}});
}

/// Of holders that have more than was promised, who gives room back to all when it goes: those that
/// go first, until what is left is within the promise again.
void NodeCalendar::note_beyond(const OpenReservation& open) {
  const NodeTable& nodes = *snapshot_.nodes;
  std::vector<std::int64_t> over(nodes.width());
  for (std::size_t column = 0; column < nodes.columns().size(); ++column)
    over[column] = (open.used - open.spec->amounts).get(nodes.columns()[column]).value();
  const auto use = snapshot_.reservation_use.find(open.spec->name);
  if (use == snapshot_.reservation_use.end() ||
      std::ranges::none_of(over, [](std::int64_t amount) { return amount > 0; }))
    return;
  std::vector<std::tuple<TimePoint, PodUid, std::vector<std::int64_t>>> holders;
  for (const auto& [node, there] : use->second.on_nodes)
    snapshot_.on_nodes.for_each_from({node, PodUid{}}, [&](const NodePod& key, const auto& pod) {
      const auto* charge = key.node == node ? snapshot_.charges.find(key.pod) : nullptr;
      if (charge != nullptr && (*charge)->reservation == open.spec->name)
        holders.emplace_back(planned_end(end_on(*pod, **charge), now_), key.pod,
                             row_of(*(*charge)->shape, (*charge)->devices));
      return key.node == node;
    });
  std::ranges::sort(holders);
  for (auto& [end, pod, row] : holders) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      row[column] = std::clamp<std::int64_t>(over[column], 0, row[column]);
      over[column] -= row[column];
    }
    beyond_.emplace(pod, std::move(row));
  }
}

NodeCalendar::Future& NodeCalendar::loaded(NodeIndex node) {
  Future& future = futures_[node];
  if (!future.is_loaded) {
    future.is_loaded = true;
    read_work(node, future);
  }
  return future;
}

void NodeCalendar::read_work(NodeIndex node, Future& future) {
  const NodeName& name = snapshot_.nodes->node(node).view.name;
  snapshot_.on_nodes.for_each_from({name, PodUid{}}, [&](const NodePod& key, const auto& pod) {
    if (key.node != name)
      return false;
    const auto* charge = snapshot_.charges.find(key.pod);
    if (charge == nullptr)
      return true;
    const WorkEnd end = end_on(*pod, **charge);
    const auto open = open_.find((*charge)->reservation);
    const ReservationIndex inside = open == open_.end() ? kNoReservation : open->second;
    if (!(*charge)->quota.empty()) // what every node carries makes none less than whole
      future.busy_until = std::max(future.busy_until, end.relied_on);
    if (std::min(end.expected, end.relied_on) != TimePoint::max()) {
      const auto beyond = beyond_.find(key.pod);
      future.releases.push_back(
          Release{key.pod, end, inside, row_of(*(*charge)->shape, (*charge)->devices),
                  beyond == beyond_.end() ? std::vector<std::int64_t>{} : beyond->second});
    }
    if (is_guest(*pod))
      future.guests.push_back(Guest{key.pod, end, row_of(*(*charge)->shape, (*charge)->devices)});
    return true;
  });
}

bool NodeCalendar::is_guest(const PodView& pod) const {
  return lends_anything_ && std::ranges::any_of(holds_.open, [&](const OpenReservation& open) {
           return open.spec->lend_idle && is_lent_inside(pod, open.window);
         });
}

WorkEnd NodeCalendar::end_on(const PodView& pod, const Charge& charge) const {
  if (const auto claimed = victim_ends_.find(pod.uid); claimed != victim_ends_.end())
    return {claimed->second, claimed->second}; // its room is the preemptor's until then
  const WorkEnd end = end_of(pod, now_);
  const auto open = open_.find(charge.reservation);
  return open == open_.end() ? end : ends_with_window(end, holds_.open[open->second]);
}

std::vector<std::int64_t> NodeCalendar::row_of(const PodShape& shape, const DeviceList& devices) {
  auto request = requests_.find(&shape);
  if (request == requests_.end())
    request = requests_.emplace(&shape, to_columns(shape.requests, *snapshot_.nodes)).first;
  std::vector<std::int64_t> row(snapshot_.nodes->width());
  add_to_row(row, request->second, devices);
  return row;
}

} // namespace berth::allocation
