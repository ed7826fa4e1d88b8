#include "operator/gang/gang_watch.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/base/timestamp.hpp"
#include "operator/admission/admission_patch.hpp"

namespace berth::op {
namespace {

std::optional<api::RollbackRecord> record_on(const cluster::Pod& pod) {
  const auto text = pod.meta.annotations.find(std::string(api::annotation::kRolledBack));
  if (text == pod.meta.annotations.end())
    return std::nullopt;
  const auto record = api::decode_rollback(text->second);
  return record ? std::optional(*record) : std::nullopt;
}

/// The pod still has the admission that was taken back.
bool is_to_be_deleted(const cluster::Pod& pod, const api::RollbackRecord& record) {
  const auto& view = pod.view;
  const allocation::DecisionId decision =
      view.admission ? view.admission->decision : allocation::DecisionId{};
  return !view.terminating && !view.terminal && (view.admission || view.is_bound()) &&
         decision == record.decision;
}

std::string counts_of(const AdmittedGang& gang) {
  return std::to_string(gang.bound) + " of " + std::to_string(gang.size) + " members are bound";
}

} // namespace

GangWatch::GangWatch(Parts parts, GangWatchOptions options)
    : parts_(std::move(parts)), options_(options),
      rollback_({parts_.client, parts_.executor, parts_.failpoints, parts_.leads, parts_.log}) {}

void GangWatch::recall() {
  for (const auto& [key, pod] : parts_.observer.pods().items()) {
    const auto record = record_on(*pod);
    if (!record)
      continue;
    const WorkloadId id = allocation::workload_id(pod->view);
    api::RollbackRecord& known = rolled_back_[id];
    if (record->times > known.times)
      known = api::RollbackRecord{{}, record->times, record->until};
    if (is_to_be_deleted(*pod, *record))
      unfinished_.insert(id);
  }
  // Whether they ever ran whole is not written anywhere; taking it for granted harms nobody.
  for (const auto& gang : admitted_gangs(*parts_.observer.snapshot()))
    if (!gang.is_growing())
      ran_whole_.insert(gang.id);
}

async::Task<void> GangWatch::run(std::stop_token stop) {
  for (;;) {
    const bool due = co_await async::sleep_for(parts_.executor, options_.look_every, stop);
    if (!due)
      co_return;
    co_await look();
  }
}

async::Task<void> GangWatch::look() {
  forget_old_records();
  auto overdue = find_overdue();
  for (auto& gang : overdue)
    co_await roll_back(std::move(gang));
  co_await pass_on_records();
}

std::vector<AdmittedGang> GangWatch::find_overdue() {
  const SteadyPoint now = parts_.executor.clock().steady_now();
  std::map<WorkloadId, Seen> partial;
  std::set<WorkloadId> ran_whole;
  std::set<WorkloadId> unfinished;
  std::vector<AdmittedGang> overdue;
  const auto snapshot = parts_.observer.snapshot();
  for (auto& gang : admitted_gangs(*snapshot)) {
    const bool is_unfinished = unfinished_.contains(gang.id);
    if (is_unfinished)
      unfinished.insert(gang.id);
    if (gang.is_whole() || ran_whole_.contains(gang.id))
      ran_whole.insert(gang.id);
    if (gang.is_whole() && !is_unfinished)
      continue;
    const auto known = partial_.find(gang.id);
    const Seen seen = known == partial_.end() ? Seen{now, false} : known->second;
    partial.emplace(gang.id, seen);
    if (is_unfinished || (now - seen.since >= timeout_of(gang, *snapshot) && !seen.reported))
      overdue.push_back(std::move(gang));
  }
  partial_ = std::move(partial);
  ran_whole_ = std::move(ran_whole);
  unfinished_ = std::move(unfinished);
  return overdue;
}

/// That of the pool where it was admitted.
Duration GangWatch::timeout_of(const AdmittedGang& gang,
                               const allocation::ClusterSnapshot& snapshot) const {
  const auto admitted = std::ranges::find_if(
      gang.members, [](const auto& member) { return member->admission.has_value(); });
  if (admitted == gang.members.end())
    return options_.timeout;
  return snapshot.policy_of((*admitted)->admission->pool).gang_timeout.value_or(options_.timeout);
}

/// Empty if the gang is to be rolled back.
std::string GangWatch::why_left_alone(const AdmittedGang& gang) const {
  if (unfinished_.contains(gang.id))
    return {};
  if (!gang.is_growing() && ran_whole_.contains(gang.id))
    return "it ran whole before, and nobody makes the others again";
  const bool can_be_made_again =
      std::all_of(gang.members.begin(), gang.members.end(), [&](const auto& member) {
        const auto pod = parts_.observer.find_pod(member->uid);
        return pod && std::any_of(pod->meta.owners.begin(), pod->meta.owners.end(),
                                  [](const auto& owner) { return owner.controller; });
      });
  return can_be_made_again ? std::string() : "no controller would make its pods again";
}

async::Task<void> GangWatch::roll_back(AdmittedGang gang) {
  const std::string why_not = why_left_alone(gang);
  if (!why_not.empty()) {
    partial_[gang.id].reported = true;
    tell(gang, counts_of(gang) + "; the gang is not rolled back, as " + why_not);
    co_return;
  }
  const bool is_new = !unfinished_.contains(gang.id) || rolled_back_[gang.id].times == 0;
  const api::RollbackRecord record = is_new ? next_record(gang.id) : rolled_back_[gang.id];
  // The next cycle must not admit what comes in place of the members while they are deleted.
  const auto before = std::exchange(rolled_back_[gang.id], record);
  const GangRollback::End end = co_await rollback_.run(gang, record);
  if (end == GangRollback::End::Untouched || end == GangRollback::End::NotNeeded) {
    rolled_back_[gang.id] = before;
    if (end == GangRollback::End::NotNeeded) {
      unfinished_.erase(gang.id);
      partial_.erase(gang.id);
    }
    co_return;
  }
  unfinished_.insert(gang.id);
  if (!is_new)
    co_return;
  parts_.metrics.evictions(telemetry::EvictionCause::GangRollback).add();
  const std::string what =
      counts_of(gang) + "; the gang is rolled back and waits until " + format_time(record.until);
  tell(gang, what);
  if (rolled_back_since_.size() < kRolledBackMax)
    rolled_back_since_.push_back({std::move(gang.members), what});
}

api::RollbackRecord GangWatch::next_record(const WorkloadId& gang) const {
  const auto known = rolled_back_.find(gang);
  api::RollbackRecord record;
  record.times = known == rolled_back_.end() ? 1 : known->second.times + 1;
  const Duration backoff = std::min(
      options_.backoff_max, options_.backoff_initial * (1 << std::min(record.times - 1, 16)));
  // In whole seconds, as it is written, so that it can be compared with what is written.
  record.until = std::chrono::ceil<std::chrono::seconds>(parts_.executor.clock().now() + backoff);
  return record;
}

/// The members that had the record are going: one that waits in their place takes it over.
async::Task<void> GangWatch::pass_on_records() {
  const auto snapshot = parts_.observer.snapshot();
  const TimePoint now = parts_.executor.clock().now();
  const auto records = rolled_back_;
  for (const auto& [id, record] : records) {
    const auto* workload = snapshot->waiting.find(id);
    if (record.until <= now || workload == nullptr || !parts_.leads())
      continue;
    const auto pod = parts_.observer.find_pod((*workload)->waiting.front()->uid);
    if (!pod || record_on(*pod) == record)
      continue;
    std::string body = rollback_patch(*pod, record);
    kube::WriteOptions options;
    parts_.failpoints.pass(Failpoint::BeforeRollbackRecord);
    // What fails is tried again at the next look.
    const auto written =
        co_await parts_.client.patch(kube::types::pod(), pod->meta.key(), kube::PatchType::Merge,
                                     std::move(body), std::move(options));
    if (written)
      parts_.failpoints.pass(Failpoint::AfterRollbackRecord);
    else
      parts_.log.debug("Did not pass on the record of a rollback",
                       {{"pod", to_string(pod->meta.key())}, {"error", written.error().message}});
  }
}

void GangWatch::forget_old_records() {
  const TimePoint oldest = parts_.executor.clock().now() - options_.backoff_max;
  std::erase_if(rolled_back_, [&](const auto& entry) { return entry.second.until < oldest; });
}

void GangWatch::tell(const AdmittedGang& gang, const std::string& what) {
  const auto& first = *gang.members.front();
  const kube::ObjectReference about{"v1", "Pod", kube::ObjectKey{first.namespace_name, first.name},
                                    first.uid.str()};
  parts_.events.record(about, kube::EventSeverity::Warning, Reason::GangTimedOut, "RollBack", what);
  parts_.log.warn("A gang did not come to run in time",
                  {{"workload", gang.id}, {"bound", gang.bound}, {"size", gang.size}});
}

std::map<WorkloadId, allocation::HeldBack> GangWatch::held_back() const {
  std::map<WorkloadId, allocation::HeldBack> held;
  const TimePoint now = parts_.executor.clock().now();
  for (const auto& [id, record] : rolled_back_)
    if (record.until > now)
      held.emplace(
          id, allocation::HeldBack{record.until, Reason::GangTimedOut, "the gang was rolled back"});
  return held;
}

} // namespace berth::op
