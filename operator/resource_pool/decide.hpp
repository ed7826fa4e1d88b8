#pragma once
// The decide part of ResourcePool: from what was observed to the status it should have. Pure.

#include <memory>
#include <optional>

#include "lib/api/resource_pool.hpp"
#include "operator/status/accounts.hpp"

namespace berth::op {

struct ObservedPool {
  std::shared_ptr<const api::ResourcePool> pool;
  std::shared_ptr<const Accounts> accounts;
};

/// The part of the status that the operator owns (api::allocated_part); nothing while the snapshot
/// does not have the pool, or an older one.
[[nodiscard]] std::optional<api::ResourcePoolStatus>
decide_pool_status(const ObservedPool& observed, TimePoint now);

} // namespace berth::op
