#include "lib/api/quota.hpp"

#include "lib/api/describe.hpp"

namespace berth::api {

constexpr std::array<std::string_view, 2> names_of(SubjectKey) {
  return {"ServiceAccount", "Label"};
}
constexpr std::array<std::string_view, 2> names_of(WithinQuota) {
  return {"Never", "LowerPriority"};
}
constexpr std::array<std::string_view, 3> names_of(Reclaim) {
  return {"Never", "LowerPriority", "Any"};
}
constexpr std::array<std::string_view, 2> names_of(EnforceLowered) {
  return {"Never", "AfterNotice"};
}

std::string list_key(const QuotaResource& resource) {
  return std::string(resource.name.str());
}
std::string list_key(const QuotaPool& pool) {
  return pool.pool_ref.name.str();
}
std::string list_key(const QuotaResourceStatus& resource) {
  return std::string(resource.name.str());
}
std::string list_key(const QuotaPoolStatus& pool) {
  return pool.pool.str();
}

void describe(auto& fields, Of<QuotaResource> auto& resource) {
  fields.required("name", resource.name);
  fields.amount("nominal", resource.name, resource.nominal);
  fields.amount("borrowingLimit", resource.name, resource.borrowing_limit);
  fields.amount("lendingLimit", resource.name, resource.lending_limit);
}

void describe(auto& fields, Of<QuotaPool> auto& pool) {
  fields.required("poolRef", pool.pool_ref);
  fields.required("resources", pool.resources);
}

void describe(auto& fields, Of<allocation::Subjects> auto& subjects) {
  fields.field("namespaces", subjects.namespaces);
  fields.field("namespaceSelector", subjects.namespace_selector);
  fields.field("serviceAccounts", subjects.service_accounts);
}

void describe(auto& fields, Of<PerSubject> auto& per_subject) {
  fields.field("key", per_subject.key);
  fields.field("label", per_subject.label);
  fields.field("limits", per_subject.limits);
  fields.field("maxConcurrent", per_subject.max_concurrent, Range{1, 1'000'000});
  fields.field("admissionsPerMinute", per_subject.admissions_per_minute, Range{1, 1'000'000});
}

void describe(auto& fields, Of<QuotaBurst> auto& burst) {
  fields.field("factorPercent", burst.factor_percent, Range{101, 1000});
  fields.field("budgetSeconds", burst.budget, Range{60, 604'800});
  fields.field("refillSeconds", burst.refill, Range{60, 2'592'000});
  fields.field("gracePeriodSeconds", burst.grace_period, Range{0, 86'400});
}

void describe(auto& fields, Of<QuotaPreemption> auto& preemption) {
  fields.field("withinQuota", preemption.within_quota);
  fields.field("reclaim", preemption.reclaim);
  fields.field("enforceLowered", preemption.enforce_lowered);
}

void describe(auto& fields, Of<RateLimit> auto& limit) {
  fields.required("admissionsPerMinute", limit.admissions_per_minute, Range{1, 1'000'000});
  fields.field("burst", limit.burst, Range{1, 1'000'000});
}

void describe(auto& fields, Of<QuotaSpec> auto& spec) {
  fields.field("parentRef", spec.parent_ref);
  fields.field("subjects", spec.subjects);
  fields.field("pools", spec.pools);
  fields.field("weight", spec.weight, Range{1, 1'000'000});
  fields.field("priorityOffset", spec.priority_offset, Range{-1'000'000'000, 1'000'000'000});
  fields.field("perSubject", spec.per_subject);
  fields.field("burst", spec.burst);
  fields.field("preemption", spec.preemption);
  fields.field("rateLimit", spec.rate_limit);
  fields.field("stop", spec.stop);
}

void describe(auto& fields, Of<QuotaResourceStatus> auto& resource) {
  fields.required("name", resource.name);
  fields.amount("nominal", resource.name, resource.nominal);
  fields.amount("used", resource.name, resource.used);
  fields.amount("borrowed", resource.name, resource.borrowed);
  fields.amount("lent", resource.name, resource.lent);
  fields.amount("pending", resource.name, resource.pending);
  fields.field("burstBudgetLeftSeconds", resource.burst_budget_left, Range{0, 604'800});
}

template <class Fields>
void describe(Fields& fields, Of<QuotaPoolStatus> auto& pool) {
  fields.required("pool", pool.pool);
  fields.field("resources", pool.resources);
  if constexpr (Fields::kReads)
    std::ranges::sort(pool.resources, {}, &QuotaResourceStatus::name);
}

void describe(auto& fields, Of<FairShare> auto& share) {
  fields.field("dominantResource", share.dominant_resource);
  fields.field("shareMilli", share.share_milli, kCount);
  fields.field("historyMilli", share.history_milli, kCount);
  fields.field("sampledAt", share.sampled_at);
}

void describe(auto& fields, Of<BorrowingBackOff> auto& back_off) {
  fields.required("pool", back_off.pool);
  fields.required("reclaims", back_off.reclaims, Range{1, 1'000'000});
  fields.required("until", back_off.until);
}

void describe(auto& fields, Of<RecentEviction> auto& eviction) {
  fields.required("workload", eviction.workload);
  fields.required("at", eviction.at);
}

void describe(auto& fields, Of<WorkloadCounts> auto& workloads) {
  fields.required("admitted", workloads.admitted, Range{0, 10'000'000});
  fields.required("pending", workloads.pending, Range{0, 10'000'000});
}

void describe(auto& fields, Of<FirstPending> auto& pending) {
  fields.field("kind", pending.kind);
  fields.required("namespace", pending.namespace_name);
  fields.required("name", pending.name);
  fields.required("reason", pending.reason);
  fields.field("message", pending.message);
  fields.field("plannedStart", pending.planned_start);
  fields.field("plannedStartLatest", pending.planned_start_latest);
}

template <class Fields>
void describe(Fields& fields, Of<QuotaStatus> auto& status) {
  fields.field("observedGeneration", status.observed_generation, kCount);
  fields.field("pools", status.pools);
  if constexpr (Fields::kReads)
    std::ranges::sort(status.pools, {}, &QuotaPoolStatus::pool);
  fields.field("fairShare", status.fair_share);
  fields.field("backOffs", status.back_offs);
  fields.field("recentEvictions", status.recent_evictions);
  fields.field("workloads", status.workloads);
  fields.field("firstPending", status.first_pending);
  describe_conditions(fields, status.conditions);
}

BERTH_API_KIND(Quota);

} // namespace berth::api
