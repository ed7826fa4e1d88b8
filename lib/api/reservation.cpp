#include "lib/api/reservation.hpp"

#include "lib/api/describe.hpp"

namespace berth::api {

constexpr std::array<std::string_view, 4> names_of(ReservationKind) {
  return {"Guaranteed", "TimeWindow", "Conditional", "Pooled"};
}
constexpr std::array<std::string_view, 4> names_of(Comparison) {
  return {"GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"};
}
constexpr std::array<std::string_view, 3> names_of(Overrun) {
  return {"Evict", "Warn", "Allow"};
}
constexpr std::array<std::string_view, 2> names_of(DeletionPolicy) {
  return {"Block", "Orphan"};
}

std::string list_key(const ReservationHolder& holder) {
  return holder.workload.uid;
}

void describe(auto& fields, Of<ReservationWindow> auto& window) {
  fields.field("start", window.start);
  fields.field("schedule", window.schedule);
  fields.field("timeZone", window.time_zone);
  fields.required("durationSeconds", window.duration, Range{60, 31'536'000});
}

void describe(auto& fields, Of<TriggerMetric> auto& metric) {
  fields.required("name", metric.name);
  fields.required("namespace", metric.namespace_name);
  fields.field("selector", metric.selector);
}

void describe(auto& fields, Of<TriggerUtilization> auto& utilization) {
  fields.required("resource", utilization.resource);
}

void describe(auto& fields, Of<ReservationTrigger> auto& trigger) {
  fields.field("metric", trigger.metric);
  fields.field("utilization", trigger.utilization);
  fields.field("operator", trigger.op);
  fields.required("value", trigger.value);
  fields.field("forSeconds", trigger.for_at_least, Range{0, 86'400});
  fields.field("activeSeconds", trigger.active_for, Range{60, 604'800});
}

void describe(auto& fields, Of<ReservationAllowed> auto& allowed) {
  fields.field("quotas", allowed.quotas);
  fields.field("namespaces", allowed.namespaces);
  fields.field("serviceAccounts", allowed.service_accounts);
}

void describe(auto& fields, Of<ReservationSpec> auto& spec) {
  fields.required("poolRef", spec.pool_ref);
  fields.required("quotaRef", spec.quota_ref);
  fields.required("kind", spec.kind);
  fields.field("nodeCount", spec.node_count, Range{1, 1000});
  fields.field("resources", spec.resources);
  fields.field("window", spec.window);
  fields.field("trigger", spec.trigger);
  fields.field("allowed", spec.allowed);
  fields.field("leadTimeSeconds", spec.lead_time, Range{0, 604'800});
  fields.field("overrun", spec.overrun);
  fields.field("lendIdle", spec.lend_idle);
  fields.field("deletionPolicy", spec.deletion_policy);
}

void describe(auto& fields, Of<NextWindow> auto& window) {
  fields.required("start", window.start);
  fields.field("end", window.end);
}

void describe(auto& fields, Of<CurrentWindow> auto& window) {
  fields.required("start", window.start);
  fields.field("end", window.end);
  fields.field("held", window.held);
  fields.field("used", window.used);
}

void describe(auto& fields, Of<TriggerStatus> auto& trigger) {
  fields.field("value", trigger.value);
  fields.field("measuredAt", trigger.measured_at);
  fields.field("holdsSince", trigger.holds_since);
  fields.field("opensAt", trigger.opens_at);
  fields.field("endsAt", trigger.ends_at);
}

void describe(auto& fields, Of<ReservationHolder> auto& holder) {
  describe(fields, holder.workload);
  fields.field("since", holder.since);
}

void describe(auto& fields, Of<allocation::ReservedPlace> auto& place) {
  fields.required("node", place.node);
  fields.field("amounts", place.amounts);
}

void describe(auto& fields, Of<ReservationStatus> auto& status) {
  fields.field("observedGeneration", status.observed_generation, kCount);
  fields.field("nextWindow", status.next_window);
  fields.field("currentWindow", status.current_window);
  fields.field("nextPossibleStart", status.next_possible_start);
  fields.field("trigger", status.trigger);
  fields.field("places", status.places);
  fields.field("holders", status.holders);
  fields.field("holderCount", status.holder_count, Range{0, 10'000'000});
  fields.field("windowsHonored", status.windows_honored, kCount);
  fields.field("windowsTotal", status.windows_total, kCount);
  describe_conditions(fields, status.conditions);
}

std::string_view to_string(ReservationKind kind) {
  return names_of(kind)[static_cast<std::size_t>(kind)];
}

BERTH_API_KIND(Reservation);

} // namespace berth::api
