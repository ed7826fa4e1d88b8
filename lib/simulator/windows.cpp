#include "lib/simulator/windows.hpp"

#include <algorithm>

#include "lib/allocation/holds.hpp"

namespace berth::simulator {

using namespace berth::allocation;

/// The file's order is the order in which they were promised.
Windows::Windows(const Scenario& scenario) : specs_(scenario.reservations) {
  TimePoint created = kScenarioStart - Duration{std::ssize(specs_)};
  for (ReservationSpec& spec : specs_) {
    spec.created = created++;
    positions_.emplace(spec.name, reports_.size());
    reports_.push_back(ReservationReport{spec.name.str(), false, "", 0, 0});
  }
  if (specs_.empty())
    return;
  for (std::size_t i = 0; i < scenario.nodes.size(); ++i)
    nodes_.emplace(scenario.nodes[i].name, i);
}

void Windows::feed(ClusterState& state) const {
  for (const ReservationSpec& spec : specs_)
    state.upsert_reservation(spec);
}

namespace {

std::vector<ReservedPlace> places_in(const OpenReservation& open, const ClusterSnapshot& snapshot) {
  const auto use = snapshot.reservation_use.find(open.spec->name);
  return places_of(open, *snapshot.holds, *snapshot.nodes,
                   use == snapshot.reservation_use.end() ? ReservationUse{} : use->second);
}

Duration since_start(TimePoint at) {
  return at == TimePoint::max() ? Duration::max() : at - kScenarioStart;
}

} // namespace

void Windows::look(const ClusterSnapshot& snapshot, Duration now) {
  if (specs_.empty())
    return;
  for (const OpenReservation& open : snapshot.holds->open) {
    const std::size_t position = positions_.at(open.spec->name);
    const auto [seen, is_first] = seen_.emplace(position, open.window.start);
    if (!is_first && seen->second == open.window.start)
      continue;
    seen->second = open.window.start;
    WindowRecord record{position, now, since_start(open.window.end), false, {}};
    record.is_honored = open.missing.is_nothing() && open.nodes_missing == 0;
    for (const ReservedPlace& place : places_in(open, snapshot))
      record.places.push_back({nodes_.at(place.node), place.amounts.is_nothing(), place.amounts});
    ++reports_[position].windows;
    reports_[position].honored += record.is_honored ? 1 : 0;
    records_.push_back(std::move(record));
  }
}

void Windows::carry_out(const Plan& plan, const ClusterSnapshot& snapshot, ClusterState& state) {
  if (specs_.empty())
    return;
  for (const ReservationDecision& decision : plan.reservations) {
    const std::size_t position = positions_.at(decision.reservation->name);
    ReservationReport& report = reports_[position];
    if (decision.reason == Reason::WindowClosed && !report.answer.empty())
      continue; // why it was refused while it had windows says more
    report.accepted = decision.accepted;
    report.answer = decision.message;
    if (!decision.accepted)
      continue;
    specs_[position].accepted = true;
    specs_[position].places = decision.places;
    state.upsert_reservation(specs_[position]);
  }
  for (const WindowOutlook& window : plan.windows)
    if (snapshot.holds->find(window.reservation->name) == nullptr)
      remember(state, window.reservation->name, window.places);
  for (const OpenReservation& open : snapshot.holds->open)
    remember(state, open.spec->name, places_in(open, snapshot));
}

void Windows::remember(ClusterState& state, const ReservationName& name,
                       std::vector<ReservedPlace> places) {
  ReservationSpec& spec = specs_[positions_.at(name)];
  if (spec.places == places)
    return;
  spec.places = std::move(places);
  state.upsert_reservation(spec);
}

} // namespace berth::simulator
