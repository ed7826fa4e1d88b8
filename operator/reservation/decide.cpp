#include "operator/reservation/decide.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/base/timestamp.hpp"

namespace berth::op {
namespace {

using allocation::OpenReservation;
using allocation::ReservationSpec;

/// The schema bounds status.holders.
constexpr std::size_t kHoldersMax = 256;

const ReservationSpec* find_spec(const allocation::ClusterSnapshot& snapshot,
                                 const ReservationName& name) {
  const auto found = std::find_if(snapshot.reservations.begin(), snapshot.reservations.end(),
                                  [&](const auto& candidate) { return candidate->name == name; });
  return found == snapshot.reservations.end() ? nullptr : found->get();
}

/// The capacity that an open reservation really has: what is promised less what is missing.
resources::ResourceVector held_amounts(const OpenReservation& open) {
  return open.used + open.unfilled - open.missing;
}

void fill_current_window(const OpenReservation& open, api::ReservationStatus& status) {
  api::CurrentWindow window;
  window.start = std::chrono::floor<std::chrono::seconds>(open.window.start);
  if (open.window.end != TimePoint::max())
    window.end = std::chrono::floor<std::chrono::seconds>(open.window.end);
  window.held = held_amounts(open);
  window.used = open.used;
  status.current_window = window;
}

void fill_holders(const Accounts& accounts, const ReservationName& name,
                  api::ReservationStatus& status) {
  status.holder_count = 0;
  const auto found = accounts.holders.find(name);
  if (found == accounts.holders.end())
    return;
  const auto& pods = found->second;
  status.holder_count = static_cast<std::int32_t>(pods.size());
  for (std::size_t i = 0; i < std::min(pods.size(), kHoldersMax); ++i) {
    auto& holder = status.holders.emplace_back();
    const auto& pod = *pods[i];
    holder.workload = {pod.uid.str(), api::WorkloadKind::Pod, pod.namespace_name, pod.name};
    holder.since = pod.started;
  }
}

api::Condition accepted_condition(const ObservedReservation& observed) {
  api::Condition condition;
  condition.type = "Accepted";
  const auto decision =
      observed.plan->reservations.find(ReservationName{observed.reservation->meta.name});
  if (decision == observed.plan->reservations.end()) {
    const auto* known = api::find_condition(observed.reservation->status.conditions, "Accepted");
    if (known != nullptr)
      return *known;
    condition.status = api::ConditionStatus::Unknown;
    condition.reason = Reason::CachesNotSynced;
    condition.message = "the calendar has not been asked yet";
    return condition;
  }
  condition.status =
      decision->second.accepted ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.reason = decision->second.reason;
  condition.message = decision->second.message;
  return condition;
}

api::Condition active_condition(const OpenReservation* open) {
  api::Condition condition;
  condition.type = "Active";
  condition.status = open != nullptr ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.reason = open != nullptr ? Reason::WindowOpen : Reason::WindowClosed;
  condition.message = open != nullptr ? "the reservation holds its capacity"
                                      : "no window of the reservation is open";
  return condition;
}

api::Condition honored_condition(const OpenReservation& open) {
  api::Condition condition;
  condition.type = "Honored";
  const bool honored = open.missing.is_nothing();
  condition.status = honored ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.reason = honored ? Reason::WindowHonored : Reason::WindowMissed;
  condition.message = honored ? "all of the capacity was there when the window opened"
                              : "missing when the window opened: " + to_string(open.missing);
  return condition;
}

/// A window is judged once, when it is first seen open.
bool is_new_window(const api::ReservationStatus& before, const api::ReservationStatus& now) {
  return !before.current_window || before.current_window->start != now.current_window->start;
}

} // namespace

std::optional<api::ReservationStatus> decide_reservation_status(const ObservedReservation& observed,
                                                                TimePoint now) {
  const api::Reservation& reservation = *observed.reservation;
  const ReservationName name{reservation.meta.name};
  const ReservationSpec* spec = find_spec(*observed.accounts->snapshot, name);
  if (spec == nullptr)
    return std::nullopt;
  const OpenReservation* open = observed.accounts->snapshot->holds->find(name);
  const api::ReservationStatus& before = reservation.status;

  api::ReservationStatus status;
  status.observed_generation = reservation.meta.generation;
  status.conditions = before.conditions;
  status.windows_honored = before.windows_honored.value_or(0);
  status.windows_total = before.windows_total.value_or(0);
  std::vector<api::Condition> conditions{accepted_condition(observed), active_condition(open)};
  if (const auto next = allocation::next_window(*spec, now); spec->accepted && next)
    status.next_window = api::NextWindow{std::chrono::floor<std::chrono::seconds>(next->start),
                                         std::chrono::floor<std::chrono::seconds>(next->end)};
  const auto decision = observed.plan->reservations.find(name);
  if (decision != observed.plan->reservations.end() && decision->second.next_start)
    status.next_possible_start =
        std::chrono::ceil<std::chrono::seconds>(*decision->second.next_start);
  fill_holders(*observed.accounts, name, status);
  if (open != nullptr) {
    fill_current_window(*open, status);
    if (is_new_window(before, status)) {
      conditions.push_back(honored_condition(*open));
      status.windows_total = *status.windows_total + 1;
      status.windows_honored = *status.windows_honored + (open->missing.is_nothing() ? 1 : 0);
    }
  }
  for (auto& condition : conditions) {
    condition.observed_generation = reservation.meta.generation;
    api::set_condition(status.conditions, std::move(condition), now);
  }
  return status;
}

} // namespace berth::op
