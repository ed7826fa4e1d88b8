#include "operator/status/status_news.hpp"

#include <string>

#include "lib/api/labels.hpp"
#include "lib/base/timestamp.hpp"
#include "operator/reservation/decide.hpp"
#include "operator/resource_pool/decide.hpp"

namespace berth::op {

bool is_newly_judged(const api::ReservationStatus& before, const api::ReservationStatus& now) {
  const auto* old_answer = api::find_condition(before.conditions, "Accepted");
  const auto* answer = api::find_condition(now.conditions, "Accepted");
  return answer != nullptr && (old_answer == nullptr || old_answer->status != answer->status ||
                               old_answer->reason != answer->reason);
}

void StatusNews::tell(const api::ResourcePool& before, const api::ResourcePoolStatus& now) const {
  tell_pressure(before, now);
  tell_burst(before, now);
}

/// Begun, over, or another one than it was.
void StatusNews::tell_burst(const api::ResourcePool& before,
                            const api::ResourcePoolStatus& now) const {
  const auto* old = api::find_condition(before.status.conditions, kBurstActive);
  const auto* burst = api::find_condition(now.conditions, kBurstActive);
  const auto is_on = [](const api::Condition* condition) {
    return condition != nullptr && condition->status == api::ConditionStatus::True;
  };
  if ((!is_on(old) && !is_on(burst)) ||
      (is_on(old) && is_on(burst) && old->message == burst->message))
    return;
  const kube::ObjectReference about{std::string(api::kApiVersion), "ResourcePool",
                                    before.meta.key(), before.meta.uid};
  events.record(about, kube::EventSeverity::Normal,
                is_on(burst) ? Reason::Bursting : Reason::NotBursting, "Burst",
                is_on(burst) ? burst->message : "the burst of the pool is over");
}

/// T3: another level of pressure, or none any more.
void StatusNews::tell_pressure(const api::ResourcePool& before,
                               const api::ResourcePoolStatus& now) const {
  const auto* old = api::find_condition(before.status.conditions, "Degraded");
  const auto* degraded = api::find_condition(now.conditions, "Degraded");
  const auto is_pressure = [](const api::Condition* condition) {
    return condition != nullptr && condition->reason == Reason::PoolUnderPressure;
  };
  if ((!is_pressure(old) && !is_pressure(degraded)) ||
      (is_pressure(old) && is_pressure(degraded) && old->message == degraded->message))
    return;
  const kube::ObjectReference about{std::string(api::kApiVersion), "ResourcePool",
                                    before.meta.key(), before.meta.uid};
  const bool is_on = is_pressure(degraded);
  events.record(about, is_on ? kube::EventSeverity::Warning : kube::EventSeverity::Normal,
                Reason::PoolUnderPressure, "Degrade",
                is_on ? degraded->message : "the pool is not under pressure any more");
}

void StatusNews::tell_activation(const api::Reservation& before,
                                 const api::ReservationStatus& now) const {
  const auto opens_at = [](const api::ReservationStatus& status) {
    return status.trigger ? status.trigger->opens_at : std::nullopt;
  };
  const auto opens = opens_at(now);
  if (opens == opens_at(before.status))
    return;
  const kube::ObjectReference about{std::string(api::kApiVersion), "Reservation", before.meta.key(),
                                    before.meta.uid};
  if (opens)
    events.record(about, kube::EventSeverity::Normal, Reason::TriggerHolds, "Activate",
                  "its trigger holds; it opens at " + format_time(*opens));
  else
    events.record(about, kube::EventSeverity::Normal, Reason::WindowClosed, "End",
                  "its trigger has not held for as long as it stays active");
}

void StatusNews::tell(const api::Reservation& before, const api::ReservationStatus& now) const {
  using telemetry::WindowOutcome;
  if (now.windows_total.value_or(0) > before.status.windows_total.value_or(0)) {
    const bool honored = api::is_true(now.conditions, "Honored");
    metrics.reservation_windows(honored ? WindowOutcome::Honored : WindowOutcome::Missed).add();
  }
  const kube::ObjectReference about{std::string(api::kApiVersion), "Reservation", before.meta.key(),
                                    before.meta.uid};
  if (std::string move = describe_move(before.status, now); !move.empty())
    events.record(about, kube::EventSeverity::Warning, Reason::PromiseMoved, "Move",
                  std::move(move));
  tell_activation(before, now);
  if (!is_newly_judged(before.status, now))
    return;
  failpoints.pass(Failpoint::AfterReservationAccepted);
  const auto* accepted = api::find_condition(now.conditions, "Accepted");
  const bool yes = accepted->status == api::ConditionStatus::True;
  events.record(about, yes ? kube::EventSeverity::Normal : kube::EventSeverity::Warning,
                accepted->reason, "Accept", accepted->message);
}

} // namespace berth::op
