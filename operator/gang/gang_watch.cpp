#include "operator/gang/gang_watch.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace berth::op {

using allocation::PodView;

std::vector<PartialGang> partial_gangs(const allocation::ClusterSnapshot& snapshot) {
  std::map<WorkloadId, PartialGang> gangs;
  std::set<WorkloadId> ran;
  snapshot.pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (!pod->gang || pod->gang->size < 2 || !pod->admission)
      return;
    const WorkloadId id = allocation::workload_id(*pod);
    if (pod->terminal)
      ran.insert(id);
    if (pod->terminal || pod->terminating)
      return;
    PartialGang& gang = gangs[id];
    gang.id = id;
    gang.size = pod->gang->size;
    gang.members.push_back(pod);
    gang.bound += pod->is_bound() ? 1 : 0;
  });
  std::vector<PartialGang> partial;
  for (auto& [id, gang] : gangs)
    if (gang.bound < gang.size && !ran.contains(id))
      partial.push_back(std::move(gang));
  return partial;
}

GangWatch::GangWatch(Parts parts, GangWatchOptions options)
    : parts_(std::move(parts)), options_(options) {}

async::Task<void> GangWatch::run(std::stop_token stop) {
  for (;;) {
    const bool due = co_await async::sleep_for(parts_.executor, options_.look_every, stop);
    if (!due)
      co_return;
    co_await look();
  }
}

async::Task<void> GangWatch::look() {
  const auto snapshot = parts_.observer.snapshot();
  const SteadyPoint now = parts_.executor.clock().steady_now();
  std::map<WorkloadId, Seen> still;
  std::vector<PartialGang> overdue;
  for (auto& gang : partial_gangs(*snapshot)) {
    const auto known = partial_.find(gang.id);
    const Seen seen = known == partial_.end() ? Seen{now, false} : known->second;
    still.emplace(gang.id, seen);
    if (now - seen.since >= options_.timeout && !seen.reported)
      overdue.push_back(std::move(gang));
  }
  partial_ = std::move(still);
  const TimePoint forgotten_before = parts_.executor.clock().now() - options_.backoff_max;
  std::erase_if(rolled_back_,
                [&](const auto& entry) { return entry.second.held_until < forgotten_before; });
  for (auto& gang : overdue)
    co_await roll_back(std::move(gang));
}

bool GangWatch::can_be_made_again(const PartialGang& gang) const {
  return std::all_of(gang.members.begin(), gang.members.end(), [&](const auto& member) {
    const auto pod = parts_.observer.find_pod(member->uid);
    return pod && std::any_of(pod->meta.owners.begin(), pod->meta.owners.end(),
                              [](const auto& owner) { return owner.controller; });
  });
}

async::Task<void> GangWatch::roll_back(PartialGang gang) {
  const std::string counts =
      std::to_string(gang.bound) + " of " + std::to_string(gang.size) + " members are bound";
  if (!can_be_made_again(gang)) {
    partial_[gang.id].reported = true;
    tell(gang,
         counts + "; the gang is not rolled back, as no controller would make its pods again");
    co_return;
  }
  RolledBack& record = rolled_back_[gang.id];
  const Duration backoff = std::min(options_.backoff_max,
                                    options_.backoff_initial * (1U << std::min(record.times, 16U)));
  ++record.times;
  record.held_until = parts_.executor.clock().now() + backoff;
  tell(gang, counts + "; the gang is rolled back and waits " +
                 std::to_string(backoff / std::chrono::seconds{1}) + " s");
  parts_.failpoints.pass(Failpoint::BeforeGangRollback);
  for (const auto& member : gang.members) {
    const kube::ObjectKey key{member->namespace_name, member->name};
    kube::Preconditions preconditions;
    preconditions.uid = member->uid.str();
    auto removed = co_await parts_.client.remove(kube::types::pod(), key, preconditions);
    if (!removed && removed.error().code != Code::NotFound &&
        removed.error().code != Code::Conflict)
      parts_.log.warn("Failed to delete a member of a gang", removed.error(),
                      {{"pod", to_string(key)}});
    parts_.failpoints.pass(Failpoint::AfterFirstGangRollback);
  }
}

void GangWatch::tell(const PartialGang& gang, const std::string& what) {
  const auto& first = *gang.members.front();
  const kube::ObjectReference about{"v1", "Pod", kube::ObjectKey{first.namespace_name, first.name},
                                    first.uid.str()};
  parts_.events.record(about, kube::EventSeverity::Warning, Reason::GangTimedOut, "RollBack", what);
  parts_.log.warn("A gang did not come to run in time",
                  {{"workload", gang.id}, {"bound", gang.bound}, {"size", gang.size}});
}

std::map<WorkloadId, TimePoint> GangWatch::held_back() const {
  std::map<WorkloadId, TimePoint> held;
  const TimePoint now = parts_.executor.clock().now();
  for (const auto& [id, record] : rolled_back_)
    if (record.held_until > now)
      held.emplace(id, record.held_until);
  return held;
}

} // namespace berth::op
