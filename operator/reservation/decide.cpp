#include "operator/reservation/decide.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/base/timestamp.hpp"
#include "operator/reservation/conditional.hpp"

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

/// Times in the API have whole seconds.
api::NextWindow to_api(const allocation::TimeRange& range) {
  api::NextWindow window;
  window.start = std::chrono::floor<std::chrono::seconds>(range.start);
  if (range.end != TimePoint::max())
    window.end = std::chrono::floor<std::chrono::seconds>(range.end);
  return window;
}

void fill_current_window(const OpenReservation& open, api::ReservationStatus& status) {
  api::CurrentWindow window;
  const api::NextWindow range = to_api(open.window);
  window.start = range.start;
  window.end = range.end;
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

/// Where the promise lies: what the next layout keeps to.
std::vector<allocation::ReservedPlace> places_of(const ObservedReservation& observed,
                                                 const OpenReservation* open,
                                                 const api::ReservationStatus& status) {
  const allocation::ClusterSnapshot& snapshot = *observed.accounts->snapshot;
  const ReservationName& name = observed.spec->name;
  if (open != nullptr) {
    const auto use = snapshot.reservation_use.find(name);
    return allocation::places_of(
        *open, *snapshot.holds, *snapshot.nodes,
        use == snapshot.reservation_use.end() ? allocation::ReservationUse{} : use->second);
  }
  const auto& plan = *observed.plan;
  if (const auto next = plan.windows.find(name); next != plan.windows.end())
    return next->second.places;
  if (const auto asked = plan.reservations.find(name); asked != plan.reservations.end())
    return asked->second.places;
  return status.next_window ? observed.spec->places : std::vector<allocation::ReservedPlace>{};
}

/// What the calendar said to this very spec; nullptr if it was not asked.
const allocation::ReservationDecision* find_decision(const ObservedReservation& observed) {
  const auto found = observed.plan->reservations.find(observed.spec->name);
  if (found == observed.plan->reservations.end() || *found->second.reservation != *observed.spec)
    return nullptr;
  return &found->second;
}

/// A promise that is given stands; any other spec waits for the calendar's answer. A dormant one is
/// promised nothing, and its answer is always today's.
std::optional<api::Condition> accepted_condition(const ObservedReservation& observed) {
  const auto* decision = find_decision(observed);
  const bool stands = observed.spec->accepted && !allocation::is_dormant(*observed.spec);
  if (stands || (decision == nullptr && observed.spec->accepted))
    return *api::find_condition(observed.reservation->status.conditions, "Accepted");
  if (decision == nullptr)
    return std::nullopt;
  api::Condition condition;
  condition.type = "Accepted";
  condition.status = decision->accepted ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.reason = decision->reason;
  condition.message = decision->message;
  return condition;
}

/// How many pods use it.
std::size_t holders_of(const Accounts& accounts, const ReservationName& name) {
  const auto found = accounts.holders.find(name);
  return found == accounts.holders.end() ? 0 : found->second.size();
}

/// When one ends whose end is announced.
std::string until_text(const api::TriggerStatus& trigger) {
  const std::string until = " until " + format_time(*trigger.ends_at);
  return trigger.holds_since
             ? until + "; its trigger holds, and it goes on as far as nobody else was promised that"
             : until + ", or longer if its trigger holds again and nobody else was promised that";
}

/// `trigger`: of a Conditional one, as it stands now.
api::Condition active_condition(const ObservedReservation& observed, const OpenReservation* open,
                                const std::optional<api::TriggerStatus>& trigger, TimePoint now) {
  api::Condition condition;
  condition.type = "Active";
  const auto& meta = observed.reservation->meta;
  if (meta.deleted && holders_of(*observed.accounts, ReservationName{meta.name}) > 0) {
    condition.status = api::ConditionStatus::False;
    condition.reason = Reason::InUse;
    condition.message = "it is deleted and holds nothing any more; its pods run on";
    return condition;
  }
  if (open == nullptr && trigger)
    return why_not_open(observed, *trigger, now);
  condition.status = open != nullptr ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.reason = open != nullptr ? Reason::WindowOpen : Reason::WindowClosed;
  condition.message = open != nullptr ? "the reservation holds its capacity"
                                      : "no window of the reservation is open";
  if (open != nullptr && trigger && trigger->ends_at)
    condition.message += until_text(*trigger);
  return condition;
}

bool is_honored(const OpenReservation& open) {
  return open.missing.is_nothing() && open.nodes_missing == 0;
}

std::string missing_text(const OpenReservation& open) {
  if (open.nodes_missing == 0)
    return to_string(open.missing);
  return std::to_string(open.nodes_missing) + " of " + std::to_string(open.spec->node_count) +
         " whole nodes";
}

api::Condition honored_condition(const OpenReservation& open) {
  api::Condition condition;
  condition.type = "Honored";
  const bool honored = is_honored(open);
  condition.status = honored ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.reason = honored ? Reason::WindowHonored : Reason::WindowMissed;
  condition.message = honored ? "all of the capacity was there when the window opened"
                              : "missing when the window opened: " + missing_text(open);
  return condition;
}

/// A window is judged once, when it is first seen open.
bool is_new_window(const api::ReservationStatus& before, const api::ReservationStatus& now) {
  return !before.current_window || before.current_window->start != now.current_window->start;
}

/// One that cannot be read takes no part in anything, and must say so.
api::ReservationStatus unreadable_status(const ObservedReservation& observed, TimePoint now) {
  const api::Reservation& reservation = *observed.reservation;
  api::ReservationStatus status;
  status.observed_generation = reservation.meta.generation;
  status.conditions = reservation.status.conditions;
  status.holder_count = 0;
  status.windows_honored = reservation.status.windows_honored.value_or(0);
  status.windows_total = reservation.status.windows_total.value_or(0);
  api::Condition accepted;
  accepted.type = "Accepted";
  accepted.status = api::ConditionStatus::False;
  accepted.reason = Reason::InvalidSchedule;
  accepted.message = observed.spec.error().message;
  for (auto condition : {accepted, active_condition(observed, nullptr, std::nullopt, now)}) {
    condition.observed_generation = reservation.meta.generation;
    api::set_condition(status.conditions, std::move(condition), now);
  }
  return status;
}

} // namespace

std::optional<api::ReservationStatus> decide_reservation_status(const ObservedReservation& observed,
                                                                TimePoint now) {
  if (!observed.spec)
    return unreadable_status(observed, now);
  const api::Reservation& reservation = *observed.reservation;
  const ReservationName name{reservation.meta.name};
  const ReservationSpec* spec = find_spec(*observed.accounts->snapshot, name);
  auto accepted = accepted_condition(observed);
  if (spec == nullptr || *spec != *observed.spec || !accepted)
    return std::nullopt;
  const OpenReservation* open = observed.accounts->snapshot->holds->find(name);
  const api::ReservationStatus& before = reservation.status;

  api::ReservationStatus status;
  status.observed_generation = reservation.meta.generation;
  status.conditions = before.conditions;
  status.windows_honored = before.windows_honored.value_or(0);
  status.windows_total = before.windows_total.value_or(0);
  status.trigger = decide_trigger(observed, find_decision(observed), now);
  std::vector<api::Condition> conditions{std::move(*accepted),
                                         active_condition(observed, open, status.trigger, now)};
  if (status.trigger == api::TriggerStatus{})
    status.trigger.reset(); // nothing was measured yet
  if (const auto next = allocation::next_window(*spec, now); spec->accepted && next)
    status.next_window = to_api(*next);
  if (const auto* decision = find_decision(observed); decision != nullptr && decision->next_start)
    status.next_possible_start = std::chrono::ceil<std::chrono::seconds>(*decision->next_start);
  fill_holders(*observed.accounts, name, status);
  status.places = places_of(observed, open, status);
  if (open != nullptr) {
    fill_current_window(*open, status);
    if (is_new_window(before, status)) {
      conditions.push_back(honored_condition(*open));
      status.windows_total = *status.windows_total + 1;
      status.windows_honored = *status.windows_honored + (is_honored(*open) ? 1 : 0);
    }
  }
  for (auto& condition : conditions) {
    condition.observed_generation = reservation.meta.generation;
    api::set_condition(status.conditions, std::move(condition), now);
  }
  return status;
}

std::string describe_move(const api::ReservationStatus& before, const api::ReservationStatus& now) {
  // In an open window the promise also follows its holders.
  if (before.current_window || now.current_window || before.next_window != now.next_window)
    return {};
  std::vector<NodeName> left;
  for (const allocation::ReservedPlace& place : before.places) {
    const auto still = std::ranges::find(now.places, place.node, &allocation::ReservedPlace::node);
    if (still == now.places.end() || place.amounts.empty() != still->amounts.empty() ||
        !place.amounts.fits_within(still->amounts))
      left.push_back(place.node);
  }
  if (left.empty())
    return {};
  const std::string others =
      left.size() == 1 ? "" : " and " + std::to_string(left.size() - 1) + " more";
  return "node " + left.front().str() + others +
         " cannot carry any more what was promised there; it was laid anew where there is room";
}

std::optional<std::vector<std::string>> decide_finalizers(const ObservedReservation& observed) {
  const api::Reservation& reservation = *observed.reservation;
  std::vector<std::string> finalizers = reservation.meta.finalizers;
  const auto ours = std::ranges::find(finalizers, api::kInUseFinalizer);
  const bool is_there = ours != finalizers.end();
  const bool is_wanted = reservation.spec.deletion_policy == api::DeletionPolicy::Block &&
                         holders_of(*observed.accounts, ReservationName{reservation.meta.name}) > 0;
  if (is_there == is_wanted || (is_wanted && reservation.meta.deleted))
    return std::nullopt;
  if (is_wanted)
    finalizers.emplace_back(api::kInUseFinalizer);
  else
    finalizers.erase(ours);
  return finalizers;
}

} // namespace berth::op
