#pragma once
// The decide part of Quota: from what was observed to the status it should have. Pure.

#include <memory>
#include <optional>

#include "lib/api/quota.hpp"
#include "operator/cycle/plan_digest.hpp"
#include "operator/status/accounts.hpp"

namespace berth::op {

struct ObservedQuota {
  std::shared_ptr<const api::Quota> quota;
  std::shared_ptr<const Accounts> accounts;
  std::shared_ptr<const PlanDigest> plan;
};

/// The status of the quota; nothing while the snapshot does not have it, or an older one.
[[nodiscard]] std::optional<api::QuotaStatus> decide_quota_status(const ObservedQuota& observed,
                                                                  TimePoint now);

} // namespace berth::op
