#pragma once
// The decide part of AllocationPolicy: from what was observed to the status it should have. Pure.

#include <memory>
#include <optional>

#include "lib/api/allocation_policy.hpp"
#include "operator/status/accounts.hpp"

namespace berth::op {

struct ObservedPolicy {
  std::shared_ptr<const api::AllocationPolicy> policy;
  std::shared_ptr<const Accounts> accounts;
};

/// Nothing while the snapshot does not have the policy, or an older one.
[[nodiscard]] std::optional<api::AllocationPolicyStatus>
decide_policy_status(const ObservedPolicy& observed, TimePoint now);

} // namespace berth::op
