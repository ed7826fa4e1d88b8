#include "lib/allocation/node_calendar.hpp"

#include <algorithm>

#include "lib/allocation/nominations.hpp"

namespace berth::allocation {
namespace {

/// Just past the last start before `until`: what is before `until` is before it too.
TimePoint last_before(const std::set<TimePoint>& starts, TimePoint until) {
  const auto after = starts.lower_bound(until);
  return after == starts.begin() ? TimePoint::min() : *std::prev(after) + Duration{1};
}

/// The columns of a node in which the reservation holds something.
std::vector<bool> promised_columns(const ReservationSpec& spec, const NodeTable& nodes) {
  std::vector<bool> is_promised(nodes.width(), spec.node_count > 0);
  for (std::size_t column = 0; column < nodes.columns().size(); ++column)
    if (spec.amounts.get(nodes.columns()[column]) > Amount{})
      is_promised[column] = true;
  if (!device_ask(spec.amounts).is_nothing())
    std::fill(is_promised.begin() + std::ssize(nodes.columns()), is_promised.end(), true);
  return is_promised;
}

bool is_gone(const NodePicture& picture, const PodUid& pod) {
  return !pod.empty() && std::ranges::find(picture.gone, pod) != picture.gone.end();
}

} // namespace

NodeCalendar::NodeCalendar(const ClusterSnapshot& snapshot, const Policy& policy,
                           const Holds& holds, TimePoint now)
    : snapshot_(snapshot), policy_(policy), holds_(holds), now_(now) {
  for (ReservationIndex i = 0; i < holds.open.size(); ++i) {
    open_.emplace(holds.open[i].spec->name, i);
    is_promised_.push_back(promised_columns(*holds.open[i].spec, *snapshot.nodes));
  }
  for (const Nomination& nomination : holds.nominations)
    nominate(nomination, victims_gone_at(snapshot, nomination, now));
  for (ReservationIndex i = 0; i < holds.open.size(); ++i)
    note_beyond(i);
  for (const auto& pool : snapshot.pools)
    if (pool->is_in_burst(snapshot.as_of)) { // whose room is gone when it ends
      window_starts_.insert(pool->burst->period.end);
      starts_.insert(pool->burst->period.end);
    }
  lends_anything_ = std::any_of(holds.open.begin(), holds.open.end(),
                                [](const auto& open) { return open.spec->lend_idle; });
}

void NodeCalendar::promise(NodeIndex node, Promise promise) {
  starts_.insert(promise.range.start);
  if (!promise.is_planned())
    window_starts_.insert(promise.range.start);
  lends_anything_ = lends_anything_ || promise.is_lendable;
  futures_[node].promises.push_back(std::move(promise));
}

void NodeCalendar::keep(NodeIndex node, ReservationIndex reservation,
                        std::span<const std::int64_t> amounts, int sign) {
  add_rows(kept_.try_emplace({node, reservation}, amounts.size()).first->second, amounts, sign);
}

std::span<const std::int64_t> NodeCalendar::kept(NodeIndex node,
                                                 ReservationIndex reservation) const {
  const auto kept = kept_.find({node, reservation});
  return kept == kept_.end() ? std::span<const std::int64_t>{} : kept->second;
}

bool NodeCalendar::keeps_on(NodeIndex node) const {
  const auto first = kept_.lower_bound({node, 0});
  return first != kept_.end() && first->first.first == node;
}

void NodeCalendar::add_held(NodeIndex node, const Viewer& viewer, const NodePicture& picture,
                            std::vector<std::int64_t>& row) {
  add_held_at({now_, By::Expected, node, viewer, picture}, row);
}

void NodeCalendar::add_held_at(const Question& question, std::vector<std::int64_t>& row) {
  const Viewer& viewer = question.viewer;
  const auto is_lent_by = [&](ReservationIndex reservation) {
    return viewer.horizon.is_revocable && reservation != viewer.reservation && lends(reservation);
  };
  bool lends_to_others = false;
  for (const NodeHold& hold : question.picture.holds)
    if (hold.reservation == viewer.reservation || is_lent_by(hold.reservation) ||
        !is_open_at(hold.reservation, question.at))
      continue;
    else if (lends(hold.reservation))
      lends_to_others = true;
    else
      add_rows(row, hold.amounts, 1);
  if (lends_to_others)
    add_lent(question, row);
  for (auto kept = kept_.lower_bound({question.node, 0});
       kept != kept_.end() && kept->first.first == question.node; ++kept)
    if (const ReservationIndex reservation = kept->first.second;
        (reservation == viewer.reservation || is_lent_by(reservation)) &&
        is_open_at(reservation, question.at))
      add_rows(row, kept->second, 1);
}

/// What is promised and lent at once counts once.
void NodeCalendar::add_lent(const Question& question, std::vector<std::int64_t>& row) {
  lent_.assign(row.size(), 0);
  for (const NodeHold& hold : question.picture.holds)
    if (hold.reservation != question.viewer.reservation && lends(hold.reservation) &&
        is_open_at(hold.reservation, question.at))
      add_rows(lent_, hold.amounts, 1);
  for (const Guest& guest : loaded(question.node).guests)
    if (!is_gone(question.picture, guest.pod) && end_by(question.by, guest.end) > question.at)
      add_rows(lent_, guest.amounts, -1);
  for (std::size_t column = 0; column < row.size(); ++column)
    row[column] += std::max<std::int64_t>(lent_[column], 0);
}

TimePoint NodeCalendar::end_by(By by, const WorkEnd& end) const {
  return by == By::ReliedOn ? end.relied_on : planned_end(end, now_);
}

TimePoint NodeCalendar::lent_until(NodeIndex node, const Viewer& viewer,
                                   std::span<const NodeHold> holds) const {
  TimePoint until = TimePoint::max();
  for (const NodeHold& hold : holds)
    if (hold.reservation != viewer.reservation && lends(hold.reservation))
      until = now_;
  if (const auto future = futures_.find(node); future != futures_.end())
    for (const Promise& promise : future->second.promises)
      if (promise.is_lendable && promise.range.start < viewer.horizon.relied_until)
        until = std::min(until, promise.range.start);
  return until;
}

std::span<const Promise> NodeCalendar::promises_on(NodeIndex node) const {
  const auto future = futures_.find(node);
  return future == futures_.end() ? std::span<const Promise>{} : future->second.promises;
}

void NodeCalendar::hold_ahead(NodeIndex node, const Viewer& viewer, const NodePicture& picture,
                              std::vector<std::int64_t>& held) {
  const auto ends = burst_end(node);
  const bool outlasts_burst =
      ends && *ends < viewer.horizon.relied_until &&
      std::ranges::any_of(
          picture.holds, [&](const NodeHold& hold) { return is_open_at(hold.reservation, *ends); });
  if (!has_promises(node) && !outlasts_burst)
    return;
  const Future& future = loaded(node);
  if (outlasts_burst)
    raise(future, {*ends, By::ReliedOn, node, viewer, picture}, held);
  for (const Promise& promise : future.promises) {
    const TimePoint at = promise.range.start;
    if (!promise.is_planned() && at < viewer.horizon.relied_until)
      raise(future, {at, By::ReliedOn, node, viewer, picture}, held);
    if (at < viewer.horizon.expected_until)
      raise(future, {at, By::Expected, node, viewer, picture}, held);
  }
}

void NodeCalendar::hold_from(NodeIndex node, TimePoint start, const Viewer& viewer,
                             std::span<const NodeHold> holds, std::vector<std::int64_t>& held) {
  const Future& future = loaded(node);
  const NodePicture picture{holds, {}};
  raise(future, {start, By::Expected, node, viewer, picture}, held);
  for (const Promise& promise : future.promises) {
    const TimePoint until =
        promise.is_planned() ? viewer.horizon.expected_until
                             : std::max(viewer.horizon.relied_until, viewer.horizon.expected_until);
    if (start < promise.range.start && promise.range.start < until)
      raise(future, {promise.range.start, By::Expected, node, viewer, picture}, held);
  }
}

void NodeCalendar::hold_during(NodeIndex node, TimeRange window, std::span<const NodeHold> holds,
                               std::vector<std::int64_t>& held) {
  const Future& future = loaded(node);
  const Viewer viewer;
  const NodePicture picture{holds, {}};
  raise(future, {window.start, By::ReliedOn, node, viewer, picture}, held);
  if (const auto ends = burst_end(node); ends && window.contains(*ends))
    raise(future, {*ends, By::ReliedOn, node, viewer, picture}, held);
  for (const Promise& promise : future.promises)
    if (window.contains(promise.range.start))
      raise(future, {promise.range.start, By::ReliedOn, node, viewer, picture}, held);
}

bool NodeCalendar::is_whole(NodeIndex node, TimeRange window, std::span<const NodeHold> holds) {
  const Future& future = loaded(node);
  return future.busy_until <= window.start &&
         std::none_of(future.promises.begin(), future.promises.end(),
                      [&](const Promise& promise) { return promise.range.overlaps(window); }) &&
         std::none_of(holds.begin(), holds.end(), [&](const NodeHold& hold) {
           return is_open_at(hold.reservation, window.start);
         });
}

/// What others have at that instant beyond what is charged now.
void NodeCalendar::raise(const Future& future, const Question& question,
                         std::vector<std::int64_t>& held) {
  const Viewer& viewer = question.viewer;
  row_.assign(held.size(), 0);
  add_held_at(question, row_);
  for (const Promise& promise : future.promises) {
    const bool is_ours =
        promise.reservation != kNoReservation && promise.reservation == viewer.reservation;
    const bool is_own_plan = promise.is_planned() && promise.plan == viewer.horizon.own_plan;
    if (promise.range.contains(question.at) && !is_ours && !is_own_plan &&
        !(viewer.horizon.is_revocable && promise.is_lendable) &&
        !(promise.is_planned() && question.by == By::ReliedOn))
      add_rows(row_, promise.amounts, 1);
  }
  if (const auto ends = burst_end(question.node); ends && *ends <= question.at)
    add_rows(row_, snapshot_.nodes->from_burst(question.node), 1);
  for (const Release& release : future.releases) {
    if (is_gone(question.picture, release.pod))
      continue;
    if (end_by(question.by, release.end) > question.at)
      continue;
    // What a holder leaves in its window goes back to the reservation, which stands there then; but
    // for what that does not promise, or not so much of.
    const bool goes_back =
        release.reservation != kNoReservation && is_open_at(release.reservation, question.at);
    for (std::size_t column = 0; column < row_.size(); ++column)
      if (!goes_back || !is_promised_[release.reservation][column])
        row_[column] -= release.amounts[column];
      else if (!release.beyond.empty())
        row_[column] -= release.beyond[column];
  }
  for (std::size_t column = 0; column < held.size(); ++column)
    held[column] = std::max(held[column], row_[column]);
}

std::optional<TimePoint> NodeCalendar::burst_end(NodeIndex node) const {
  const PooledNode& there = snapshot_.nodes->node(node);
  return there.is_in_burst() ? std::optional(there.burst_ends) : std::nullopt;
}

/// What is nominated is held until the nominee could be done: a window that it lets pass keeps its
/// nodes.
bool NodeCalendar::is_open_at(ReservationIndex reservation, TimePoint instant) const {
  if (reservation >= kFirstNomination && reservation - kFirstNomination < nominee_ends_.size())
    return nominee_ends_[reservation - kFirstNomination] > instant;
  return reservation >= holds_.open.size() || holds_.open[reservation].window.end > instant;
}

bool NodeCalendar::lends(ReservationIndex reservation) const {
  return reservation < holds_.open.size() && holds_.open[reservation].spec->lend_idle;
}

Horizon NodeCalendar::canonical(const Horizon& horizon) const {
  return Horizon{last_before(window_starts_, horizon.relied_until),
                 last_before(starts_, horizon.expected_until), horizon.is_revocable,
                 horizon.own_plan};
}

WorkEnd ends_with_window(WorkEnd end, const OpenReservation& open) {
  if (open.spec->overrun == Overrun::Evict) {
    end.expected = std::min(end.expected, open.window.end);
    end.relied_on = std::min(end.relied_on, open.window.end);
  }
  return end;
}

} // namespace berth::allocation
