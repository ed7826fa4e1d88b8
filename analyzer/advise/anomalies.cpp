#include "analyzer/advise/anomalies.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "analyzer/advise/number.hpp"
#include "analyzer/advise/series_names.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;

/// A series that is watched, and what it is of.
struct Watched {
  std::string series{};
  /// A metric's thousandths are what cpu is counted in.
  ResourceName unit{""};
  std::string name{}; ///< what people call it
  double capacity = 0;
  kube::ObjectReference about{};
};

kube::ObjectReference reference(const kube::ResourceType& type, const api::ObjectMeta& meta) {
  return {type.api_version(), type.kind, meta.key(), meta.uid};
}

Reason reason_of(AnomalyKind kind) {
  switch (kind) {
  case AnomalyKind::Spike: return Reason::UsageSpiked;
  case AnomalyKind::Drop: return Reason::UsageDropped;
  case AnomalyKind::PatternDeviation: return Reason::UsageOutOfPattern;
  }
  return Reason::UsageOutOfPattern;
}

std::string note_of(const Watched& watched, const Anomaly& anomaly) {
  const auto text = [&](double value) {
    return format_amount(watched.unit, Amount{std::llround(value)});
  };
  const std::string usual = text(anomaly.usual);
  std::string note = watched.name + " was at " + text(anomaly.value) +
                     " in the five minutes from " + format_time(anomaly.at);
  switch (anomaly.kind) {
  case AnomalyKind::Spike: return note + ", far above its usual " + usual;
  case AnomalyKind::Drop: return note + ", far below its usual " + usual;
  case AnomalyKind::PatternDeviation:
    return note + ", which is not its course at such a time; its mean is " + usual;
  }
  return note;
}

std::vector<Watched> of_pool(const PoolView& pool, const Recorder& recorder, TimePoint now) {
  std::vector<Watched> found;
  const PoolUsage usage = recorder.usage_of(pool, now);
  for (const ResourceName& resource : judged_resources())
    found.push_back({pool_series(pool.pool->meta.uid, resource), resource,
                     std::string(resource.str()), number(usage.capacity.get(resource)),
                     reference(kube::types::resource_pool(), pool.pool->meta)});
  return found;
}

std::vector<Watched> of_workload(const WorkloadView& view, const Recorder& recorder) {
  std::vector<Watched> found;
  const PoolUsage& usage = recorder.usage_of(view.ref).pods;
  for (const ResourceName& resource : judged_resources())
    found.push_back({workload_series(view.ref, resource), resource, std::string(resource.str()),
                     number(usage.capacity.get(resource)),
                     reference(type_of(view.ref.kind), view.workload->meta)});
  for (const api::ScalingMetric& metric : view.policy->spec.metrics)
    if (metric.source != api::ScalingMetricSource::Resource)
      found.push_back({metric_series(*view.policy, metric.name), ResourceName::cpu(),
                       "metric/" + metric.name, 0,
                       reference(kube::types::scaling_policy(), view.policy->meta)});
  return found;
}

} // namespace

std::vector<AnomalyNotice> find_anomalies(AnomalyWatch& watch, const ClusterView& view,
                                          const Recorder& recorder, TimePoint now) {
  std::vector<AnomalyNotice> notices;
  const auto look_at = [&](const std::vector<Watched>& all) {
    for (const Watched& one : all) {
      const Series* series = recorder.history().find(one.series);
      const auto anomaly =
          series == nullptr ? std::nullopt : watch.look(one.series, *series, one.capacity);
      if (anomaly)
        notices.push_back(
            {anomaly->kind, {one.about, reason_of(anomaly->kind), note_of(one, *anomaly)}});
    }
  };
  watch.begin_cycle();
  for (const PoolView& pool : view.pools)
    look_at(of_pool(pool, recorder, now));
  for (const WorkloadView& workload : view.workloads)
    look_at(of_workload(workload, recorder));
  watch.end_cycle();
  return notices;
}

} // namespace berth::analyzer
