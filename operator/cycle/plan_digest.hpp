#pragma once
// PlanDigest: the newest plan, indexed for those who report it: what waits for each quota, and the
// calendar's answer to each reservation. Pure; made once per cycle, read by the status reconcilers.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/eviction_history.hpp"
#include "lib/api/references.hpp"
#include "operator/cycle/suggestions.hpp"
#include "operator/waiting/start_teller.hpp"

namespace berth::op {

/// What waits for one quota.
struct PendingWork {
  std::size_t workloads = 0;
  resources::ResourceSum amounts{};
  /// Whose turn is next.
  allocation::Waiting first{};
  std::optional<allocation::ToldStart> first_start{}; ///< what it was told (B3)
};

/// What keeps work of a quota back though there may be room (T1, T2).
struct Brake {
  Reason reason = Reason::RateLimited; ///< CircuitOpen before Throttled before RateLimited
  std::string message{};               ///< the same as long as the reason is

  friend bool operator==(const Brake&, const Brake&) = default;
};

/// An AllocationRequest that waits.
struct PendingRequest {
  allocation::Waiting waiting{};
  std::optional<allocation::ToldStart> start{}; ///< what it was told (B3)
  std::vector<api::WorkloadRef> victims{};      ///< of its nomination, as far as they are there
  std::vector<std::string> suggestions{};       ///< the smallest changes that would start it (X1)
};

struct PlanDigest {
  allocation::Generation based_on{};
  std::map<WorkloadId, PendingRequest> requests;
  std::map<QuotaName, PendingWork> pending;
  /// Of quotas whose work waits for nothing else.
  std::map<QuotaName, Brake> brakes;
  std::map<ReservationName, allocation::ReservationDecision> reservations;
  /// Where their next windows will lie.
  std::map<ReservationName, allocation::WindowOutlook> windows;
  /// What quotas remember, for their statuses (F2, Q6).
  allocation::QuotaMemories memories;
  /// What was evicted of them and taken back from them, for the same (P4).
  std::map<QuotaName, allocation::EvictionHistory::OfQuota> evictions;
  /// By Reason's value.
  std::vector<std::size_t> waiting_by_reason;
};

/// What is known beside a plan that was decided on `snapshot` at `now`.
struct DigestSources {
  const allocation::ClusterSnapshot& snapshot;
  const StartTeller& starts;
  const Suggestions& suggestions;
  const allocation::EvictionHistory& evictions; ///< as the plan saw them
};
[[nodiscard]] PlanDigest digest(const allocation::Plan& plan, const DigestSources& known,
                                TimePoint now);

} // namespace berth::op
