#include "analyzer/advise/decide.hpp"

#include <algorithm>
#include <string>

#include "analyzer/advise/auto_pool.hpp"
#include "analyzer/advise/burst.hpp"
#include "analyzer/advise/decide_bottleneck.hpp"
#include "analyzer/advise/decide_moves.hpp"
#include "analyzer/advise/decide_size.hpp"
#include "analyzer/advise/degrade.hpp"
#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/measured_status.hpp"
#include "analyzer/advise/policy_status.hpp"
#include "lib/allocation/pressure.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::ResourceName;

std::size_t index_of(RecommendationKind kind) {
  return static_cast<std::size_t>(kind);
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

/// What is at a level of the thresholds of the pool's policy.
Pressures pressures_at(const PoolView& view, std::span<const UsePercent> use, TimePoint now) {
  const auto& given_up = view.pool->status.degradation;
  const auto told = view.policy->status.level.value_or(api::PressureLevel::None);
  return pressures_of(use, view.policy->spec.thresholds,
                      given_up ? LevelBefore{given_up->level, &*given_up} : LevelBefore{told}, now);
}

/// Whether what was said of the pool last still stands: for as long as the operator believes it.
bool is_believed(const api::ResourcePoolStatus& status, TimePoint now) {
  return status.degradation && status.measured_at &&
         now - *status.measured_at < allocation::kMeasurementAgeMax;
}

/// The level of the measured use, and what of it the pool is to give up where its policy carries
/// that out. That nothing can be measured is no calm: then what was said last is said again.
std::optional<api::PressureLevel> degrade(api::ResourcePoolStatus& measured, const PoolView& view,
                                          std::span<const UsePercent> use, TimePoint now,
                                          bool acts) {
  const auto& status = view.pool->status;
  if (use.empty()) {
    if (!acts || !is_believed(status, now))
      return std::nullopt;
    auto conditions = std::move(measured.conditions);
    measured = api::measured_part(status);
    measured.conditions = std::move(conditions);
    return view.policy->status.level;
  }
  const Pressures pressures = pressures_at(view, use, now);
  if (acts)
    measured.degradation =
        degradation_of({pressures, view.policy->spec, status.degradation,
                        std::ranges::min(use, {}, &UsePercent::measured_at).measured_at, now});
  return worst_of(pressures);
}

} // namespace

Decision decide(const PoolView& view, const PoolFacts& facts, const DecideContext& context) {
  Decision decision;
  Plan& plan = decision.plan;
  plan.pool = view.pool->meta;
  auto measured = measured_status(view, facts, context);
  std::optional<api::PressureLevel> level;
  if (view.policy)
    level = degrade(measured, view, measured_percents(facts.usage, context.options), context.now,
                    context.options.acts && view.policy->spec.mode == api::ScalingMode::Auto);
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
  status.level = level;
  note_written(status, plan);
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
