#include "operator/reservation/conditional.hpp"

#include <algorithm>
#include <string>

#include "lib/api/to_allocation.hpp"
#include "lib/base/timestamp.hpp"
#include "operator/reservation/metric_reader.hpp"

namespace berth::op {
namespace {

using allocation::TriggerReading;
using allocation::TriggerState;

/// Times in the API have whole seconds; nothing opens or ends early.
std::optional<TimePoint> whole_seconds(const std::optional<TimePoint>& time) {
  return time ? std::optional<TimePoint>(std::chrono::ceil<std::chrono::seconds>(*time))
              : std::nullopt;
}

std::optional<TriggerReading> reading_of(const ObservedReservation& observed) {
  if (!observed.measured || !*observed.measured)
    return std::nullopt;
  return TriggerReading{(*observed.measured)->at, (*observed.measured)->holds};
}

/// Of another spec it is not known since when what is compared now holds.
TriggerState state_of(const ObservedReservation& observed) {
  const auto& [meta, spec, status] = *observed.reservation;
  TriggerState state = status.trigger ? api::to_allocation(*status.trigger) : TriggerState{};
  if (status.observed_generation != meta.generation)
    state.holds_since.reset();
  return state;
}

bool is_conditional(const api::Reservation& reservation) {
  return reservation.spec.kind == api::ReservationKind::Conditional && reservation.spec.trigger;
}

} // namespace

std::optional<api::TriggerStatus> decide_trigger(const ObservedReservation& observed,
                                                 const allocation::ReservationDecision* answer,
                                                 TimePoint now) {
  const api::Reservation& reservation = *observed.reservation;
  if (!is_conditional(reservation))
    return std::nullopt;
  const TriggerState before = state_of(observed);
  allocation::TriggerQuestion question{reading_of(observed), std::nullopt, now};
  const bool is_accepted = api::is_true(reservation.status.conditions, "Accepted");
  if (is_accepted && answer != nullptr && answer->accepted && !reservation.meta.deleted) {
    question.opens_after = answer->opens_after;
    question.lasts_until = answer->lasts_until;
  }
  const TriggerState state =
      allocation::advance(api::to_allocation(*reservation.spec.trigger), before, question);
  api::TriggerStatus status = reservation.status.trigger.value_or(api::TriggerStatus{});
  if (question.reading && state.measured_at == question.reading->at)
    status.value = (*observed.measured)->value;
  status.measured_at = state.measured_at;
  status.holds_since = state.holds_since;
  status.opens_at = whole_seconds(state.opens_at);
  status.ends_at = whole_seconds(state.ends_at);
  return status;
}

api::Condition why_not_open(const ObservedReservation& observed, const api::TriggerStatus& status,
                            TimePoint now) {
  api::Condition condition;
  condition.type = "Active";
  condition.status = api::ConditionStatus::False;
  const auto because = [&](Reason reason, std::string message) {
    condition.reason = reason;
    condition.message = std::move(message);
    return condition;
  };
  if (status.opens_at)
    return because(Reason::TriggerHolds,
                   "its trigger holds; it opens at " + format_time(*status.opens_at) +
                       ", when work that runs on its capacity had its notice");
  if (!allocation::is_known(api::to_allocation(status), reading_of(observed), now))
    return because(Reason::TriggerUnknown,
                   observed.measured && !*observed.measured
                       ? observed.measured->error().message
                       : "what its trigger compares was not measured in the last 5 minutes");
  if (!status.holds_since)
    return because(Reason::TriggerNotMet, "its trigger does not hold");
  if (!api::is_true(observed.reservation->status.conditions, "Accepted"))
    return because(Reason::CalendarFull, "its trigger holds since " +
                                             format_time(*status.holds_since) +
                                             ", but it is not accepted");
  const auto needed = std::chrono::duration_cast<std::chrono::seconds>(
      observed.reservation->spec.trigger->for_at_least);
  return because(Reason::TriggerNotMet, "its trigger holds since " +
                                            format_time(*status.holds_since) + "; it has to for " +
                                            std::to_string(needed.count()) + " s");
}

TimePoint next_trigger_look(const ObservedReservation& observed, TimePoint now) {
  const api::Reservation& reservation = *observed.reservation;
  if (!is_conditional(reservation))
    return TimePoint::max();
  const TimePoint next = allocation::next_change(state_of(observed), reading_of(observed), now);
  return reservation.spec.trigger->metric ? std::min(next, now + kMetricReadInterval) : next;
}

} // namespace berth::op
