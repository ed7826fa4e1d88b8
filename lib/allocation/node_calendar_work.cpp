// The part of NodeCalendar that reads what runs on a node, and when it goes.

#include <algorithm>
#include <tuple>

#include "lib/allocation/node_calendar.hpp"
#include "lib/allocation/nominations.hpp"

namespace berth::allocation {
namespace {

/// What is left of `wanted` is what the other has not.
std::vector<std::int64_t> take_what_both_have(std::vector<std::int64_t>& wanted,
                                              std::vector<std::int64_t> there) {
  for (std::size_t column = 0; column < there.size(); ++column) {
    there[column] =
        std::clamp<std::int64_t>(there[column], 0, std::max<std::int64_t>(wanted[column], 0));
    wanted[column] -= there[column];
  }
  return there;
}

} // namespace

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
  std::map<NodeIndex, std::vector<std::int64_t>> rows = nominated_rows(snapshot_, nomination);
  ResourceVector total = nomination.total;
  for (const PodUid& victim : nomination.victims) {
    const auto* charge = snapshot_.charges.find(victim);
    if (charge == nullptr || victims_.contains(victim))
      continue;
    VictimShare share{std::max(victims_gone, now_ + kEvictionDrain), end, {}, {}};
    for (const auto& [name, amount] : (*charge)->shape->requests)
      if (const Amount taken = std::min(amount, total.get(name)); taken > Amount{}) {
        share.amounts.set(name, taken);
        total.set(name, total.get(name) - taken);
      }
    share.row.assign(snapshot_.nodes->width(), 0);
    const auto node = snapshot_.nodes->find((*charge)->node.str());
    if (const auto row = node ? rows.find(*node) : rows.end(); row != rows.end())
      share.row = take_what_both_have(row->second, row_of(*(*charge)->shape, (*charge)->devices));
    victims_.emplace(victim, std::move(share));
    read_again(victim);
  }
}

void NodeCalendar::withdraw(const Nomination& nomination) {
  for (const PodUid& victim : nomination.victims)
    if (victims_.erase(victim) > 0)
      read_again(victim);
}

void NodeCalendar::read_again(const PodUid& pod) {
  const auto* charge = snapshot_.charges.find(pod);
  const PodView* view = snapshot_.find_pod(pod);
  const auto node = charge == nullptr ? std::nullopt : snapshot_.nodes->find((*charge)->node.str());
  const auto known = node ? futures_.find(*node) : futures_.end();
  if (view == nullptr || known == futures_.end() || !known->second.is_loaded)
    return;
  std::erase_if(known->second.releases, [&](const Release& each) { return each.pod == pod; });
  std::erase_if(known->second.guests, [&](const Guest& each) { return each.pod == pod; });
  read_pod(*view, **charge, known->second);
}

/// Of holders that have more than was promised, who gives room back to all when it goes: those that
/// go first, until what is left is within the promise again.
void NodeCalendar::note_beyond(ReservationIndex reservation) {
  const OpenReservation& open = holds_.open[reservation];
  if (open.spec->node_count > 0)
    return; // all of a whole node is promised
  const NodeTable& nodes = *snapshot_.nodes;
  std::vector<std::int64_t> over(nodes.width());
  for (std::size_t column = 0; column < nodes.columns().size(); ++column)
    if (is_promised_[reservation][column])
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
    if (const auto* charge = snapshot_.charges.find(key.pod))
      read_pod(*pod, **charge, future);
    return true;
  });
}

void NodeCalendar::read_pod(const PodView& pod, const Charge& charge, Future& future) {
  WorkEnd end = end_on(pod, charge);
  std::vector<std::int64_t> row = row_of(*charge.shape, charge.devices);
  const auto victim = victims_.find(pod.uid);
  const VictimShare* taken = victim == victims_.end() ? nullptr : &victim->second;
  if (taken != nullptr) {
    end = {std::min(end.expected, taken->gone), std::min(end.relied_on, taken->gone)};
    add_rows(row, taken->row, -1);
    if (taken->until != TimePoint::max())
      future.releases.push_back(
          Release{pod.uid, {taken->until, taken->until}, kNoReservation, taken->row, {}});
    if (std::ranges::any_of(taken->row, [](std::int64_t amount) { return amount > 0; }))
      future.busy_until = std::max(future.busy_until, taken->until);
  }
  const auto open = open_.find(charge.reservation);
  const ReservationIndex inside = open == open_.end() ? kNoReservation : open->second;
  if (!charge.quota.empty()) // what every node carries makes none less than whole
    future.busy_until = std::max(future.busy_until, end.relied_on);
  if (is_guest(pod, charge))
    future.guests.push_back(Guest{pod.uid, end, row});
  if (std::min(end.expected, end.relied_on) == TimePoint::max())
    return;
  std::vector<std::int64_t> beyond;
  if (const auto known = beyond_.find(pod.uid); known != beyond_.end()) {
    beyond = known->second;
    std::ranges::transform(beyond, row, beyond.begin(), std::ranges::min);
  }
  future.releases.push_back(Release{pod.uid, end, inside, std::move(row), std::move(beyond)});
}

bool NodeCalendar::is_guest(const PodView& pod, const Charge& charge) const {
  return lends_anything_ && pod.preemptible &&
         preemption_of(snapshot_, policy_, charge.pool).enabled &&
         !policy_.evictions.is_refused(pod.uid, now_) &&
         std::ranges::any_of(holds_.open, [&](const OpenReservation& open) {
           return open.spec->lend_idle && is_lent_inside(pod, open.window);
         });
}

std::vector<NodeCalendar::Departure> NodeCalendar::departures_of(const PodView& pod,
                                                                 const Charge& charge) const {
  const WorkEnd end = end_on(pod, charge);
  const auto victim = victims_.find(pod.uid);
  if (victim == victims_.end())
    return {{end, charge.shape->requests}};
  const VictimShare& taken = victim->second;
  return {{{std::min(end.expected, taken.gone), std::min(end.relied_on, taken.gone)},
           charge.shape->requests - taken.amounts},
          {{taken.until, taken.until}, taken.amounts}};
}

WorkEnd NodeCalendar::end_on(const PodView& pod, const Charge& charge) const {
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
