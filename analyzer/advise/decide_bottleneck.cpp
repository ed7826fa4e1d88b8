#include "analyzer/advise/decide_bottleneck.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>
#include <utility>

#include "analyzer/advise/decide_moves.hpp"
#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/number.hpp"
#include "analyzer/advise/target.hpp"
#include "analyzer/model/moves/rebalance.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::Amount;
using resources::ResourceName;

/// Pods leave a node that is used so much, and go where that does not make another one such; what
/// stands is left at less.
constexpr RebalanceOptions kRelief{900, 0, 50};
constexpr RebalanceOptions kStillRelieves{800, 0, 20};
constexpr double kSureOfRequests = 90;

/// What others stand for already, or nobody can be told how to do.
bool is_answered(const Plan& plan, const PoolView& view, const Bottleneck& one) {
  const auto stands = [&](std::initializer_list<RecommendationKind> kinds) {
    return will_stand(plan, view.recommendations, kinds);
  };
  switch (one.kind) {
  case BottleneckKind::Capacity:
    return stands({RecommendationKind::GrowPool, RecommendationKind::EnterBurst});
  case BottleneckKind::Fragmentation:
    return stands({RecommendationKind::GrowPool, RecommendationKind::Defragment});
  case BottleneckKind::Contention:
    return stands({RecommendationKind::GrowPool, RecommendationKind::Rebalance});
  // A Resize of each workload that a policy names lowers its requests, and an event tells of the
  // rest (bottleneck_board.hpp); of pools no throttling is known.
  case BottleneckKind::Allocation:
  case BottleneckKind::Throttling: return true;
  }
  return true;
}

double mean_allocatable(const PoolFacts& facts, const PoolView& view, const ResourceName& name) {
  double whole = 0;
  int nodes = 0;
  for (const PoolNode& node : view.pods->nodes)
    if (node.takes_pods && Amount{} < node.allocatable.get(name)) {
      whole += number(node.allocatable.get(name));
      ++nodes;
    }
  return facts.usage.nodes > 0 && nodes > 0 ? whole / nodes : 0;
}

/// So many nodes more as what is missing would fill; one, where it is only in pieces.
std::optional<std::int32_t> nodes_for(const PoolView& view, const PoolFacts& facts,
                                      const Bottleneck& one) {
  if (one.kind == BottleneckKind::Fragmentation)
    return facts.usage.nodes + 1;
  const double mean = mean_allocatable(facts, view, one.resource);
  if (mean <= 0)
    return std::nullopt;
  const double more = std::ceil(one.resolutions.front().amount / mean);
  const double wanted = facts.usage.nodes + std::max(more, 1.0);
  return wanted <= TargetSize::kUnitsMax ? std::optional(static_cast<std::int32_t>(wanted))
                                         : std::nullopt;
}

/// "cpu-contention-percent".
std::string improvement_of(const Bottleneck& one) {
  std::string kind(to_string(one.kind));
  kind.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(kind.front())));
  return std::string(one.resource.str()) + '-' + kind + "-percent";
}

/// What its own message says, in the units that people use.
std::string describe(const Bottleneck& one) {
  const std::string name(one.resource.str());
  const std::string amount =
      name + ' ' + format_amount(one.resource, Amount{std::llround(one.amount)});
  switch (one.kind) {
  case BottleneckKind::Capacity: return "work waits for more than is free, by " + amount;
  case BottleneckKind::Fragmentation:
    return amount + " is free, but no node has room for what waits";
  default: return name + ": " + one.message;
  }
}

Finding bottleneck_finding(const PoolView& view, const PoolFacts& facts, const Bottleneck& one,
                           double share_then, const DecideContext& context) {
  Finding finding = pool_finding(
      view, facts, {improvement_of(one), bottleneck_metric(one), 100 * one.share, 100 * share_then},
      context);
  finding.spec.kind = RecommendationKind::ResolveBottleneck;
  finding.spec.priority = priority_of(one.severity);
  finding.reason = Reason::WorkHeldBack;
  finding.message = describe(one);
  return finding;
}

void set_confidence(Finding& finding, double percent, const DecideContext& context) {
  const double record =
      context.records[static_cast<std::size_t>(RecommendationKind::ResolveBottleneck)];
  finding.spec.confidence_percent = static_cast<std::int32_t>(std::lround(percent * record));
}

/// More nodes, as a GrowPool says it.
std::optional<Finding> growing(const PoolView& view, const PoolFacts& facts, const Bottleneck& one,
                               const DecideContext& context) {
  const auto wanted = facts.is_waited_for ? nodes_for(view, facts, one) : std::nullopt;
  const auto& elastic = view.pool->spec.elastic;
  const bool is_asked_for = wanted && elastic && elastic->min_nodes >= *wanted;
  if (!wanted || is_asked_for) // they are on their way
    return std::nullopt;
  Finding finding = bottleneck_finding(view, facts, one, 0, context);
  SizedTarget target;
  target.ref = finding.spec.target_ref;
  target.elastic = elastic.value_or(api::Elastic{});
  finding.spec.action.patch = target.patch(Advice::Grow, *wanted);
  finding.message += "; " + std::to_string(*wanted) + " nodes would do";
  set_confidence(finding, kSureOfRequests, context);
  return finding;
}

/// What of the pool is on nodes that are used up.
double contended_share(const Placement& placement, const ResourceName& resource) {
  double contended = 0;
  double whole = 0;
  for (const PlacedNode& node : placement.nodes) {
    const double allocatable = number(node.allocatable.get(resource));
    whole += allocatable;
    if (use_of(node, resource) >= kRelief.busy_from)
      contended += allocatable;
  }
  return whole > 0 ? contended / whole : 0;
}

/// Some pods go on elsewhere.
std::optional<Finding> relieving(const PoolView& view, const PoolFacts& facts,
                                 const Bottleneck& one, const DecideContext& context) {
  const auto placed = placed_by_use(view, facts, one.resource, context.now);
  const auto plan = placed ? rebalance(placed->placement, one.resource, kRelief) : std::nullopt;
  if (!plan)
    return std::nullopt;
  Finding finding = bottleneck_finding(
      view, facts, one, contended_share(moved(placed->placement, plan->moves), one.resource),
      context);
  finding.spec.action = api::evict(evictions_of(*view.pods, *placed, plan->moves));
  finding.message +=
      "; fewer if these go on elsewhere: " + describe(*view.pods, *placed, plan->moves);
  set_confidence(finding, trust_in(plan->moves.size()) * facts.usage.coverage_percent() / 100,
                 context);
  return finding;
}

std::optional<Finding> remedy_of(const Plan& plan, const PoolView& view, const PoolFacts& facts,
                                 const Bottleneck& one, const DecideContext& context) {
  if (one.severity == Severity::Low || is_answered(plan, view, one))
    return std::nullopt;
  return one.kind == BottleneckKind::Contention ? relieving(view, facts, one, context)
                                                : growing(view, facts, one, context);
}

/// The bottleneck that a recommendation was made for, as it is now; null where it is over.
const Bottleneck* bottleneck_of(const PoolFacts& facts, const api::ScalingRecommendation& last) {
  const auto& all = facts.measures.bottlenecks;
  const auto found = std::ranges::find_if(all, [&](const Bottleneck& one) {
    return last.spec.expected_improvement &&
           last.spec.expected_improvement->what == improvement_of(one);
  });
  return found == all.end() ? nullptr : &*found;
}

bool still_helps(const Plan& plan, const PoolView& view, const PoolFacts& facts,
                 const api::ScalingRecommendation& last, const DecideContext& context) {
  const Bottleneck* one = bottleneck_of(facts, last);
  if (one == nullptr || is_answered(plan, view, *one))
    return false;
  if (const auto nodes = nodes_in(last.spec.action.patch); nodes && !last.spec.action.subresource) {
    const auto wanted = nodes_for(view, facts, *one);
    return wanted && *nodes >= *wanted;
  }
  const auto left = pods_left(view.pods.get(), last);
  auto placed = placed_by_use(view, facts, one->resource, context.now);
  return left && placed &&
         rebalance(only(std::move(*placed), *left).placement, one->resource, kStillRelieves)
             .has_value();
}

} // namespace

api::RecommendationPriority priority_of(Severity severity) {
  switch (severity) {
  case Severity::Low: return api::RecommendationPriority::Low;
  case Severity::Medium: return api::RecommendationPriority::Medium;
  case Severity::High: return api::RecommendationPriority::High;
  case Severity::Critical: return api::RecommendationPriority::Critical;
  }
  return api::RecommendationPriority::Low;
}

void decide_bottleneck(Plan& plan, const PoolView& view, const PoolFacts& facts,
                       const DecideContext& context) {
  KindQuestion question;
  question.kind = RecommendationKind::ResolveBottleneck;
  question.is_known = view.pods && !context.is_operator_dead &&
                      facts.usage.coverage_percent() >= context.options.coverage_percent_min;
  question.is_done = [&](const api::ScalingRecommendation& last) {
    return is_resolved(*view.pool, view.pods.get(), last);
  };
  question.evidence = [&](const api::ScalingRecommendation& last) {
    return evidence_now(facts, last.spec.evidence ? last.spec.evidence->metric : "");
  };
  question.still_helps = [&](const api::ScalingRecommendation& last) {
    return still_helps(plan, view, facts, last, context);
  };
  question.find = [&]() -> std::optional<Finding> {
    for (const Bottleneck& one : facts.measures.bottlenecks)
      if (auto finding = remedy_of(plan, view, facts, one, context))
        return finding;
    return std::nullopt;
  };
  decide_kind(plan, view.recommendations, settings_of(view, context.options), question, context);
}

} // namespace berth::analyzer
