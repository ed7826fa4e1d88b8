#include "lib/allocation/trigger.hpp"

#include <algorithm>

#include "lib/allocation/pressure.hpp"

namespace berth::allocation {
namespace {

/// Until when it is known to have held, at most.
TimePoint held_until(const TriggerState& state, TimePoint now) {
  return state.measured_at ? std::min(now, *state.measured_at + kMeasurementAgeMax) : now;
}

/// An older reading than one that counted is no news; a clock that was set back is not believed.
bool is_news(const TriggerReading& reading, const TriggerState& state, TimePoint now) {
  return !state.measured_at || reading.at >= *state.measured_at ||
         !speaks_for(*state.measured_at, now);
}

/// Whether the time that it has to hold goes on with this reading.
bool goes_on(const TriggerReading& reading, const TriggerState& state) {
  return state.holds_since && state.measured_at && reading.at >= *state.holds_since &&
         reading.at >= *state.measured_at && reading.at - *state.measured_at <= kMeasurementAgeMax;
}

void stop_holding(TriggerState& state, TimePoint held_last, Duration active_for) {
  state.holds_since.reset();
  if (state.opens_at)
    state.ends_at = std::min(state.ends_at.value_or(TimePoint::max()), held_last + active_for);
}

void hold(TriggerState& state, const TriggerRule& rule, const TriggerQuestion& question) {
  const TriggerReading& reading = *question.reading;
  if (!goes_on(reading, state))
    state.holds_since = reading.at;
  if (state.ends_at && question.lasts_until) {
    state.ends_at = std::max(*state.ends_at, *question.lasts_until);
    if (state.ends_at == TimePoint::max())
      state.ends_at.reset();
  }
  const bool holds_long_enough = reading.at - *state.holds_since >= rule.hold_for;
  if (!state.opens_at && holds_long_enough && question.opens_after)
    state.opens_at = question.now + *question.opens_after;
}

void close_ended(TriggerState& state, TimePoint now) {
  if (!state.ends_at || *state.ends_at > now)
    return;
  state.opens_at.reset();
  state.ends_at.reset();
}

} // namespace

bool speaks_for(TimePoint measured_at, TimePoint now) {
  return measured_at >= now - kMeasurementAgeMax && measured_at <= now + kMeasurementAgeMax;
}

TriggerState advance(const TriggerRule& rule, const TriggerState& before,
                     const TriggerQuestion& question) {
  const TimePoint now = question.now;
  TriggerState state = before;
  close_ended(state, now);
  const bool is_measured = question.reading && speaks_for(question.reading->at, now);
  if (!is_known(state, question.reading, now)) {
    stop_holding(state, held_until(state, now), rule.active_for);
  } else if (is_measured && is_news(*question.reading, state, now)) {
    const TimePoint at = question.reading->at;
    if (question.reading->holds)
      hold(state, rule, question);
    else
      stop_holding(state, std::min(at, held_until(state, now)), rule.active_for);
    const bool is_due =
        !state.measured_at || at < *state.measured_at || at - *state.measured_at >= kTriggerRenewal;
    if (is_due || !(state == before))
      state.measured_at = at;
  }
  close_ended(state, now);
  return state;
}

bool is_known(const TriggerState& state, const std::optional<TriggerReading>& reading,
              TimePoint now) {
  return (reading && speaks_for(reading->at, now)) ||
         (state.measured_at && speaks_for(*state.measured_at, now));
}

TimePoint next_change(const TriggerState& state, const std::optional<TriggerReading>& reading,
                      TimePoint now) {
  const TimePoint ends = state.ends_at.value_or(TimePoint::max());
  if (!is_known(state, reading, now))
    return ends;
  const TimePoint newest = std::max(reading ? reading->at : TimePoint::min(),
                                    state.measured_at.value_or(TimePoint::min()));
  return std::min(ends, newest + kMeasurementAgeMax + Duration{1});
}

} // namespace berth::allocation
