#include "analyzer/advise/facts.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/burst.hpp"
#include "analyzer/advise/container_demands.hpp"
#include "analyzer/advise/decide_moves.hpp"
#include "analyzer/advise/move_facts.hpp"
#include "analyzer/advise/number.hpp"
#include "analyzer/advise/series_names.hpp"
#include "analyzer/advise/throttling.hpp"

namespace berth::analyzer {
namespace {

using resources::ResourceName;
using resources::ResourceVector;

/// Nothing known where there is no such series.
Outlook outlook_of(const std::string& series_name, const OutlookQuestion& question,
                   FactsSources sources, TimePoint now) {
  const Series* series = sources.recorder.history().find(series_name);
  if (series == nullptr) {
    Outlook unknown;
    unknown.resource = question.resource;
    unknown.name = question.name.empty() ? std::string(question.resource.str()) : question.name;
    unknown.capacity = question.capacity;
    return unknown;
  }
  Outlook outlook =
      look_out(question, *series,
               sources.forecaster.foresee(series_name, *series, StepValue::Mean, now), now);
  outlook.trust = sources.forecaster.trust(series_name);
  return outlook;
}

/// Notes what replays say, and goes by their rule.
void learn(Learned& learned, Outlook& outlook, const std::string& series_name, FactsSources sources,
           TimePoint now) {
  const Series* series = sources.recorder.history().find(series_name);
  if (series == nullptr)
    return;
  const auto& report = sources.forecaster.replayed(series_name, *series, now);
  if (!report)
    return;
  outlook.replayed_peak = report->expected_peak;
  learned.emplace(outlook.resource, *report);
}

std::optional<double> measured(const History& history, const std::string& name, TimePoint at,
                               StepValue value) {
  const Series* series = history.find(name);
  return series == nullptr ? std::nullopt : measured_around(*series, at, value);
}

std::optional<double> percent_of(std::optional<double> amount, double capacity) {
  return amount && capacity > 0 ? std::optional(100 * *amount / capacity) : std::nullopt;
}

/// "charged/cpu" and "app/memory" are about cpu and memory.
std::pair<std::string, ResourceName> split(const std::string& metric) {
  const auto slash = metric.rfind('/');
  if (slash == std::string::npos)
    return {"", ResourceName{metric}};
  return {metric.substr(0, slash), ResourceName{metric.substr(slash + 1)}};
}

Proofs pool_proofs(const PoolView& view, const PoolUsage& usage, const History& history) {
  const std::string uid = view.pool->meta.uid;
  Proofs proofs;
  proofs.amount = [&history, uid](const std::string& metric, TimePoint at) {
    if (is_share(metric))
      return measured(history, measure_series(uid, metric), at, StepValue::Mean);
    const auto [of, resource] = split(metric);
    const auto name =
        of == "charged" ? pool_charged_series(uid, resource) : pool_series(uid, resource);
    return measured(history, name, at, StepValue::Mean);
  };
  proofs.percent = [amount = proofs.amount, capacity = usage.capacity](const std::string& metric,
                                                                       TimePoint at) {
    if (is_share(metric))
      return percent_of(amount(metric, at), kWholeShare);
    return percent_of(amount(metric, at), number(capacity.get(split(metric).second)));
  };
  proofs.too_much_percent =
      [settings = settings_of(view, {})](const std::string& metric) -> std::optional<double> {
    if (is_share(metric)) // more of it is no trouble
      return std::nullopt;
    return settings.thresholds_of(split(metric).second).warning_percent;
  };
  proofs.is_applied = [pool = view.pool, nodes = usage.nodes,
                       pods = view.pods](const api::ScalingRecommendation& one) {
    using api::RecommendationKind;
    const auto units = units_of(one);
    const auto& elastic = pool->spec.elastic;
    // The analyzer leaves the bounds as they are, and asks for the nodes.
    const bool is_carried_out = one.status.carried_out.has_value();
    switch (one.spec.kind) {
    case RecommendationKind::GrowPool:
      return units &&
             ((elastic && elastic->min_nodes >= *units) || (is_carried_out && nodes >= *units));
    case RecommendationKind::ShrinkPool:
      return units &&
             ((elastic && elastic->max_nodes <= *units) || (is_carried_out && nodes <= *units));
    case RecommendationKind::EnterBurst:
    case RecommendationKind::LeaveBurst: return is_burst_applied(*pool, one);
    case RecommendationKind::Rebalance:
    case RecommendationKind::Defragment:
    case RecommendationKind::ResolveBottleneck: return is_resolved(*pool, pods.get(), one);
    default: return false;
    }
  };
  return proofs;
}

bool is_asked_for(const Workload& workload, const ResourceName& resource) {
  return std::ranges::any_of(workload.containers, [&](const WorkloadContainer& container) {
    return resources::Amount{} < container.requests.get(resource);
  });
}

/// For one replica, as its series counts: resources in their unit, the others in thousandths.
double metric_target(const api::ScalingMetric& metric) {
  return number(metric.resource ? resources::amount_of(*metric.resource, metric.target_value)
                                : metric.target_value.milli_value());
}

double metric_target(const api::ScalingPolicy& policy, std::string_view name) {
  const auto found = std::ranges::find(policy.spec.metrics, name, &api::ScalingMetric::name);
  return found == policy.spec.metrics.end() ? 0 : metric_target(*found);
}

/// Of a resource it is that of the workload, which is there without the policy as well.
std::string series_of(const WorkloadRef& workload, const api::ScalingPolicy& policy,
                      std::string_view name) {
  const auto found = std::ranges::find(policy.spec.metrics, name, &api::ScalingMetric::name);
  return found != policy.spec.metrics.end() && found->resource
             ? workload_series(workload, *found->resource)
             : metric_series(policy, name);
}

/// A policy's metric; its capacity is the target of all replicas.
Outlook metric_outlook(const WorkloadView& view, const api::ScalingMetric& metric,
                       FactsSources sources, TimePoint now) {
  // Thousandths are what cpu is counted in as well.
  return outlook_of(series_of(view.ref, *view.policy, metric.name),
                    {metric.resource.value_or(ResourceName::cpu()),
                     metric_target(metric) * view.workload->replicas, "metric/" + metric.name},
                    sources, now);
}

/// What the patch asked for where it is in force by now. Pods that were resized in place have it,
/// and the template has not.
std::optional<double> granted_of(const Workload& workload, const api::ScalingRecommendation& one) {
  if (one.spec.kind != api::RecommendationKind::Resize || !one.spec.evidence)
    return std::nullopt;
  const auto [container, resource] = split(one.spec.evidence->metric);
  for (const RequestChange& change : changes_in(workload, one.spec.action.patch))
    if (workload.containers[change.container].name == container && change.resource == resource)
      return number(change.request);
  return std::nullopt;
}

bool is_applied_to(const Workload& workload, const api::ScalingRecommendation& one) {
  using api::RecommendationKind;
  const auto units = units_of(one);
  switch (one.spec.kind) {
  case RecommendationKind::ScaleOut: return units && workload.replicas >= *units;
  case RecommendationKind::ScaleIn: return units && workload.replicas <= *units;
  case RecommendationKind::Resize:
  case RecommendationKind::ResolveBottleneck:
    return is_resized(workload, one.spec.action.patch).value_or(false);
  default: return false;
  }
}

Proofs workload_proofs(const WorkloadView& view, const ResourceVector& capacity,
                       const History& history) {
  Proofs proofs;
  proofs.amount = [&history, ref = view.ref, policy = view.policy](const std::string& metric,
                                                                   TimePoint at) {
    const auto [container, resource] = split(metric);
    if (is_share(metric))
      return measured(history, throttling_series(ref, resource.str()), at, StepValue::Mean);
    if (container == "metric")
      return measured(history, series_of(ref, *policy, resource.str()), at, StepValue::Mean);
    return container.empty()
               ? measured(history, workload_series(ref, resource), at, StepValue::Mean)
               : measured(history, busiest_series(ref, container, resource), at, StepValue::Max);
  };
  proofs.percent = [amount = proofs.amount, capacity, workload = view.workload,
                    policy = view.policy](const std::string& metric, TimePoint at) {
    const auto [container, resource] = split(metric);
    if (is_share(metric))
      return percent_of(amount(metric, at), kWholeShare);
    if (container.empty())
      return percent_of(amount(metric, at), number(capacity.get(resource)));
    if (container == "metric")
      return percent_of(amount(metric, at),
                        metric_target(*policy, resource.str()) * workload->replicas);
    const auto found = std::ranges::find(workload->containers, container, &WorkloadContainer::name);
    const bool is_there = found != workload->containers.end();
    return percent_of(amount(metric, at), is_there ? number(found->requests.get(resource)) : 0.0);
  };
  proofs.counted_as = [policy = view.policy](const std::string& metric) {
    const auto& metrics = policy->spec.metrics;
    const std::string name(split(metric).second.str());
    const auto found = std::ranges::find(metrics, name, &api::ScalingMetric::name);
    return found == metrics.end() ? ResourceName::cpu()
                                  : found->resource.value_or(ResourceName::cpu());
  };
  proofs.granted = [workload = view.workload](const api::ScalingRecommendation& one) {
    return granted_of(*workload, one);
  };
  proofs.too_much_percent = [settings = settings_of(view)](const std::string& metric) {
    const auto [container, resource] = split(metric);
    if (container == "metric")
      return metric_thresholds().warning_percent;
    return container.empty() ? settings.size.thresholds_of(resource).warning_percent : 100.0;
  };
  proofs.is_applied = [workload = view.workload](const api::ScalingRecommendation& one) {
    return is_applied_to(*workload, one);
  };
  return proofs;
}

/// What nobody says any more is unknown, and holds up what needs it; after an hour it is nothing
/// that anybody counts on.
bool is_said(const History& history, const std::string& series, TimePoint now) {
  constexpr Duration kForgotten = std::chrono::hours{1};
  const Series* known = history.find(series);
  if (known == nullptr)
    return false;
  const std::vector<Sample> samples = known->samples();
  return !samples.empty() && now - samples.back().at < kForgotten;
}

} // namespace

PoolFacts facts_of(const PoolView& view, FactsSources sources, TimePoint now) {
  PoolFacts facts;
  const std::string& uid = view.pool->meta.uid;
  facts.usage = sources.recorder.usage_of(view, now);
  facts.is_waited_for = sources.recorder.is_waited_for(view, now);
  facts.pushed = sources.recorder.pushed_use(*view.pool, now);
  for (const ResourceName& resource : pool_resources()) {
    const double capacity = number(facts.usage.capacity.get(resource));
    const std::string name = pool_series(uid, resource);
    const bool is_disk = resource == ResourceName::ephemeral_storage();
    if (is_disk && !is_said(sources.recorder.history(), name, now))
      continue;
    facts.used.push_back(outlook_of(name, {resource, capacity, ""}, sources, now));
    if (is_adaptive(view.policy))
      learn(facts.learned, facts.used.back(), name, sources, now);
    if (const Series* series = sources.recorder.history().find(name))
      if (const auto& habits = sources.forecaster.habits(name, *series, now))
        facts.habits.emplace(resource, *habits);
    if (!view.pool->spec.burst || is_disk)
      continue;
    const double usual = capacity * usual_ratio_percent(*view.pool, resource) / 100;
    facts.charged.push_back(
        outlook_of(pool_charged_series(uid, resource), {resource, usual, ""}, sources, now));
  }
  add_move_facts(facts, view, sources, now);
  facts.bottlenecks = with_foreseen(facts.measures.loads, facts.used);
  facts.proofs = pool_proofs(view, facts.usage, sources.recorder.history());
  return facts;
}

WorkloadFacts facts_of(const WorkloadView& view, FactsSources sources,
                       const ResourceVector& largest_node, TimePoint now) {
  WorkloadFacts facts;
  facts.usage = sources.recorder.usage_of(view.ref);
  facts.largest_node = largest_node;
  const ResourceVector& capacity = facts.usage.pods.capacity;
  for (const ResourceName& resource : judged_resources()) {
    if (!is_asked_for(*view.workload, resource))
      continue;
    const std::string name = workload_series(view.ref, resource);
    facts.used.push_back(
        outlook_of(name, {resource, number(capacity.get(resource)), ""}, sources, now));
    if (is_adaptive(view.policy))
      learn(facts.learned, facts.used.back(), name, sources, now);
  }
  for (const api::ScalingMetric& metric : view.policy->spec.metrics)
    facts.metrics.push_back(metric_outlook(view, metric, sources, now));
  facts.demands = container_demands(view, sources, now);
  facts.throttlings = throttlings_of(view, sources, now);
  facts.proofs = workload_proofs(view, capacity, sources.recorder.history());
  return facts;
}

} // namespace berth::analyzer
