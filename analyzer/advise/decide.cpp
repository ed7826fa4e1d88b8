#include "analyzer/advise/decide.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "analyzer/advise/auto_pool.hpp"
#include "analyzer/advise/burst.hpp"
#include "analyzer/advise/decide_bottleneck.hpp"
#include "analyzer/advise/decide_moves.hpp"
#include "analyzer/advise/decide_size.hpp"
#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/policy_status.hpp"

namespace berth::analyzer {
namespace {

using api::ConditionStatus;
using api::RecommendationKind;
using resources::Amount;
using resources::ResourceName;

std::size_t index_of(RecommendationKind kind) {
  return static_cast<std::size_t>(kind);
}

std::optional<api::PoolResourceStatus> published(const api::ResourcePoolStatus& status,
                                                 const ResourceName& name) {
  for (const auto& resource : status.resources)
    if (resource.name == name)
      return resource;
  return std::nullopt;
}

/// Whether `before` says the same as `now`, as far as it is worth a write. `capacity` is that of
/// the nodes that take work, so that there may be use without any.
bool is_close(Amount before, Amount now, Amount capacity, double deadband_percent) {
  const double difference =
      std::abs(static_cast<double>(now.value()) - static_cast<double>(before.value()));
  const auto whole = static_cast<double>(std::max(capacity, before).value());
  return difference * 100 < deadband_percent * whole;
}

api::Condition metrics_condition(const PoolUsage& usage, bool enough) {
  api::Condition condition;
  condition.type = std::string(api::kMetricsAvailable);
  condition.status = enough ? ConditionStatus::True : ConditionStatus::False;
  const std::string counted =
      std::to_string(usage.nodes_fresh) + " of " + std::to_string(usage.nodes_ready);
  if (enough)
    condition.reason = Reason::MetricsAvailable;
  else if (usage.nodes_ready == 0)
    condition.reason = Reason::NoNodes;
  else
    condition.reason = usage.newest ? Reason::MetricsStale : Reason::MetricsMissing;
  condition.message = usage.nodes_ready == 0 ? "The pool has no ready node to measure"
                                             : counted + " ready nodes have fresh measurements";
  return condition;
}

bool is_measured(const PoolUsage& usage, const AdvisorOptions& options) {
  return usage.nodes_fresh > 0 && usage.coverage_percent() >= options.coverage_percent_min &&
         usage.unmeasured.size() <= api::kUnmeasuredNodesMax;
}

/// Whether the use is so high that the operator may wait for each measurement of it (T1, T3).
bool is_busy(const PoolUsage& usage, const AdvisorOptions& options) {
  return std::ranges::any_of(judged_resources(), [&](const ResourceName& resource) {
    const Amount whole = usage.measured_capacity.get(resource);
    return whole > Amount{} && resources::scaled(usage.used.get(resource), 100, whole.value()) >=
                                   Amount{options.busy_percent};
  });
}

/// Whether nothing but the time has changed, and that is told often enough.
bool is_told(const api::ResourcePoolStatus& before, const api::ResourcePoolStatus& now,
             const PoolUsage& usage, const AdvisorOptions& options) {
  return before.resources == now.resources && before.unmeasured_nodes == now.unmeasured_nodes &&
         before.measured_at && usage.newest_fresh &&
         *usage.newest_fresh - *before.measured_at < options.used_renewal &&
         !is_busy(usage, options);
}

/// The analyzer's part of the status as it should be. Use that is not known is left out.
api::ResourcePoolStatus measured_status(const api::ResourcePool& pool, const PoolUsage& usage,
                                        const AdvisorOptions& options, TimePoint now) {
  const api::ResourcePoolStatus before = api::measured_part(pool.status);
  api::ResourcePoolStatus status;
  const bool enough = is_measured(usage, options);
  for (const ResourceName& resource : judged_resources()) {
    if (!enough || !usage.used.contains(resource))
      continue;
    auto& entry = status.resources.emplace_back();
    entry.name = resource;
    entry.used = usage.used.get(resource);
    entry.measured_capacity = usage.measured_capacity.get(resource);
    const auto last = published(before, resource);
    if (last && last->used && !is_busy(usage, options) &&
        is_close(*last->used, *entry.used, usage.capacity.get(resource),
                 options.used_deadband_percent))
      entry.used = last->used;
  }
  if (!status.resources.empty()) {
    status.unmeasured_nodes = usage.unmeasured;
    std::ranges::sort(status.unmeasured_nodes);
    const bool told = is_told(before, status, usage, options);
    status.measured_at = told ? before.measured_at : usage.newest_fresh;
    status.oldest_measured_at = told ? before.oldest_measured_at : usage.oldest_fresh;
  }
  status.conditions = before.conditions;
  api::Condition condition = metrics_condition(usage, enough);
  condition.observed_generation = pool.meta.generation;
  api::set_condition(status.conditions, std::move(condition), now);
  return status;
}

SizedTarget target_of(const PoolView& view, const PoolSettings& settings, const PoolFacts& facts,
                      const DecideContext& context) {
  SizedTarget target;
  target.ref = {api::ScalingTargetKind::ResourcePool, view.pool->meta.name};
  target.recommendation_namespace = settings.recommendation_namespace;
  target.owner = settings.owner;
  target.units = "nodes";
  target.elastic = view.pool->spec.elastic.value_or(api::Elastic{});
  target.size.units = facts.usage.nodes;
  target.size.units_min = std::max(target.elastic.min_nodes, 1);
  target.size.is_settled = !facts.is_waited_for && !context.is_operator_dead;
  return target;
}

/// The recommendation that what is measured now asks for; nothing where it asks for none, or is not
/// known.
std::optional<api::ObjectKey> recommend_size(Plan& plan, const PoolView& view,
                                             const PoolFacts& facts, const DecideContext& context) {
  const PoolSettings settings = settings_of(view, context.options);
  const auto known = of_kinds(view.recommendations,
                              {RecommendationKind::GrowPool, RecommendationKind::ShrinkPool});
  if (!settings.advises) {
    tend(plan, known, std::nullopt, Reason::Resolved, context.options, context.now);
    return std::nullopt;
  }
  const SizedTarget target = target_of(view, settings, facts, context);
  SizeQuestion question{target, {}, settings.advice, known, facts.learned};
  for (const auto& [resource, habits] : facts.habits)
    question.habits.emplace(resource, describe(habits));
  for (const Outlook& outlook : facts.used)
    question.judged.push_back({outlook, settings.thresholds_of(outlook.resource)});
  question.trust_to_grow = context.records[index_of(RecommendationKind::GrowPool)];
  question.trust_to_shrink = context.records[index_of(RecommendationKind::ShrinkPool)];
  return decide_size(plan, question, context.options, context.now);
}

} // namespace

Decision decide(const PoolView& view, const PoolFacts& facts, const DecideContext& context) {
  Decision decision;
  Plan& plan = decision.plan;
  plan.pool = view.pool->meta;
  auto measured = measured_status(*view.pool, facts.usage, context.options, context.now);
  if (measured != api::measured_part(view.pool->status))
    plan.measured = measured;
  const auto* available = api::find_condition(measured.conditions, api::kMetricsAvailable);
  PoolView noted = view;
  decision.verified = verify(plan, noted.recommendations, facts.proofs, context.now);
  const auto wanted = recommend_size(plan, noted, facts, context);
  const bool acts = settings_of(view, context.options).acts && context.options.acts;
  if (acts)
    act_on_pool(plan, {noted, facts, wanted, context.is_operator_dead}, context.now);
  decide_burst(plan, noted, facts, context);
  decide_moves(plan, noted, facts, context);
  decide_bottleneck(plan, noted, facts, context);
  if (!view.policy)
    return decision;
  auto status = policy_status(view, facts, *available, context);
  if (plan.pool_change || plan.burst) {
    plan.policy = view.policy->meta;
    plan.policy_acted = status;
    plan.policy_acted->last_applied_at = std::chrono::floor<std::chrono::seconds>(context.now);
  }
  write_status(plan, *view.policy, std::move(status));
  return decision;
}

Plan decide(const IdlePolicy& idle, TimePoint now) {
  Plan plan;
  write_status(plan, *idle.policy, policy_status(idle, now));
  return plan;
}

Plan decide_orphans(const std::vector<RecommendationPtr>& orphans, const AdvisorOptions& options,
                    TimePoint now) {
  Plan plan;
  tend(plan, orphans, std::nullopt, Reason::Resolved, options, now);
  return plan;
}

std::vector<RecommendationPtr> of_kinds(const std::vector<RecommendationPtr>& recommendations,
                                        std::initializer_list<RecommendationKind> kinds) {
  std::vector<RecommendationPtr> found;
  for (const auto& one : recommendations)
    if (std::ranges::find(kinds, one->spec.kind) != kinds.end())
      found.push_back(one);
  return found;
}

TrackRecords track_records(const kube::Store<api::ScalingRecommendation>& all) {
  std::vector<RecommendationPtr> recommendations;
  for (const auto& [key, one] : all.items())
    recommendations.push_back(one);
  TrackRecords records{};
  for (std::size_t i = 0; i < records.size(); ++i)
    records[i] = track_record(recommendations, static_cast<RecommendationKind>(i));
  return records;
}

} // namespace berth::analyzer
