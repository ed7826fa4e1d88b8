#include "analyzer/advise/workload_usage.hpp"

#include <algorithm>

#include "analyzer/advise/settings.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

/// For the estimate all pods of a workload count the same.
const ResourceVector& equal_shares() {
  static const ResourceVector shares{{"cpu", 1000}, {"memory", 1 << 20}};
  return shares;
}

/// Its first minutes, and all the time until it has been ready once: it takes no work, and what it
/// uses says nothing of one that does. One that was ready and no longer is may be overloaded.
bool is_coming(const WorkloadPod& pod, TimePoint now) {
  return never_worked(pod) || (!pod.ready && now < pod.started + kStartup);
}

/// Its sample, where it has one of its own: one of the same name that ran before is another pod.
const cluster::UsageSample* sample_of(const WorkloadPod& pod, const PodSamples& samples) {
  const auto found = samples.find(pod.meta.key());
  return found != samples.end() && found->second.at > pod.meta.created ? &found->second : nullptr;
}

bool asks_for(const PodContainer& container, const ResourceName& resource) {
  return Amount{} < container.requests.get(resource);
}

/// What the containers that ask for a resource use of it, or where none does, all. Nothing where
/// the sample misses one of them: it would count as idle.
std::optional<ResourceVector> asked_use(const WorkloadPod& pod,
                                        const cluster::UsageSample& sample) {
  ResourceVector used;
  for (const ResourceName& resource : judged_resources()) {
    bool anyone_asks = false;
    for (const PodContainer& container : pod.containers) {
      if (!asks_for(container, resource))
        continue;
      const auto measured =
          std::ranges::find(sample.containers, container.name, &cluster::ContainerUse::name);
      if (measured == sample.containers.end() || !measured->used.contains(resource))
        return std::nullopt;
      used.set(resource, used.get(resource) + measured->used.get(resource));
      anyone_asks = true;
    }
    if (!anyone_asks && sample.used.contains(resource))
      used.set(resource, sample.used.get(resource));
  }
  return used;
}

void add_peaks(WorkloadUsage& usage, const WorkloadPod& pod, const cluster::UsageSample& sample,
               TimePoint now) {
  // The window of the sample must lie behind the start-up as a whole.
  const bool starting = is_coming(pod, now) || sample.at - sample.window < pod.started + kStartup;
  for (const cluster::ContainerUse& container : sample.containers) {
    ContainerPeaks& peaks = usage.containers[container.name];
    (starting ? peaks.startup : peaks.busiest).raise_to(container.used);
  }
}

void add_kills(WorkloadUsage& usage, const WorkloadPod& pod) {
  for (const PodContainer& container : pod.containers) {
    const Amount limit = container.limits.get(ResourceName::memory());
    if (container.killed && Amount{} < limit)
      usage.containers[container.name].kills.push_back({*container.killed, limit});
  }
}

void add_requests(WorkloadUsage& usage, const WorkloadPod& pod) {
  for (const PodContainer& container : pod.containers)
    for (const ResourceName& resource : judged_resources())
      if (asks_for(container, resource))
        usage.pods.capacity.set(resource, usage.pods.capacity.get(resource) +
                                              container.requests.get(resource));
}

} // namespace

bool never_worked(const WorkloadPod& pod) {
  return pod.stage == PodStage::Waiting ||
         (!pod.ready && pod.ready_changed <= pod.accepted + kReadinessKnownAfter);
}

WorkloadUsage add_up(const std::vector<WorkloadPodPtr>& pods, const PodSamples& samples,
                     TimePoint now, Duration stale_after) {
  WorkloadUsage usage;
  std::vector<MeasuredNode> members;
  std::vector<const WorkloadPod*> working;
  for (const auto& pod : pods) {
    add_kills(usage, *pod);
    if (pod->stage == PodStage::Ended) {
      usage.ending += pod->meta.deleted ? 1 : 0;
      continue;
    }
    ++usage.present;
    usage.is_sized_by_autoscaler = usage.is_sized_by_autoscaler || pod->is_sized_by_autoscaler;
    const cluster::UsageSample* sample =
        pod->stage == PodStage::Running ? sample_of(*pod, samples) : nullptr;
    const bool is_fresh = sample != nullptr && sample->at >= now - stale_after;
    if (is_fresh)
      add_peaks(usage, *pod, *sample, now);
    const auto used = sample == nullptr ? std::nullopt : asked_use(*pod, *sample);
    if (is_coming(*pod, now) || (!used && now - pod->started < kUnmeasuredAtFirst)) {
      ++usage.coming;
      continue;
    }
    if (is_fresh) {
      ++usage.sampled;
      usage.newest_sample = std::max(usage.newest_sample.value_or(sample->at), sample->at);
    }
    MeasuredNode member;
    member.allocatable = equal_shares();
    if (used)
      member.usage = MeasuredNode::Usage{sample->at, *used};
    members.push_back(std::move(member));
    working.push_back(pod.get());
  }
  usage.pods = add_up(members, now, stale_after);
  usage.pods.capacity = {};
  for (const WorkloadPod* pod : working)
    add_requests(usage, *pod);
  return usage;
}

} // namespace berth::analyzer
