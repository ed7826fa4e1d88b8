#include "analyzer/advise/decide_moves.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/model/moves/defragment.hpp"
#include "analyzer/model/moves/rebalance.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using api::RecommendationPriority;
using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

/// The largest first; the others have less to gain.
constexpr std::size_t kWaitingTriedMax = 5;
/// What stands is left once it brings less than this; it was entered with more.
constexpr RebalanceOptions kStillRebalances{400, 1100, 20};

std::string percent_text(std::int64_t thousandths) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%.0f %%", static_cast<double>(thousandths) / 10);
  return text.data();
}

std::string asked_text(const ResourceVector& wanted) {
  std::string text;
  for (const auto& [resource, amount] : wanted)
    if (resource != ResourceName::pods() && Amount{} < amount)
      text += (text.empty() ? "" : ", ") + std::string(resource.str()) + ' ' +
              format_amount(resource, amount);
  return text;
}

bool is_fragmented(const Bottleneck& one) {
  return one.kind == BottleneckKind::Fragmentation;
}

RecommendationPriority fragmentation_priority(const PoolFacts& facts) {
  const auto found = std::ranges::find_if(facts.measures.bottlenecks, is_fragmented);
  return found == facts.measures.bottlenecks.end()
             ? RecommendationPriority::Medium
             : std::max(static_cast<RecommendationPriority>(found->severity),
                        RecommendationPriority::Medium);
}

/// A plan, with the request that it is for.
struct Defragmenting {
  DefragmentPlan plan{};
  const WorkloadPod* waiting = nullptr;
  ResourceVector wanted{};
};

std::optional<Defragmenting> find_defragmenting(const PoolPods& pool, const Placement& placement) {
  auto waiting = largest_waiting(pool);
  if (waiting.size() > kWaitingTriedMax)
    waiting.resize(kWaitingTriedMax);
  for (auto& [pod, wanted] : waiting)
    if (auto plan = defragment(placement, wanted))
      return Defragmenting{std::move(*plan), pod.get(), std::move(wanted)};
  return std::nullopt;
}

std::optional<Finding> defragment_finding(const PoolView& view, const PoolFacts& facts,
                                          const DecideContext& context) {
  const PlacedPool placed = place(*view.pods, context.now);
  const auto found = find_defragmenting(*view.pods, placed.placement);
  if (!found)
    return std::nullopt;
  const std::int64_t before = largest_block(placed.placement, found->wanted);
  const auto& moves = found->plan.moves;
  Finding finding = pool_finding(view, facts,
                                 {"largest-block-percent-of-request", kLargestBlockMetric,
                                  static_cast<double>(before) / 10, 100},
                                 context);
  finding.spec.kind = RecommendationKind::Defragment;
  finding.spec.priority = fragmentation_priority(facts);
  finding.spec.confidence_percent = static_cast<std::int32_t>(
      std::lround(trust_in(moves.size()) *
                  context.records[static_cast<std::size_t>(RecommendationKind::Defragment)]));
  finding.spec.action = api::evict(evictions_of(*view.pods, placed, moves));
  finding.reason = Reason::Fragmented;
  finding.message =
      to_string(found->waiting->meta.key()) + " waits for " + asked_text(found->wanted) +
      "; no node has more than " + percent_text(before) + " of that free, and " +
      view.pods->nodes[found->plan.node].name.str() +
      " has all of it once these go on elsewhere: " + describe(*view.pods, placed, moves);
  return finding;
}

KindQuestion defragment_question(const PoolView& view, const PoolFacts& facts,
                                 const DecideContext& context) {
  KindQuestion question;
  question.kind = RecommendationKind::Defragment;
  question.is_known = view.pods && !context.is_operator_dead; // else nobody knows who waits
  question.still_helps = [&](const api::ScalingRecommendation& last) {
    const auto left = pods_left(view.pods.get(), last);
    if (!left)
      return false;
    const PlacedPool placed = only(place(*view.pods, context.now), *left);
    return find_defragmenting(*view.pods, placed.placement).has_value();
  };
  question.find = [&]() -> std::optional<Finding> {
    if (!facts.is_waited_for)
      return std::nullopt;
    return defragment_finding(view, facts, context);
  };
  return question;
}

RecommendationPriority rebalance_priority(const Thresholds& thresholds, std::int64_t busiest) {
  const double percent = static_cast<double>(busiest) / 10;
  if (percent >= thresholds.critical_percent)
    return RecommendationPriority::High;
  return percent >= thresholds.warning_percent ? RecommendationPriority::Medium
                                               : RecommendationPriority::Low;
}

std::optional<Finding> rebalance_finding(const PoolView& view, const PoolFacts& facts,
                                         const DecideContext& context) {
  if (!facts.imbalance)
    return std::nullopt;
  const ResourceName& resource = facts.imbalance->resource;
  const auto placed = placed_by_use(view, facts, resource, context.now);
  const auto plan = placed ? rebalance(placed->placement, resource) : std::nullopt;
  if (!plan)
    return std::nullopt;
  const std::string name(resource.str());
  Finding finding =
      pool_finding(view, facts,
                   {name + "-busiest-node-percent", busiest_metric(resource),
                    static_cast<double>(plan->before) / 10, static_cast<double>(plan->after) / 10},
                   context);
  finding.spec.kind = RecommendationKind::Rebalance;
  finding.spec.priority =
      rebalance_priority(settings_of(view, context.options).thresholds_of(resource), plan->before);
  finding.spec.confidence_percent = static_cast<std::int32_t>(
      std::lround(trust_in(plan->moves.size()) * facts.imbalance->pattern.confidence *
                  context.records[static_cast<std::size_t>(RecommendationKind::Rebalance)]));
  finding.spec.action = api::evict(evictions_of(*view.pods, *placed, plan->moves));
  finding.reason = Reason::Unbalanced;
  finding.message = name + ": " + facts.imbalance->pattern.message + "; the busiest uses " +
                    percent_text(plan->before) + " of what it has, and " +
                    percent_text(plan->after) +
                    " once these go on elsewhere: " + describe(*view.pods, *placed, plan->moves);
  return finding;
}

/// What a recommendation to spread work rests on: "share/busiest-node/cpu" is about cpu.
std::optional<ResourceName> resource_of(const api::ScalingRecommendation& one) {
  if (!one.spec.evidence)
    return std::nullopt;
  for (const ResourceName& resource : judged_resources())
    if (one.spec.evidence->metric == busiest_metric(resource))
      return resource;
  return std::nullopt;
}

KindQuestion rebalance_question(const PoolView& view, const PoolFacts& facts,
                                const DecideContext& context) {
  KindQuestion question;
  question.kind = RecommendationKind::Rebalance;
  question.is_known =
      view.pods && facts.usage.coverage_percent() >= context.options.coverage_percent_min;
  question.still_helps = [&](const api::ScalingRecommendation& last) {
    const auto resource = resource_of(last);
    const auto left = pods_left(view.pods.get(), last);
    auto placed = resource ? placed_by_use(view, facts, *resource, context.now) : std::nullopt;
    return placed && left && is_spread(*view.pool) &&
           rebalance(only(std::move(*placed), *left).placement, *resource, kStillRebalances)
               .has_value();
  };
  question.find = [&] { return rebalance_finding(view, facts, context); };
  return question;
}

} // namespace

bool is_spread(const api::ResourcePool& pool) {
  switch (pool.spec.strategy) {
  case api::PlacementStrategy::WorstFit:
  case api::PlacementStrategy::LeastLoaded:
  case api::PlacementStrategy::LoadAware: return true;
  default: return false;
  }
}

bool is_resolved(const api::ResourcePool& pool, const PoolPods* pods,
                 const api::ScalingRecommendation& one) {
  if (const auto nodes = nodes_in(one.spec.action.patch); nodes && !one.spec.action.subresource)
    return pool.spec.elastic && pool.spec.elastic->min_nodes >= *nodes;
  const auto left = pods_left(pods, one);
  return left && left->empty();
}

double trust_in(std::size_t moves) {
  constexpr double kOfNone = 95;
  constexpr double kLessForEach = 4;
  return kOfNone - kLessForEach * static_cast<double>(moves);
}

std::optional<PlacedPool> placed_by_use(const PoolView& view, const PoolFacts& facts,
                                        const ResourceName& resource, TimePoint now) {
  const auto use = facts.use.find(resource);
  if (use == facts.use.end() || !view.pods)
    return std::nullopt;
  PlacedPool placed = place(*view.pods, now);
  add_use(placed, *view.pods, use->second);
  return placed;
}

Finding pool_finding(const PoolView& view, const PoolFacts& facts,
                     const ShareImprovement& improvement, const DecideContext& context) {
  const PoolSettings settings = settings_of(view, context.options);
  Finding finding;
  finding.meta.ns = settings.recommendation_namespace;
  finding.meta.owners = {settings.owner};
  finding.spec.target_ref = {api::ScalingTargetKind::ResourcePool, view.pool->meta.name};
  finding.spec.expected_improvement = api::ExpectedImprovement{
      improvement.what, percent_quantity(improvement.from), percent_quantity(improvement.to)};
  finding.spec.evidence = evidence_now(facts, improvement.metric);
  return finding;
}

std::optional<api::Evidence> evidence_now(const PoolFacts& facts, const std::string& metric) {
  const auto course = facts.courses.find(metric);
  // Thousandths are what cpu is counted in.
  return course == facts.courses.end()
             ? std::nullopt
             : std::optional(evidence_of(ResourceName::cpu(), course->second, metric));
}

void decide_moves(Plan& plan, const PoolView& view, const PoolFacts& facts,
                  const DecideContext& context) {
  for (KindQuestion question :
       {defragment_question(view, facts, context), rebalance_question(view, facts, context)}) {
    question.is_done = [&](const api::ScalingRecommendation& last) {
      return is_resolved(*view.pool, view.pods.get(), last);
    };
    question.evidence = [&](const api::ScalingRecommendation& last) {
      return evidence_now(facts, last.spec.evidence ? last.spec.evidence->metric : "");
    };
    decide_kind(plan, view.recommendations, settings_of(view, context.options), question, context);
  }
}

} // namespace berth::analyzer
