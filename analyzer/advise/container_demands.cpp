#include "analyzer/advise/container_demands.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/series_names.hpp"
#include "analyzer/advise/series_past.hpp"
#include "analyzer/model/quantile.hpp"

namespace berth::analyzer {
namespace {

using resources::ResourceName;

/// What a request must cover as far back as is kept.
double peak_of(const Series& series, const ResourceName& resource) {
  if (resource == ResourceName::memory())
    return highest_of(series);
  std::vector<double> peaks;
  for (const Aggregate& step : series.aggregates())
    peaks.push_back(step.p95);
  for (const Sample& sample : series.samples())
    peaks.push_back(sample.value);
  if (peaks.empty())
    return 0;
  std::ranges::sort(peaks);
  constexpr double kMost = 0.95;
  return quantile(peaks, kMost);
}

/// What is known of its being killed for memory.
void add_kills(ContainerDemand& demand, const WorkloadView& view, const History& history,
               const WorkloadUsage& usage, TimePoint now) {
  demand.killed_at = history.mark(killed_mark(view.ref, demand.container));
  const auto asks =
      std::ranges::find(view.workload->containers, demand.container, &WorkloadContainer::name);
  const bool is_answered =
      asks == view.workload->containers.end() ||
      static_cast<double>(asks->limits.get(demand.resource).value()) > demand.killed_at;
  if (is_answered)
    return;
  const auto peaks = usage.containers.find(demand.container);
  demand.killed_now = peaks != usage.containers.end() &&
                      std::ranges::any_of(peaks->second.kills, [&](const MemoryKill& kill) {
                        return now - kill.at < kKilledLately;
                      });
}

std::optional<ContainerDemand> demand_of(const WorkloadView& view, const std::string& container,
                                         const ResourceName& resource, FactsSources sources,
                                         TimePoint now) {
  const History& history = sources.recorder.history();
  const std::string name = busiest_series(view.ref, container, resource);
  const Series* series = history.find(name);
  ContainerDemand demand;
  demand.container = container;
  demand.resource = resource;
  if (resource == ResourceName::memory())
    add_kills(demand, view, history, sources.recorder.usage_of(view.ref), now);
  const bool is_job = view.ref.kind == api::ScalingTargetKind::Job;
  // A kill needs no measurement to be known. A Job has ended when the next one is thought of.
  if (series == nullptr || (series->is_stale(now) && !is_job))
    return demand.killed_now ? std::optional(demand) : std::nullopt;
  if (!series->is_stale(now))
    demand.foresight = sources.forecaster.foresee(name, *series, StepValue::Max, now);
  demand.trust = sources.forecaster.trust(name);
  demand.peak = peak_of(*series, resource);
  demand.highest = highest_of(*series);
  demand.startup = history.mark(startup_mark(view.ref, container, resource));
  demand.known_for = known_for(*series, now);
  demand.samples = series->samples().size();
  return demand;
}

} // namespace

std::vector<ContainerDemand> container_demands(const WorkloadView& view, FactsSources sources,
                                               TimePoint now) {
  std::vector<ContainerDemand> demands;
  for (const WorkloadContainer& container : view.workload->containers)
    for (const ResourceName& resource : judged_resources())
      if (auto demand = demand_of(view, container.name, resource, sources, now))
        demands.push_back(std::move(*demand));
  return demands;
}

} // namespace berth::analyzer
