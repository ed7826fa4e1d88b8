#include "analyzer/advise/recorder.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/number.hpp"
#include "analyzer/advise/series_names.hpp"
#include "analyzer/advise/throttling.hpp"

namespace berth::analyzer {
namespace {

using resources::ResourceName;
using telemetry::SampleOutcome;

/// With a long interval an hour has too few samples to say anything.
constexpr int kWindowIntervalsMin = 20;

/// Of the pod template; nothing without a limit.
std::optional<resources::Amount> memory_limit(const WorkloadView& view,
                                              const std::string& container) {
  const auto& containers = view.workload->containers;
  const auto found = std::ranges::find(containers, container, &WorkloadContainer::name);
  if (found == containers.end() || !found->limits.contains(ResourceName::memory()))
    return std::nullopt;
  return found->limits.get(ResourceName::memory());
}

SeriesOptions series_options(Duration interval) {
  SeriesOptions options;
  options.interval = interval;
  options.window = std::max(options.window, interval * kWindowIntervalsMin);
  return options;
}

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

} // namespace

Recorder::Recorder(const AdvisorOptions& options, telemetry::AnalyzerMetrics& metrics)
    : options_(options), metrics_(metrics), cadence_(options.interval),
      history_(series_options(options.interval)) {}

void Recorder::take_nodes(const std::vector<cluster::UsageSample>& samples, TimePoint now) {
  std::vector<Duration> spacings;
  for (const cluster::UsageSample& sample : samples) {
    if (!is_sane(sample, now))
      continue;
    auto& newest = metrics_.newest_sample_timestamp_seconds;
    newest.set(std::max(newest.value(), seconds(sample.at.time_since_epoch())));
    const auto [known, is_new] =
        node_samples_.try_emplace(NodeName(sample.key.name), sample.at, sample.used);
    if (!is_new && sample.at > known->second.at) {
      spacings.push_back(sample.at - known->second.at);
      known->second = {sample.at, sample.used};
    }
    for (const ResourceName& resource : judged_resources())
      if (sample.used.contains(resource))
        static_cast<void>(history_.add(node_series(sample.key.name, resource),
                                       {sample.at, number(sample.used.get(resource))}, now));
  }
  cadence_.add(spacings);
}

void Recorder::take_pods(const std::vector<cluster::UsageSample>& samples, TimePoint now) {
  for (const cluster::UsageSample& sample : samples) {
    if (!is_sane(sample, now))
      continue;
    const auto [known, is_new] = pod_samples_.try_emplace(sample.key, sample);
    if (!is_new && sample.at > known->second.at)
      known->second = sample;
  }
}

void Recorder::take_metric(const std::string& series, const std::vector<Sample>& samples,
                           TimePoint now) {
  constexpr double kThousandths = 1000;
  for (const Sample& sample : samples)
    static_cast<void>(history_.add(series, {sample.at, kThousandths * sample.value}, now));
}

void Recorder::take_pushed(const WorkloadView& view, TimePoint now) {
  const auto& pushed = view.workload->pushed.usage;
  if (!pushed)
    return;
  for (const api::ScalingMetric& metric : view.policy->spec.metrics)
    if (const auto value = pushed->used.find(metric.metric);
        metric.source == api::ScalingMetricSource::Pushed && value != pushed->used.end())
      static_cast<void>(history_.add(metric_series(*view.policy, metric.name),
                                     {pushed->measured_at, number(value->second.milli_value())},
                                     now));
}

resources::ResourceVector Recorder::pushed_use(const api::ResourcePool& pool, TimePoint now) const {
  resources::ResourceVector used;
  const auto pushed = api::read_pushed_usage(pool.meta.annotations).usage;
  if (!pushed || pushed->measured_at < now - stale_after() ||
      pushed->measured_at > now + stale_after())
    return used;
  for (const api::PoolResource& resource : pool.spec.resources)
    if (const auto value = pushed->used.find(std::string(resource.name.str()));
        resource.kind == api::PoolResourceKind::Virtual && value != pushed->used.end()) {
      const ResourceName name(std::string(resources::kVirtualResourcePrefix) + value->first);
      used.set(name, resources::amount_of(name, value->second));
    }
  return used;
}

void Recorder::forget_what_is_gone(const Caches& caches) {
  std::erase_if(node_samples_, [&](const auto& sample) {
    return caches.nodes.find({"", sample.first.str()}) == nullptr;
  });
  std::erase_if(pod_samples_,
                [&](const auto& sample) { return caches.pods.find(sample.first) == nullptr; });
}

void Recorder::record(const ClusterView& view, const WorkloadPods& pods, TimePoint now,
                      bool is_charge_known) {
  const Duration interval = cadence_.interval();
  history_.expect_every(interval);
  measures_.clear();
  for (const PoolView& pool : view.pools) {
    record_pool(pool, now, is_charge_known);
    record_measures(pool, now);
  }
  for (const QuotaView& quota : view.quotas)
    if (is_charge_known)
      record_demand(*quota.quota, now);
  record_waiting(view, now);
  for (const WorkloadView& workload : view.workloads)
    take_pushed(workload, now);
  workloads_.clear();
  for (const auto& [ref, members] : pods) {
    const auto [place, is_new] =
        workloads_.emplace(ref, add_up(members, pod_samples_, now, stale_after()));
    const auto of = std::ranges::lower_bound(view.workloads, ref, {}, &WorkloadView::ref);
    const bool is_named = of != view.workloads.end() && of->ref == ref;
    record_workload(ref, place->second, is_named ? &*of : nullptr, now);
  }
  history_.tend(now);
  show();
}

PoolUsage Recorder::usage_of(const PoolView& pool, TimePoint now) const {
  return add_up(pool.nodes, now, stale_after());
}

const PoolMeasures& Recorder::measures_of(const PoolView& pool) const {
  static const PoolMeasures kNothing;
  const auto found = measures_.find(pool.pool->meta.uid);
  return found == measures_.end() ? kNothing : found->second;
}

MeasuredUse Recorder::use_of(const PoolView& pool, const ResourceName& resource,
                             TimePoint now) const {
  MeasuredUse use;
  use.resource = resource;
  const auto is_fresh = [&](TimePoint at) {
    return at >= now - stale_after() && at <= now + stale_after();
  };
  for (const MeasuredNode& node : pool.nodes)
    if (node.usage && is_fresh(node.usage->at) && node.usage->used.contains(resource))
      use.nodes.emplace(node.name, node.usage->used.get(resource));
  if (!pool.pods)
    return use;
  for (const RunningPod& running : pool.pods->pods) {
    const auto sample = pod_samples_.find(running.pod->meta.key());
    const bool is_its_own =
        sample != pod_samples_.end() && sample->second.at > running.pod->meta.created;
    if (is_its_own && is_fresh(sample->second.at) && sample->second.used.contains(resource))
      use.pods.emplace(sample->first, sample->second.used.get(resource));
  }
  return use;
}

bool Recorder::is_waited_for(const PoolView& pool, TimePoint now) const {
  const auto found = waiting_since_.find(pool.pool->meta.uid);
  return found != waiting_since_.end() && now - found->second >= kWaitsAfter;
}

const WorkloadUsage& Recorder::usage_of(const WorkloadRef& workload) const {
  static const WorkloadUsage kNothing;
  const auto found = workloads_.find(workload);
  return found == workloads_.end() ? kNothing : found->second;
}

Duration Recorder::stale_after() const {
  return Series::kStaleIntervals * cadence_.interval();
}

/// One from far ahead would turn away all that come after it.
bool Recorder::is_sane(const cluster::UsageSample& sample, TimePoint now) {
  return sample.at <= now + options_.interval;
}

void Recorder::record_pool(const PoolView& pool, TimePoint now, bool is_charge_known) {
  const std::string& uid = pool.pool->meta.uid;
  const PoolUsage usage = usage_of(pool, now);
  if (usage.newest_fresh && usage.coverage_percent() >= options_.coverage_percent_min)
    for (const ResourceName& resource : pool_resources())
      if (usage.estimated.contains(resource) &&
          usage.coverage_percent(resource) >= options_.coverage_percent_min)
        static_cast<void>(history_.add(pool_series(uid, resource),
                                       {*usage.newest_fresh, number(usage.estimated.get(resource))},
                                       now));
  if (!pool.pool->spec.burst || !is_charge_known)
    return;
  for (const auto& row : pool.pool->status.resources)
    if (row.allocated &&
        std::ranges::find(judged_resources(), row.name) != judged_resources().end())
      static_cast<void>(
          history_.add(pool_charged_series(uid, row.name), {now, number(*row.allocated)}, now));
}

/// What was measured once is measured until it is forgotten: that a bottleneck is over is a
/// measurement too, but for what is not known without samples.
void Recorder::record_measures(const PoolView& pool, TimePoint now) {
  const std::string& uid = pool.pool->meta.uid;
  PoolMeasures& measures = measures_[uid];
  measures = measure(pool, now, stale_after());
  const bool is_measured = usage_of(pool, now).coverage_percent() >= options_.coverage_percent_min;
  std::map<std::string, double> shares = measures.shares;
  const std::string prefix = measure_series(uid, "");
  const auto& series = history_.series();
  for (auto it = series.lower_bound(prefix); it != series.end() && it->first.starts_with(prefix);
       ++it) {
    const std::string metric = it->first.substr(prefix.size());
    if (!metric.starts_with("share/busiest-node/"))
      shares.try_emplace(metric, metric == kLargestBlockMetric ? kWholeShare : 0.0);
  }
  for (const auto& [metric, share] : shares) {
    const bool needs_samples =
        metric.starts_with("share/contention/") || metric.starts_with("share/allocation/");
    if (is_measured || !needs_samples)
      static_cast<void>(history_.add(measure_series(uid, metric), {now, share}, now));
  }
}

void Recorder::record_demand(const api::Quota& quota, TimePoint now) {
  for (const api::QuotaPoolStatus& of : quota.status.pools)
    for (const api::QuotaResourceStatus& row : of.resources) {
      if (!row.used || row.used->is_unlimited())
        continue;
      // Work on hold waits for no amount; of several pools it is not known for which it waits.
      const bool waits_here = quota.spec.stop == api::Stop::None && quota.status.pools.size() == 1;
      const auto waiting =
          waits_here ? row.pending.value_or(resources::Amount{}) : resources::Amount{};
      static_cast<void>(history_.add(demand_series(quota.meta.uid, of.pool, row.name),
                                     {now, number(*row.used + waiting)}, now));
    }
}

void Recorder::record_waiting(const ClusterView& view, TimePoint now) {
  std::map<std::string, TimePoint> since;
  for (const PoolView& pool : view.pools) {
    const std::string& uid = pool.pool->meta.uid;
    if (pool.waiting.empty())
      continue;
    const auto before = waiting_since_.find(uid);
    since.emplace(uid, before == waiting_since_.end() ? now : before->second);
  }
  waiting_since_ = std::move(since);
}

void Recorder::record_workload(const WorkloadRef& ref, const WorkloadUsage& usage,
                               const WorkloadView* view, TimePoint now) {
  for (const auto& [container, peaks] : usage.containers) {
    see_marks(ref, container, now);
    record_kills(ref, container, peaks.kills, view, now);
    for (const auto& [resource, amount] : peaks.startup)
      history_.raise(startup_mark(ref, container, resource), number(amount), now);
  }
  const bool is_sampled = usage.newest_sample &&
                          100 * usage.sampled >= options_.coverage_percent_min * usage.pods.nodes;
  for (const ResourceName& resource : judged_resources())
    for (const auto& [container, peaks] : usage.containers)
      if (is_sampled && peaks.busiest.contains(resource))
        static_cast<void>(history_.add(busiest_series(ref, container, resource),
                                       {*usage.newest_sample, number(peaks.busiest.get(resource))},
                                       now));
  for (const auto& [container, peaks] : usage.containers)
    if (const auto throttled = is_sampled && view != nullptr
                                   ? throttled_now(*view->workload, container, peaks)
                                   : std::nullopt)
      static_cast<void>(
          history_.add(throttling_series(ref, container), {*usage.newest_sample, *throttled}, now));
  if (!usage.pods.newest_fresh || usage.pods.coverage_percent() < options_.coverage_percent_min)
    return;
  for (const ResourceName& resource : judged_resources())
    if (usage.pods.estimated.contains(resource))
      static_cast<void>(history_.add(
          workload_series(ref, resource),
          {*usage.pods.newest_fresh, number(usage.pods.estimated.get(resource))}, now));
}

/// Each kill once: how a container ended is said of it as long as it runs, and its limit may have
/// been raised since. What it was not killed at would be raised from again and again. So of one
/// that may have been answered before its time was noted, no more counts than the template's limit.
void Recorder::record_kills(const WorkloadRef& ref, const std::string& container,
                            const std::vector<MemoryKill>& kills, const WorkloadView* view,
                            TimePoint now) {
  const std::string last_name = last_kill_mark(ref, container);
  const double last = history_.mark(last_name);
  // When pods were last begun to be given what a kill asked for.
  const auto answered =
      view == nullptr
          ? std::nullopt
          : last_carried_out(view->recommendations, {.kind = api::RecommendationKind::Resize});
  const auto of_template = view == nullptr ? std::nullopt : memory_limit(*view, container);
  for (const MemoryKill& kill : kills) {
    const double at = seconds(kill.at.time_since_epoch());
    if (at <= last)
      continue;
    const bool may_be_answered = last <= 0 || (answered && kill.at <= *answered);
    const auto limit =
        may_be_answered && of_template ? std::min(kill.limit, *of_template) : kill.limit;
    history_.raise(killed_mark(ref, container), number(limit), now);
    history_.raise(last_name, at, now);
  }
}

void Recorder::see_marks(const WorkloadRef& ref, const std::string& container, TimePoint now) {
  history_.see(killed_mark(ref, container), now);
  history_.see(last_kill_mark(ref, container), now);
  for (const ResourceName& resource : judged_resources())
    history_.see(startup_mark(ref, container, resource), now);
}

void Recorder::show() {
  const HistoryTotals& totals = history_.totals();
  const SampleCounts& counts = totals.samples;
  const auto set = [&](SampleOutcome outcome, std::uint64_t count) {
    metrics_.samples(outcome).set_total(static_cast<double>(count));
  };
  set(SampleOutcome::Added, counts.added);
  set(SampleOutcome::Duplicate, counts.duplicates);
  set(SampleOutcome::OutOfOrder, counts.out_of_order);
  set(SampleOutcome::FromTheFuture, counts.from_the_future);
  set(SampleOutcome::NotANumber, counts.not_numbers);
  set(SampleOutcome::Negative, counts.negative);
  set(SampleOutcome::NoRoom, totals.refused);
  metrics_.samples_missing.set_total(static_cast<double>(counts.missing));
  metrics_.series.set(static_cast<double>(totals.series));
  metrics_.marks.set(static_cast<double>(totals.marks));
  metrics_.marks_refused.set_total(static_cast<double>(totals.marks_refused));
  metrics_.series_stale.set(static_cast<double>(totals.stale));
  metrics_.history_bytes.set(static_cast<double>(totals.bytes));
  metrics_.history_seconds.set(seconds(totals.kept));
}

} // namespace berth::analyzer
