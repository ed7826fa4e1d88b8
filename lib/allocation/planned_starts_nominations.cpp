// The part of PlannedStarts that knows what is held for preemptors (P3): from now until they would
// be done. What their victims are charged stays with them for as long.

#include "lib/allocation/planned_starts.hpp"

namespace berth::allocation {

void PlannedStarts::read_nominations(const PoolName& pool, Timeline& timeline) const {
  const auto& nominated = input_.headroom.nominated();
  for (std::size_t number = 0; number < nominated.size(); ++number) {
    if (nominated[number].pool != pool)
      continue;
    if (!let_go_.contains(number))
      timeline.virtual_left -= nominated[number].virtual_amounts;
    if (Event end = end_of_nomination(number); end.at > input_.now && end.at != TimePoint::max())
      timeline.events.push_back(std::move(end));
  }
}

PlannedStarts::Event PlannedStarts::end_of_nomination(std::size_t number) const {
  const NodeOverlay& overlay = input_.placer.overlay();
  Event end;
  end.at = overlay.calendar()->nominated_until(number);
  end.nodes = overlay.held_nodes(static_cast<ReservationIndex>(kFirstNomination + number));
  end.nomination = number;
  return end;
}

void PlannedStarts::note_nominated(const Nomination& nomination) {
  const std::size_t number = input_.headroom.nominated().size() - 1;
  change_held(number, 1);
  const auto timeline = timelines_.find(nomination.pool);
  if (timeline == timelines_.end() || !timeline->second.is_read)
    return; // the calendar tells when it is read
  if (Event end = end_of_nomination(number); end.at != TimePoint::max())
    insert(nomination.pool, std::move(end));
  tell_ends(nomination);
}

/// Charges what its victims give back, each when it does, or takes that back (`sign` -1).
void PlannedStarts::change_ends(const Nomination& nomination, int sign) {
  const auto timeline = timelines_.find(nomination.pool);
  if (timeline == timelines_.end() || !timeline->second.is_read)
    return; // the calendar tells when it is read
  for (const PodUid& victim : nomination.victims) {
    const PodView* pod = input_.snapshot.find_pod(victim);
    const auto* charge = input_.snapshot.charges.find(victim);
    if (pod == nullptr || charge == nullptr || (*charge)->pool != nomination.pool)
      continue;
    const auto node = input_.snapshot.nodes->find((*charge)->node.str());
    for (Event& event :
         ends_of(*pod, **charge, node ? std::vector{*node} : std::vector<NodeIndex>{})) {
      if (sign > 0) {
        event.amounts = -event.amounts;
        event.virtual_amounts = -event.virtual_amounts;
      }
      insert_for_all(nomination.pool, event);
    }
  }
}

void PlannedStarts::let_go(std::size_t nomination) {
  if (let_go_.contains(nomination))
    return;
  change_held(nomination, -1);
  let_go_.insert(nomination);
}

void PlannedStarts::hold_again(std::size_t nomination) {
  if (let_go_.erase(nomination) > 0)
    change_held(nomination, 1);
}

/// In all that was looked up already.
void PlannedStarts::change_held(std::size_t nomination, int sign) {
  const Headroom::Nominated& held = input_.headroom.nominated()[nomination];
  const TimePoint until = input_.placer.overlay().calendar()->nominated_until(nomination);
  const auto change = [&](QuotaBalance& balance) {
    if (sign > 0)
      balance.take_again(held.quota);
    else
      balance.give_back(held.quota);
  };
  const auto change_virtual = [&](ResourceVector& left) {
    if (sign > 0)
      left -= held.virtual_amounts;
    else
      left += held.virtual_amounts;
  };
  if (has_balance_)
    change(balance_);
  if (const auto timeline = timelines_.find(held.pool);
      timeline != timelines_.end() && timeline->second.is_read)
    change_virtual(timeline->second.virtual_left);
  for (Moment& moment : moments_)
    if (moment.at < until) {
      change(moment.balance);
      if (moment.pool == held.pool)
        change_virtual(moment.virtual_left);
    }
  walks_.clear();
}

void PlannedStarts::insert_for_all(const PoolName& pool, const Event& event) {
  for (Moment& moment : moments_)
    if (moment.pool == pool && event.at <= moment.at)
      pass(event, pool, moment.balance, moment.virtual_left);
  insert(pool, event);
}

} // namespace berth::allocation
