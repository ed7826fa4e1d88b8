#include "operator/request/request_keeper.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/cluster/request_units.hpp"
#include "operator/admission/admission_metrics.hpp"
#include "operator/request/decide.hpp"

namespace berth::op {
namespace {

/// The API server understood the write and says no.
bool is_refusal(const Error& error) {
  return error.code == Code::Invalid || error.code == Code::Forbidden;
}

} // namespace

RequestKeeper::RequestKeeper(Parts parts, RequestKeeperLimits limits)
    : parts_(std::move(parts)), limits_(limits),
      writer_(parts_.client, parts_.failpoints, parts_.leads, parts_.executor.clock()),
      group_(parts_.executor) {}

void RequestKeeper::grant(std::vector<allocation::Admission>& admissions) {
  std::vector<allocation::Admission> others;
  for (auto& admission : admissions) {
    if (!admission.members.front().pod->is_request) {
      others.push_back(std::move(admission));
      continue;
    }
    for (const auto& member : admission.members)
      parts_.observer.assume_admitted(member.pod->uid, member.record);
    queued_.push_back(std::move(admission));
  }
  admissions = std::move(others);
  start_next();
}

void RequestKeeper::start_next() {
  while (writing_ < limits_.writes_in_flight_max && !queued_.empty()) {
    ++writing_;
    group_.spawn(write_grant(std::move(queued_.front())));
    queued_.pop_front();
  }
}

void RequestKeeper::drop_queued() {
  for (const auto& admission : std::exchange(queued_, {}))
    give_up(admission, limits_.reconsidered_after);
}

void RequestKeeper::give_up(const allocation::Admission& admission, Duration time) {
  for (const auto& member : admission.members)
    parts_.observer.confirm_within(member.pod->uid, time);
}

/// It was to go, and is still there.
bool RequestKeeper::is_spared(const api::WorkloadRef& victim) const {
  if (victim.kind == api::WorkloadKind::AllocationRequest) {
    const auto request = parts_.observer.find_request(allocation::unit_uid(victim.uid, 0));
    return request && !is_true(request->status.conditions, "Finished");
  }
  const auto pod = parts_.observer.find_pod(PodUid{victim.uid});
  return pod && !pod->view.terminating && !pod->view.terminal;
}

async::Task<void> RequestKeeper::write_grant(allocation::Admission admission) {
  const auto request = parts_.observer.find_request(admission.members.front().pod->uid);
  Result<bool> written = false;
  if (request) {
    parts_.failpoints.pass(Failpoint::BeforeGrantWrite);
    auto wanted = granted_status(*request, admission, parts_.executor.clock().now());
    std::erase_if(wanted.victims,
                  [&](const api::WorkloadRef& victim) { return is_spared(victim); });
    auto current = request->status;
    written = co_await writer_.write(kube::types::allocation_request(), *request,
                                     std::move(current), std::move(wanted));
  }
  count(written, admission);
  if (written && *written) {
    parts_.failpoints.pass(Failpoint::AfterGrantWrite);
    tell_granted(*request, admission.members.front().record); // the watch will show it
  } else if (written) {
    give_up(admission, limits_.reconsidered_after);
  } else {
    note_failure(admission, written.error());
  }
  --writing_;
  start_next();
}

void RequestKeeper::count(const Result<bool>& written, const allocation::Admission& admission) {
  using telemetry::AdmissionOutcome;
  AdmissionOutcome outcome = AdmissionOutcome::Overtaken;
  if (!written)
    outcome = is_refusal(written.error()) ? AdmissionOutcome::Refused : AdmissionOutcome::Unknown;
  else if (*written)
    outcome = AdmissionOutcome::Done;
  parts_.metrics.admission_writes(outcome).add();
  if (outcome == AdmissionOutcome::Done)
    count_admitted(parts_.metrics, admission, parts_.executor.clock().now());
}

void RequestKeeper::tell_granted(const api::AllocationRequest& request,
                                 const allocation::AdmissionRecord& record) {
  refused_.erase(cluster::workload_of(request));
  const kube::ObjectReference about{std::string(api::kApiVersion), "AllocationRequest",
                                    request.meta.key(), request.meta.uid};
  parts_.events.record(about, kube::EventSeverity::Normal, Reason::Allocated, "Allocate",
                       "it holds what it asks for of pool " + record.pool.str() +
                           ", charged to quota " + record.quota.str());
}

/// What the API server refuses is not tried again at once.
void RequestKeeper::note_failure(const allocation::Admission& admission, const Error& error) {
  const bool is_refused = is_refusal(error);
  give_up(admission, is_refused ? limits_.reconsidered_after : limits_.confirmation_max);
  if (!is_refused)
    return;
  const WorkloadId& workload = admission.workload->id;
  refused_[workload] = {parts_.executor.clock().now() + limits_.refused_backoff,
                        Reason::NotAdmitted, "the API server refused it (" + error.message + ")"};
  parts_.log.warn("The API server refused a grant", error, {{"workload", workload}});
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
    for (auto& unit : units) {
      // As the status will say it, so that the watch can confirm it.
      unit.record.planned_nodes.resize(std::min<std::size_t>(unit.record.planned_nodes.size(), 1));
      unit.record.devices.clear();
      parts_.observer.assume_admitted(unit.pod->uid, unit.record);
    }
    group_.spawn(write_move(std::move(units)));
  }
}

async::Task<void> RequestKeeper::write_move(std::vector<allocation::Replanning> units) {
  const auto request = parts_.observer.find_request(units.front().pod->uid);
  Result<bool> written = false;
  if (request) {
    std::map<std::size_t, allocation::AdmissionRecord> moved;
    for (const auto& unit : units)
      moved.emplace(cluster::unit_number(unit.pod->uid).value_or(0), unit.record);
    auto wanted = moved_status(*request, moved);
    auto current = request->status;
    written = co_await writer_.write(kube::types::allocation_request(), *request,
                                     std::move(current), std::move(wanted));
  }
  if (written && *written)
    co_return;
  // The units stay charged by what was decided before; the next cycle sees what is still amiss.
  for (const auto& unit : units)
    parts_.observer.assume_admitted(unit.pod->uid, *unit.pod->admission);
}

std::map<WorkloadId, allocation::HeldBack> RequestKeeper::held_back() {
  std::map<WorkloadId, allocation::HeldBack> held;
  const TimePoint now = parts_.executor.clock().now();
  std::erase_if(refused_, [&](const auto& entry) { return entry.second.until <= now; });
  held.insert(refused_.begin(), refused_.end());
  for (const auto& [key, request] : parts_.observer.requests().items())
    if (auto until = cluster::held_back(*request, now))
      held.insert_or_assign(cluster::workload_of(*request), std::move(*until));
  return held;
}

} // namespace berth::op
