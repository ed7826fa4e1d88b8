#pragma once
// Quota: who may hold how much of which pools, as a tree. The fields are those of
// crds/berth.dev_quotas.yaml, which says what each one means; the laws are Q1 to Q7.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/subject.hpp"
#include "lib/api/conditions.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/api/references.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::api {

enum class SubjectKey { ServiceAccount, Label };
enum class WithinQuota { Never, LowerPriority };
enum class Reclaim { Never, LowerPriority, Any };
enum class EnforceLowered { Never, AfterNotice };

struct QuotaResource {
  resources::ResourceName name{""};
  resources::Amount nominal{};
  std::optional<resources::Amount> borrowing_limit{}; ///< absent: unlimited
  std::optional<resources::Amount> lending_limit{};   ///< absent: unlimited

  friend bool operator==(const QuotaResource&, const QuotaResource&) = default;
};

struct QuotaPool {
  PoolRef pool_ref{};
  std::vector<QuotaResource> resources{};

  friend bool operator==(const QuotaPool&, const QuotaPool&) = default;
};

/// Limits for every subject alone (Q5).
struct PerSubject {
  SubjectKey key = SubjectKey::ServiceAccount;
  std::string label{}; ///< for SubjectKey::Label
  resources::ResourceVector limits{};
  std::optional<std::int32_t> max_concurrent{};
  std::optional<std::int32_t> admissions_per_minute{};

  friend bool operator==(const PerSubject&, const PerSubject&) = default;
};

struct QuotaBurst {
  std::int32_t factor_percent = 150;
  std::chrono::seconds budget{3600};
  std::chrono::seconds refill{86400};
  std::chrono::seconds grace_period{300};

  friend bool operator==(const QuotaBurst&, const QuotaBurst&) = default;
};

struct QuotaPreemption {
  WithinQuota within_quota = WithinQuota::LowerPriority;
  Reclaim reclaim = Reclaim::Any;
  EnforceLowered enforce_lowered = EnforceLowered::Never;

  friend bool operator==(const QuotaPreemption&, const QuotaPreemption&) = default;
};

struct RateLimit {
  std::int32_t admissions_per_minute = 0;
  std::int32_t burst = 10;

  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

struct QuotaSpec {
  std::optional<QuotaRef> parent_ref{}; ///< absent: a root
  allocation::Subjects subjects{};
  std::vector<QuotaPool> pools{}; ///< in order of preference
  std::int32_t weight = 1;
  std::int32_t priority_offset = 0;
  std::optional<PerSubject> per_subject{};
  std::optional<QuotaBurst> burst{};
  QuotaPreemption preemption{};
  std::optional<RateLimit> rate_limit{};
  Stop stop = Stop::None;

  friend bool operator==(const QuotaSpec&, const QuotaSpec&) = default;
};

/// What is absent is not known, which is not the same as zero.
struct QuotaResourceStatus {
  resources::ResourceName name{""};
  std::optional<resources::Amount> nominal{};
  std::optional<resources::Amount> used{};
  std::optional<resources::Amount> borrowed{};
  std::optional<resources::Amount> lent{};
  std::optional<resources::Amount> pending{};
  std::optional<std::chrono::seconds> burst_budget_left{};

  friend bool operator==(const QuotaResourceStatus&, const QuotaResourceStatus&) = default;
};

struct QuotaPoolStatus {
  PoolName pool{};
  std::vector<QuotaResourceStatus> resources{}; ///< by name

  friend bool operator==(const QuotaPoolStatus&, const QuotaPoolStatus&) = default;
};

/// Fairness state that outlives a restart (F2).
struct FairShare {
  std::string dominant_resource{};
  std::optional<std::int64_t> share_milli{};
  std::optional<std::int64_t> history_milli{};
  std::optional<TimePoint> sampled_at{};

  friend bool operator==(const FairShare&, const FairShare&) = default;
};

/// What was taken back from the quota in a pool, and from when on it may borrow there again (P4).
struct BorrowingBackOff {
  PoolName pool{};
  std::int32_t reclaims = 0; ///< in a row
  TimePoint until{};

  friend bool operator==(const BorrowingBackOff&, const BorrowingBackOff&) = default;
};

/// An eviction of the last hour, which counts for the workload's bound (P4).
struct RecentEviction {
  std::string workload{}; ///< the gang, else the UID of the pod's controller, else the pod
  TimePoint at{};

  friend bool operator==(const RecentEviction&, const RecentEviction&) = default;
};

struct WorkloadCounts {
  std::int32_t admitted = 0;
  std::int32_t pending = 0;

  friend bool operator==(const WorkloadCounts&, const WorkloadCounts&) = default;
};

/// The workload that is next in order, and why it waits (X1).
struct FirstPending {
  WorkloadKind kind = WorkloadKind::Pod;
  std::string namespace_name{};
  std::string name{};
  Reason reason = Reason::InsufficientQuota;
  std::string message{};
  std::optional<TimePoint> planned_start{};
  std::optional<TimePoint> planned_start_latest{};

  friend bool operator==(const FirstPending&, const FirstPending&) = default;
};

struct QuotaStatus {
  std::optional<std::int64_t> observed_generation{};
  std::vector<QuotaPoolStatus> pools{}; ///< by pool
  std::optional<FairShare> fair_share{};
  std::vector<BorrowingBackOff> back_offs{};      ///< by pool
  std::vector<RecentEviction> recent_evictions{}; ///< by time
  std::optional<WorkloadCounts> workloads{};
  std::optional<FirstPending> first_pending{};
  Conditions conditions{};

  friend bool operator==(const QuotaStatus&, const QuotaStatus&) = default;
};

struct Quota : Object<QuotaSpec, QuotaStatus> {
  static constexpr std::string_view kKind = "Quota";
};

} // namespace berth::api
