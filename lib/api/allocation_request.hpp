#pragma once
// AllocationRequest: a demand that is not a pod (database connections for ten minutes), or one that
// is planned. The fields are those of crds/berth.dev_allocationrequests.yaml.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/conditions.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/api/references.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::api {

struct AllocationRequestSpec {
  std::optional<QuotaRef> quota_ref{}; ///< absent: by subject
  std::string service_account_name{};
  std::vector<PoolRef> pool_refs{}; ///< in order of preference; empty: those of the quota
  resources::ResourceVector resources{};
  std::int32_t count = 1;
  std::optional<std::int32_t> min_count{}; ///< absent: count
  std::string priority_class_name{};
  std::optional<std::chrono::seconds> duration{};
  bool preemptible = true;
  std::vector<NodeName> preferred_nodes{};
  std::optional<TimePoint> not_before{};

  friend bool operator==(const AllocationRequestSpec&, const AllocationRequestSpec&) = default;
};

/// `count` times `resources`, from one node or from the pool itself.
struct GrantedAllocation {
  PoolName pool{};
  std::optional<NodeName> node{};
  std::int32_t count = 1;
  resources::ResourceVector resources{};

  friend bool operator==(const GrantedAllocation&, const GrantedAllocation&) = default;
};

struct AllocationRequestStatus {
  std::optional<std::int64_t> observed_generation{};
  std::optional<QuotaName> quota{};
  std::vector<GrantedAllocation> allocations{};
  std::optional<std::int32_t> granted_count{}; ///< units in `allocations`
  std::optional<TimePoint> expires_at{};
  std::vector<WorkloadRef> victims{};
  std::optional<Reason> reason{};
  std::string message{};
  std::optional<std::int32_t> position{}; ///< counted from 1
  std::optional<TimePoint> planned_start{};
  std::optional<TimePoint> planned_start_latest{};
  std::vector<std::string> suggestions{};
  Conditions conditions{};

  friend bool operator==(const AllocationRequestStatus&, const AllocationRequestStatus&) = default;
};

struct AllocationRequest : Object<AllocationRequestSpec, AllocationRequestStatus> {
  static constexpr std::string_view kKind = "AllocationRequest";
};

} // namespace berth::api
