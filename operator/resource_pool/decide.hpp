#pragma once
// The decide part of ResourcePool: from what was observed to the status it should have. Pure.

#include <memory>
#include <optional>

#include "lib/allocation/pressure.hpp"
#include "lib/api/resource_pool.hpp"
#include "operator/status/accounts.hpp"

namespace berth::op {

/// The condition of pools with spec.burst that says whether it is on, and until when.
inline constexpr const char* kBurstActive = "BurstActive";

struct ObservedPool {
  std::shared_ptr<const api::ResourcePool> pool;
  std::shared_ptr<const Accounts> accounts;
};

struct PoolPressure {
  allocation::PressureLevel level = allocation::PressureLevel::None; ///< of its policy's throttle
  allocation::Degradation degradation{};
};

/// T3: by the measured use that its status tells of, unless that is too old.
[[nodiscard]] PoolPressure pressure_of(const api::ResourcePool& pool,
                                       const allocation::ClusterSnapshot& snapshot, TimePoint now);

/// The part of the status that the operator owns (api::allocated_part); nothing while the snapshot
/// does not have the pool, or an older one.
[[nodiscard]] std::optional<api::ResourcePoolStatus>
decide_pool_status(const ObservedPool& observed, TimePoint now);

} // namespace berth::op
