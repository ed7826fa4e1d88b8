#include "lib/api/allocation_request.hpp"

#include "lib/api/describe.hpp"

namespace berth::api {

void describe(auto& fields, Of<AllocationRequestSpec> auto& spec) {
  fields.field("quotaRef", spec.quota_ref);
  fields.field("serviceAccountName", spec.service_account_name);
  fields.field("poolRefs", spec.pool_refs);
  fields.required("resources", spec.resources);
  fields.field("count", spec.count, Range{1, 1000});
  fields.field("minCount", spec.min_count, Range{1, 1000});
  fields.field("priorityClassName", spec.priority_class_name);
  fields.field("durationSeconds", spec.duration, Range{1, 31'536'000});
  fields.field("preemptible", spec.preemptible);
  fields.field("preferredNodes", spec.preferred_nodes);
  fields.field("notBefore", spec.not_before);
}

void describe(auto& fields, Of<GrantedAllocation> auto& granted) {
  fields.required("pool", granted.pool);
  fields.field("node", granted.node);
  fields.required("count", granted.count, Range{1, 1000});
  fields.required("resources", granted.resources);
}

void describe(auto& fields, Of<AllocationRequestStatus> auto& status) {
  fields.field("observedGeneration", status.observed_generation, kCount);
  fields.field("quota", status.quota);
  fields.field("allocations", status.allocations);
  fields.field("grantedCount", status.granted_count, Range{1, 1000});
  fields.field("expiresAt", status.expires_at);
  fields.field("victims", status.victims);
  fields.field("reason", status.reason);
  fields.field("message", status.message);
  fields.field("position", status.position, Range{1, 10'000'000});
  fields.field("plannedStart", status.planned_start);
  fields.field("plannedStartLatest", status.planned_start_latest);
  fields.field("suggestions", status.suggestions);
  describe_conditions(fields, status.conditions);
}

BERTH_API_KIND(AllocationRequest);

} // namespace berth::api
