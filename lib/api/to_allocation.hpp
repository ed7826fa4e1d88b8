#pragma once
// From custom resources to the values that lib/allocation decides on. Defaults, references and
// units end here: the core never sees a field that a user left out.

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "lib/allocation/policy.hpp"
#include "lib/allocation/pool.hpp"
#include "lib/allocation/quota.hpp"
#include "lib/allocation/reservation.hpp"
#include "lib/allocation/trigger.hpp"
#include "lib/api/allocation_policy.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/base/result.hpp"

namespace berth::api {

/// Finds a time zone by its IANA name; reading the files is the caller's.
using FindTimeZone =
    std::function<Result<std::shared_ptr<const allocation::TimeZone>>(std::string_view name)>;

/// How long a Conditional reservation's trigger has to hold, and what its status remembers of it.
[[nodiscard]] allocation::TriggerRule to_allocation(const ReservationTrigger& trigger);
[[nodiscard]] allocation::TriggerState to_allocation(const TriggerStatus& trigger);

/// A pool without a node selector has no nodes; one whose degradation leaves bursts has none.
[[nodiscard]] allocation::PoolSpec to_allocation(const ResourcePool& pool);

/// The burst that the pool is told of, never longer than maxDurationSeconds; nothing if there is
/// none. It may be over, or still to come.
[[nodiscard]] std::optional<allocation::PoolBurst> burst_of(const ResourcePool& pool);

/// What the analyzer wrote into the pool's status, however old; nothing if it is not known when or
/// of what it was measured (T1, T3).
[[nodiscard]] std::optional<allocation::MeasuredUse> measured_use(const ResourcePool& pool);

[[nodiscard]] allocation::QuotaSpec to_allocation(const Quota& quota);

/// Invalid when the schedule or the time zone cannot be read, or a Conditional one has no trigger.
/// Without spec.allowed the quota that pays is allowed. A Conditional one is promised from its
/// activation on.
[[nodiscard]] Result<allocation::ReservationSpec> to_allocation(const Reservation& reservation,
                                                                const FindTimeZone& find_zone);

[[nodiscard]] allocation::Policy to_allocation(const AllocationPolicySpec& policy);

/// Order, ageing, fairness, throttling, bounds of evictions and rules.
[[nodiscard]] allocation::PolicySpec to_allocation(const AllocationPolicy& policy);

/// What the status of a Quota remembers for the next leader (F2, Q6). Buckets begin full.
[[nodiscard]] allocation::QuotaMemory remembered(const Quota& quota);
/// What its status tells of evictions (P4).
[[nodiscard]] allocation::EvictionHistory::OfQuota evictions_told(const Quota& quota);

} // namespace berth::api
