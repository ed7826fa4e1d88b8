#pragma once
// The units of an AllocationRequest as allocation sees them: `count` of them, all alike, decided
// about like a gang: all of them get what they ask for, or at least `minCount`, or none. One that
// was given fewer has no others from then on. What a request holds stands in its
// status, which is read back here: there is no other memory of it. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/api/allocation_request.hpp"

namespace berth::cluster {

/// None of one that has ended or is being deleted: it holds nothing (L5).
[[nodiscard]] std::vector<allocation::PodView> units_of(const api::AllocationRequest& request,
                                                        std::int32_t priority);
/// One of them; nothing for a number that the request does not have.
[[nodiscard]] std::optional<allocation::PodView> unit_of(const api::AllocationRequest& request,
                                                         std::int32_t priority, std::size_t number);
/// Of all its units together.
[[nodiscard]] WorkloadId workload_of(const api::AllocationRequest& request);
/// It may not start yet (spec.notBefore).
[[nodiscard]] std::optional<allocation::HeldBack> held_back(const api::AllocationRequest& request,
                                                            TimePoint now);

/// What of a unit's uid is the request's; nothing for a pod's.
[[nodiscard]] std::optional<std::string> request_uid_of(const PodUid& unit);
/// The number of the unit in its request, from 0; nothing for a pod.
[[nodiscard]] std::optional<std::size_t> unit_number(const PodUid& unit);

/// Since when it holds its capacity; nothing if it does not.
[[nodiscard]] std::optional<TimePoint> allocated_since(const api::AllocationRequest& request);

} // namespace berth::cluster
