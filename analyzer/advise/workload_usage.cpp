#include "analyzer/advise/workload_usage.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

/// All pods of a workload count the same.
const ResourceVector& equal_shares() {
  static const ResourceVector shares{{"cpu", 1000}, {"memory", 1 << 20}};
  return shares;
}

void add_container(ContainerPeaks& peaks, const ResourceVector& used, bool starting) {
  (starting ? peaks.startup : peaks.busiest).raise_to(used);
}

void add_peaks(WorkloadUsage& usage, const WorkloadPod& pod, const UsageSample& sample) {
  // The window of the sample must lie behind the start-up as a whole.
  const bool starting = sample.at - sample.window < pod.started + kStartup;
  for (const ContainerUse& container : sample.containers)
    add_container(usage.containers[container.name], container.used, starting);
}

void add_kills(WorkloadUsage& usage, const WorkloadPod& pod) {
  bool killed = false;
  for (const PodContainer& container : pod.containers) {
    usage.restarts += container.restarts;
    if (!container.killed_for_memory)
      continue;
    killed = true;
    const Amount limit = container.limits.get(ResourceName::memory());
    auto& killed_at = usage.containers[container.name].killed_at;
    if (Amount{} < limit)
      killed_at = std::max(killed_at.value_or(limit), limit);
  }
  usage.killed += killed ? 1 : 0;
}

} // namespace

WorkloadUsage add_up(const std::vector<WorkloadPodPtr>& pods, const PodSamples& samples,
                     TimePoint now, Duration stale_after) {
  WorkloadUsage usage;
  std::vector<MeasuredNode> members;
  for (const auto& pod : pods) {
    add_kills(usage, *pod);
    usage.waiting += pod->node.empty() && !pod->meta.deleted ? 1 : 0;
    if (!pod->running)
      continue;
    MeasuredNode member;
    member.allocatable = equal_shares();
    const auto sample = samples.find(pod->meta.key());
    // One of the same name that ran before is another pod.
    const bool is_its = sample != samples.end() && sample->second.at > pod->meta.created;
    if (is_its)
      member.usage = MeasuredNode::Usage{sample->second.at, sample->second.used};
    member.ready = is_its || now - pod->started >= kUnmeasuredAtFirst;
    members.push_back(std::move(member));
    if (is_its && sample->second.at >= now - stale_after)
      add_peaks(usage, *pod, sample->second);
  }
  usage.pods = add_up(members, now, stale_after);
  return usage;
}

} // namespace berth::analyzer
