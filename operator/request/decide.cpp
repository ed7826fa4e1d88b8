#include "operator/request/decide.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/cluster/request_units.hpp"

namespace berth::op {
namespace {

using api::AllocationRequest;
using api::AllocationRequestStatus;

/// As long as the schema allows.
constexpr std::size_t kMessageBytesMax = 1024;
constexpr std::size_t kVictimsMax = 256;

void set_condition(AllocationRequestStatus& status, const AllocationRequest& request,
                   api::Condition condition, TimePoint now) {
  condition.observed_generation = request.meta.generation;
  api::set_condition(status.conditions, std::move(condition), now);
}

api::Condition condition_of(std::string type, bool is_true, Reason reason, std::string message) {
  api::Condition condition;
  condition.type = std::move(type);
  condition.status = is_true ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.reason = reason;
  condition.message = std::move(message);
  return condition;
}

/// Units at the same place together, in the order of the units.
std::vector<api::GrantedAllocation>
allocations_of(const AllocationRequest& request,
               const std::vector<allocation::AdmissionRecord>& units) {
  std::vector<api::GrantedAllocation> allocations;
  for (const auto& record : units) {
    std::optional<NodeName> node;
    if (!record.planned_nodes.empty())
      node = record.planned_nodes.front();
    if (!allocations.empty() && allocations.back().pool == record.pool &&
        allocations.back().node == node)
      ++allocations.back().count;
    else
      allocations.push_back({record.pool, node, 1, request.spec.resources});
  }
  return allocations;
}

/// Whole seconds, as they are written.
std::optional<TimePoint> expiry(const AllocationRequest& request, TimePoint since) {
  if (!request.spec.duration)
    return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(since) + *request.spec.duration;
}

const PendingRequest* find_pending(const ObservedRequest& observed) {
  const auto found = observed.plan->requests.find(cluster::workload_of(*observed.request));
  return found == observed.plan->requests.end() ? nullptr : &found->second;
}

/// Those of its nomination; one that is gone by now is named as it was.
std::vector<api::WorkloadRef> victims_of(const AllocationRequest& request,
                                         const PendingRequest& pending) {
  std::vector<api::WorkloadRef> victims = pending.victims;
  const auto& nomination = pending.waiting.workload->waiting.front()->nomination;
  for (const api::WorkloadRef& known : request.status.victims) {
    const bool is_its =
        nomination && std::ranges::any_of(nomination->victims, [&](const auto& uid) {
          return cluster::request_uid_of(uid).value_or(uid.str()) == known.uid;
        });
    if (is_its && std::ranges::find(victims, known) == victims.end())
      victims.push_back(known);
  }
  std::ranges::sort(victims, {}, &api::WorkloadRef::uid);
  victims.resize(std::min(victims.size(), kVictimsMax));
  return victims;
}

AllocationRequestStatus waiting_status(const AllocationRequest& request,
                                       const PendingRequest& pending, TimePoint now) {
  AllocationRequestStatus status;
  const allocation::Waiting& waiting = pending.waiting;
  status.conditions = request.status.conditions;
  status.observed_generation = request.meta.generation;
  if (!waiting.workload->quota.quota.empty())
    status.quota = waiting.workload->quota.quota;
  status.reason = waiting.why->reason;
  status.message = waiting.why->message;
  cut_text(status.message, kMessageBytesMax);
  status.position = static_cast<std::int32_t>(waiting.position);
  status.victims = victims_of(request, pending);
  status.suggestions = pending.suggestions;
  if (pending.start) {
    status.planned_start = pending.start->interval.earliest;
    status.planned_start_latest = pending.start->interval.latest;
  }
  set_condition(status, request,
                condition_of("Admitted", false, waiting.why->reason, status.message), now);
  set_condition(status, request, condition_of("Allocated", false, Reason::NotAdmitted, "it waits"),
                now);
  return status;
}

} // namespace

std::optional<AllocationRequestStatus> decide_request_status(const ObservedRequest& observed,
                                                             TimePoint now) {
  const AllocationRequest& request = *observed.request;
  if (request.meta.deleted || is_true(request.status.conditions, "Finished"))
    return std::nullopt;
  if (const auto since = cluster::allocated_since(request)) {
    AllocationRequestStatus status = request.status;
    status.observed_generation = request.meta.generation;
    status.expires_at = expiry(request, *since); // renewed by a patch of durationSeconds
    if (status.expires_at && *status.expires_at <= now)
      return finished_status(request, Reason::Expired,
                             "its time ended at " + format_time(*status.expires_at), now);
    return status;
  }
  const PendingRequest* pending = find_pending(observed);
  if (pending == nullptr)
    return std::nullopt;
  AllocationRequestStatus status = waiting_status(request, *pending, now);
  const bool says_the_same = request.status.reason == status.reason &&
                             request.status.quota == status.quota &&
                             request.status.planned_start == status.planned_start &&
                             request.status.victims == status.victims &&
                             request.status.suggestions == status.suggestions &&
                             request.status.observed_generation == status.observed_generation;
  return says_the_same ? std::nullopt : std::optional(std::move(status));
}

AllocationRequestStatus granted_status(const AllocationRequest& request,
                                       const allocation::Admission& admission, TimePoint now) {
  AllocationRequestStatus status;
  status.conditions = request.status.conditions;
  status.observed_generation = request.meta.generation;
  std::vector<allocation::AdmissionRecord> units;
  for (const auto& member : admission.members)
    units.push_back(member.record);
  status.quota = units.front().quota;
  status.allocations = allocations_of(request, units);
  status.expires_at = expiry(request, now);
  status.granted_count = static_cast<std::int32_t>(units.size());
  status.victims = request.status.victims;
  std::string what = std::to_string(units.size());
  if (std::cmp_less(units.size(), request.spec.count))
    what += " of " + std::to_string(request.spec.count);
  what += " x " + to_string(request.spec.resources) + " of pool " + units.front().pool.str();
  set_condition(status, request, condition_of("Admitted", true, Reason::Admitted, what), now);
  set_condition(status, request, condition_of("Allocated", true, Reason::Allocated, what), now);
  return status;
}

AllocationRequestStatus
moved_status(const AllocationRequest& request,
             const std::map<std::size_t, allocation::AdmissionRecord>& moved) {
  std::vector<allocation::AdmissionRecord> records;
  const auto units = cluster::units_of(request, 0);
  for (std::size_t number = 0; number < units.size(); ++number) {
    const auto found = moved.find(number);
    if (found != moved.end())
      records.push_back(found->second);
    else if (units[number].admission)
      records.push_back(*units[number].admission);
  }
  AllocationRequestStatus status = request.status;
  status.allocations = allocations_of(request, records);
  return status;
}

AllocationRequestStatus finished_status(const AllocationRequest& request, Reason reason,
                                        std::string message, TimePoint now) {
  AllocationRequestStatus status;
  status.conditions = request.status.conditions;
  status.observed_generation = request.meta.generation;
  status.quota = request.status.quota;
  status.expires_at = request.status.expires_at;
  status.reason = reason;
  status.message = message;
  set_condition(status, request, condition_of("Admitted", false, reason, message), now);
  set_condition(status, request, condition_of("Allocated", false, reason, message), now);
  set_condition(status, request, condition_of("Finished", true, reason, std::move(message)), now);
  return status;
}

std::optional<TimePoint> next_change(const AllocationRequest& request) {
  if (is_true(request.status.conditions, "Finished"))
    return std::nullopt;
  const auto since = cluster::allocated_since(request);
  return since ? expiry(request, *since) : std::nullopt;
}

} // namespace berth::op
