#include "analyzer/advise/throttling.hpp"

#include <algorithm>

#include "analyzer/advise/number.hpp"
#include "analyzer/advise/series_names.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;

} // namespace

std::optional<double> throttled_now(const Workload& workload, const std::string& container,
                                    const ContainerPeaks& peaks) {
  const auto found = std::ranges::find(workload.containers, container, &WorkloadContainer::name);
  const ResourceName& cpu = ResourceName::cpu();
  if (found == workload.containers.end() || !peaks.busiest.contains(cpu))
    return std::nullopt;
  const Amount limit = found->limits.get(cpu);
  if (limit <= Amount{})
    return std::nullopt;
  return number(peaks.busiest.get(cpu)) >= kAtLimitPart * number(limit) ? kWholeShare : 0.0;
}

std::vector<ContainerThrottling> throttlings_of(const WorkloadView& view, FactsSources sources,
                                                TimePoint now) {
  std::vector<ContainerThrottling> found;
  const auto& containers = view.workload->containers;
  for (std::size_t at = 0; at < containers.size(); ++at) {
    const std::string name = throttling_series(view.ref, containers[at].name);
    const Series* series = sources.recorder.history().find(name);
    if (series == nullptr || series->is_stale(now) ||
        containers[at].limits.get(ResourceName::cpu()) <= Amount{})
      continue;
    const auto samples = series->since(kThrottlingWatched, now);
    ContainerThrottling one;
    one.container = at;
    one.samples = samples.size();
    for (const Sample& sample : samples)
      one.share += sample.value / kWholeShare / static_cast<double>(samples.size());
    if (one.share > 0)
      one.course = sources.forecaster.foresee(name, *series, StepValue::Mean, now);
    found.push_back(std::move(one));
  }
  return found;
}

} // namespace berth::analyzer
