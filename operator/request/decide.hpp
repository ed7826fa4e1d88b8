#pragma once
// The decide part of AllocationRequest: the status that it should have. Pure. The status is what a
// request holds: it is charged from the moment it is written, and nothing else remembers it. A
// changed position alone is no reason to write.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/api/allocation_request.hpp"
#include "operator/cycle/plan_digest.hpp"

namespace berth::op {

struct ObservedRequest {
  std::shared_ptr<const api::AllocationRequest> request;
  std::shared_ptr<const PlanDigest> plan;
};

/// While it waits: why. While it holds something: until when, and that it has ended once that has
/// passed. Nothing if there is nothing new to say.
[[nodiscard]] std::optional<api::AllocationRequestStatus>
decide_request_status(const ObservedRequest& observed, TimePoint now);

/// It gets what the admission says: all that it asks for, or at least minCount.
[[nodiscard]] api::AllocationRequestStatus granted_status(const api::AllocationRequest& request,
                                                          const allocation::Admission& admission,
                                                          TimePoint now);
/// These units, by number, are on other nodes from now on.
[[nodiscard]] api::AllocationRequestStatus
moved_status(const api::AllocationRequest& request,
             const std::map<std::size_t, allocation::AdmissionRecord>& moved);
/// It holds nothing any more: Expired or Preempted.
[[nodiscard]] api::AllocationRequestStatus finished_status(const api::AllocationRequest& request,
                                                           Reason reason, std::string message,
                                                           TimePoint now);

/// When time alone changes its status; nothing if it never does.
[[nodiscard]] std::optional<TimePoint> next_change(const api::AllocationRequest& request);

} // namespace berth::op
