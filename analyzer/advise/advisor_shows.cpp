// What the advisor shows and tells of a cycle besides recommendations.

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "analyzer/advise/advisor.hpp"
#include "analyzer/advise/anomalies.hpp"
#include "analyzer/advise/burst.hpp"
#include "analyzer/advise/number.hpp"

namespace berth::analyzer {

void Advisor::show(const ClusterView& view, const std::vector<PoolFacts>& facts) {
  std::vector<telemetry::ObjectGauges::Sample> ratios;
  std::vector<telemetry::ObjectGauges::Sample> trusts;
  std::vector<telemetry::ObjectGauges::Sample> bursts;
  const TimePoint now = parts_.executor.clock().now();
  for (std::size_t i = 0; i < view.pools.size(); ++i) {
    const std::string& name = view.pools[i].pool->meta.name;
    bursts.push_back({{name}, is_in_burst(*view.pools[i].pool, now) ? 1.0 : 0.0});
    for (const Outlook& outlook : facts[i].used) {
      if (outlook.metrics != Reason::MetricsAvailable)
        continue;
      const std::string resource(outlook.resource.str());
      ratios.push_back({{name, resource}, outlook.use_now / outlook.capacity});
      trusts.push_back({{name, resource}, outlook.trust});
    }
  }
  parts_.metrics.current_usage_ratio.replace(std::move(ratios));
  parts_.metrics.forecast_trust_ratio.replace(std::move(trusts));
  parts_.metrics.in_burst_mode.replace(std::move(bursts));
  std::array<double, api::kRecommendationKinds> pending{};
  for (const auto& [key, one] : parts_.caches.recommendations.items())
    if (api::is_true(one->status.conditions, "Valid") && !one->status.applied_at &&
        one->spec.expires_at > now)
      pending[static_cast<std::size_t>(one->spec.kind)] += 1;
  for (std::size_t i = 0; i < pending.size(); ++i)
    parts_.metrics.pending_plans(static_cast<telemetry::AdviceKind>(i)).set(pending[i]);
}

void Advisor::show_habits(const ClusterView& view, const std::vector<PoolFacts>& facts) {
  std::vector<telemetry::ObjectGauges::Sample> slopes;
  std::vector<telemetry::ObjectGauges::Sample> ahead;
  std::vector<telemetry::ObjectGauges::Sample> patterns;
  for (std::size_t i = 0; i < view.pools.size(); ++i) {
    const std::string& name = view.pools[i].pool->meta.name;
    std::map<std::pair<std::string, std::string>, double> surest;
    const auto add = [&](const resources::ResourceName& resource, const Pattern& pattern) {
      auto& sure = surest[{std::string(resource.str()), std::string(to_string(pattern.kind))}];
      sure = std::max(sure, pattern.confidence);
    };
    for (const auto& [resource, habits] : facts[i].habits) {
      const double capacity = number(facts[i].usage.capacity.get(resource));
      const std::chrono::duration<double> hour = std::chrono::hours{1};
      const double steps_per_hour = hour / habits.step;
      if (capacity > 0) {
        slopes.push_back(
            {{name, std::string(resource.str())}, steps_per_hour * habits.trend.slope / capacity});
        ahead.push_back({{name, std::string(resource.str())}, habits.trend.ahead / capacity});
      }
      for (const Pattern& pattern : habits.patterns)
        add(resource, pattern);
    }
    if (const auto& imbalance = facts[i].imbalance)
      add(imbalance->resource, imbalance->pattern);
    for (const auto& [of, sure] : surest)
      patterns.push_back({{name, of.first, of.second}, sure});
  }
  parts_.metrics.trend_slope_ratio.replace(std::move(slopes));
  parts_.metrics.trend_usage_ratio.replace(std::move(ahead));
  parts_.metrics.pattern_confidence_ratio.replace(std::move(patterns));
}

/// Once for each thing that is wrong.
void Advisor::tell_of_pushed_usage(const ClusterView& view) {
  std::map<std::string, std::string> defects;
  const auto look_at = [&](std::string kind, const api::ObjectMeta& meta,
                           const std::string& defect) {
    if (!defect.empty())
      defects.emplace(std::move(kind) + " " + to_string(meta.key()), defect);
  };
  for (const auto& [key, node] : parts_.caches.nodes.items())
    look_at("Node", node->meta, node->pushed.defect);
  for (const PoolView& pool : view.pools)
    look_at("ResourcePool", pool.pool->meta,
            api::read_pushed_usage(pool.pool->meta.annotations).defect);
  for (const WorkloadView& workload : view.workloads)
    look_at(std::string(to_string(workload.ref.kind)), workload.workload->meta,
            workload.workload->pushed.defect);
  for (const auto& [object, why] : defects)
    if (const auto told = usage_defects_.find(object);
        told == usage_defects_.end() || told->second != why)
      parts_.log.warn("Left out a usage that cannot be read",
                      {{"object", object}, {"annotation", api::annotation::kUsage}, {"why", why}});
  usage_defects_ = std::move(defects);
}

void Advisor::notice(const ClusterView& view, const std::vector<PoolFacts>& facts, TimePoint now) {
  const auto unusual = find_anomalies(anomalies_, view, recorder_, now);
  const auto unused = bottlenecks_.news(view.pools, facts, now);
  for (const PoolFacts& pool : facts)
    bottlenecks_.add(pool);
  bottlenecks_.show(parts_.metrics);
  using telemetry::WatchState;
  const auto count = [&](WatchState state, std::size_t series) {
    parts_.metrics.anomaly_series(state).set(static_cast<double>(series));
  };
  count(WatchState::Watched, anomalies_.watched());
  count(WatchState::NoRoom, anomalies_.without_room());
  if (!may_write_())
    return;
  for (const auto& [kind, one] : unusual) {
    parts_.metrics.anomalies(static_cast<telemetry::AnomalyLabel>(kind)).add();
    tell(one, parts_.log, parts_.events);
  }
  for (const Notice& one : unused)
    tell(one, parts_.log, parts_.events);
}

} // namespace berth::analyzer
