#include "operator/request/request_keeper.hpp"

#include <map>
#include <string>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/cluster/request_units.hpp"
#include "operator/request/decide.hpp"

namespace berth::op {

RequestKeeper::RequestKeeper(Parts parts, RequestKeeperLimits limits)
    : parts_(std::move(parts)), limits_(limits),
      writer_{parts_.client, parts_.failpoints, parts_.leads}, group_(parts_.executor) {}

void RequestKeeper::grant(std::vector<allocation::Admission>& admissions) {
  std::vector<allocation::Admission> others;
  for (auto& admission : admissions) {
    if (!admission.members.front().pod->is_request) {
      others.push_back(std::move(admission));
      continue;
    }
    if (group_.running() >= limits_.writes_in_flight_max)
      continue;
    for (const auto& member : admission.members)
      parts_.observer.assume_admitted(member.pod->uid, member.record);
    group_.spawn(write_grant(std::move(admission)));
  }
  admissions = std::move(others);
}

async::Task<void> RequestKeeper::write_grant(allocation::Admission admission) {
  const auto request = parts_.observer.find_request(admission.members.front().pod->uid);
  Result<bool> written = false;
  if (request) {
    auto wanted = granted_status(*request, admission, parts_.executor.clock().now());
    auto current = request->status;
    written = co_await writer_.write(kube::types::allocation_request(), *request,
                                     std::move(current), std::move(wanted));
  }
  if (written && *written) {
    const kube::ObjectReference about{std::string(api::kApiVersion), "AllocationRequest",
                                      request->meta.key(), request->meta.uid};
    const auto& record = admission.members.front().record;
    parts_.events.record(about, kube::EventSeverity::Normal, Reason::Allocated, "Allocate",
                         "it holds what it asks for of pool " + record.pool.str() +
                             ", charged to quota " + record.quota.str());
    co_return; // the watch will show it
  }
  if (!written)
    parts_.log.debug("Did not write a grant",
                     {{"workload", admission.workload->id}, {"error", written.error().message}});
  const Duration time = written ? limits_.reconsidered_after : limits_.confirmation_max;
  for (const auto& member : admission.members)
    parts_.observer.confirm_within(member.pod->uid, time);
}

void RequestKeeper::move(std::vector<allocation::Replanning>& replannings) {
  std::vector<allocation::Replanning> others;
  std::map<std::string, std::vector<allocation::Replanning>> by_request;
  for (auto& replanning : replannings)
    if (const auto uid = cluster::request_uid_of(replanning.pod->uid))
      by_request[*uid].push_back(std::move(replanning));
    else
      others.push_back(std::move(replanning));
  replannings = std::move(others);
  for (auto& [uid, units] : by_request) {
    if (group_.running() >= limits_.writes_in_flight_max)
      return;
    for (const auto& unit : units)
      parts_.observer.assume_admitted(unit.pod->uid, unit.record);
    group_.spawn(write_move(std::move(units)));
  }
}

async::Task<void> RequestKeeper::write_move(std::vector<allocation::Replanning> units) {
  const auto request = parts_.observer.find_request(units.front().pod->uid);
  bool done = false;
  if (request) {
    std::vector<allocation::AdmissionRecord> records;
    for (const auto& unit : cluster::units_of(*request, 0)) {
      if (!unit.admission)
        continue;
      const auto moved = std::ranges::find_if(
          units, [&](const auto& candidate) { return candidate.pod->uid == unit.uid; });
      records.push_back(moved == units.end() ? *unit.admission : moved->record);
    }
    auto wanted = moved_status(*request, records);
    auto current = request->status;
    const auto written = co_await writer_.write(kube::types::allocation_request(), *request,
                                                std::move(current), std::move(wanted));
    done = written.has_value();
  }
  if (!done) // the units stay charged by what was decided before
    for (const auto& unit : units)
      parts_.observer.assume_admitted(unit.pod->uid, *unit.pod->admission);
}

std::map<WorkloadId, allocation::HeldBack> RequestKeeper::held_back() const {
  std::map<WorkloadId, allocation::HeldBack> held;
  const TimePoint now = parts_.executor.clock().now();
  for (const auto& [key, request] : parts_.observer.requests().items())
    if (auto until = op::held_back(*request, now))
      held.emplace(allocation::workload_id(cluster::units_of(*request, 0).front()),
                   std::move(*until));
  return held;
}

} // namespace berth::op
