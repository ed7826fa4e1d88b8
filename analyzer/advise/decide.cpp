#include "analyzer/advise/decide.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/recommendation.hpp"

namespace berth::analyzer {
namespace {

using api::ConditionStatus;
using resources::Amount;
using resources::ResourceName;

constexpr const char* kPublished[] = {"cpu", "memory"};
/// A standing recommendation keeps its number of nodes while the wanted one is this close.
constexpr std::int32_t kSameNodesPercent = 10;

std::optional<Amount> published(const api::ResourcePoolStatus& status, const ResourceName& name) {
  for (const auto& resource : status.resources)
    if (resource.name == name)
      return resource.used;
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
  return usage.nodes_fresh > 0 && usage.coverage_percent() >= options.coverage_percent_min;
}

/// The analyzer's part of the status as it should be. Use that is not known is left out.
api::ResourcePoolStatus measured_status(const api::ResourcePool& pool, const PoolUsage& usage,
                                        const AdvisorOptions& options, TimePoint now) {
  const api::ResourcePoolStatus before = api::measured_part(pool.status);
  api::ResourcePoolStatus status;
  const bool enough = is_measured(usage, options);
  for (const char* name : kPublished) {
    const ResourceName resource{name};
    if (!enough || !usage.used.contains(resource))
      continue;
    auto& entry = status.resources.emplace_back();
    entry.name = resource;
    entry.used = usage.used.get(resource);
    const auto last = published(before, resource);
    if (last &&
        is_close(*last, *entry.used, usage.capacity.get(resource), options.used_deadband_percent))
      entry.used = last;
  }
  status.conditions = before.conditions;
  api::Condition condition = metrics_condition(usage, enough);
  condition.observed_generation = pool.meta.generation;
  api::set_condition(status.conditions, std::move(condition), now);
  return status;
}

std::vector<Judged> judge(const PoolUsage& usage, const PoolCourse& course,
                          const PoolSettings& settings, TimePoint now) {
  const auto capacity = [&](const ResourceName& name) {
    return static_cast<double>(usage.capacity.get(name).value());
  };
  const ResourceName& cpu = ResourceName::cpu();
  const ResourceName& memory = ResourceName::memory();
  return {Judged{look_out(cpu, course.cpu(), capacity(cpu), now), settings.cpu},
          Judged{look_out(memory, course.memory(), capacity(memory), now), settings.memory}};
}

/// A number of nodes that moves by a node or two is not a new finding, and one that is taken back
/// waits for the cooldown like any change of mind.
void keep_standing_nodes(PoolAdvice& advice, const RecommendationPtr& last, PoolSize size,
                         bool is_cooling) {
  if (!last)
    return;
  const auto nodes = nodes_of(*last);
  const bool grows = advice.state.advice == Advice::GrowPool;
  const bool same_kind = last->spec.kind == (grows ? api::RecommendationKind::GrowPool
                                                   : api::RecommendationKind::ShrinkPool);
  if (!nodes || !same_kind || (grows ? *nodes <= size.nodes : *nodes >= size.nodes))
    return;
  const bool is_close =
      std::abs(advice.nodes - *nodes) <= std::max(1, *nodes * kSameNodesPercent / 100);
  if (is_close || (is_cooling && grows && advice.nodes < *nodes))
    advice.nodes = *nodes;
}

/// The recommendation with its status, if the API does not say so already.
std::optional<Advised> advised(api::ScalingRecommendation wanted, const Finding& finding,
                               const AdvisorOptions& options, TimePoint now) {
  const auto& known = finding.view.recommendations;
  const auto same =
      std::ranges::find(known, wanted.meta.key(), [](const auto& one) { return one->meta.key(); });
  if (same != known.end()) {
    const auto& last = **same;
    const bool is_fresh = last.spec.expires_at - now > options.recommendation_validity / 2;
    if (is_fresh && api::is_true(last.status.conditions, "Valid") &&
        last.spec.priority >= wanted.spec.priority)
      return std::nullopt;
    wanted.meta.uid = last.meta.uid;
    wanted.meta.generation = last.meta.generation;
    wanted.status = last.status;
  }
  api::Condition valid;
  valid.status = ConditionStatus::True;
  valid.reason = finding.advice.reason;
  valid.message = message_for(finding);
  wanted.status = with_valid(wanted.meta, std::move(wanted.status), std::move(valid), now);
  return Advised{std::move(wanted)};
}

void recommend(PoolPlan& plan, const PoolView& view, const PoolUsage& usage,
               const PoolCourse& course, const AdvisorOptions& options, TimePoint now) {
  const PoolSettings settings = settings_of(view, options);
  const auto& known = view.recommendations;
  if (!settings.advises)
    return tend(plan, known, std::nullopt, true, options, now);
  PoolSize size;
  size.nodes = usage.nodes;
  if (view.pool->spec.elastic)
    size.nodes_min = std::max(view.pool->spec.elastic->min_nodes, 1);
  const auto judged = judge(usage, course, settings, now);
  PoolAdvice advice = advise(judged, size, state_of(known, now), settings.advice, now);
  if (!advice.known || advice.state.advice == Advice::None)
    return tend(plan, known, std::nullopt, advice.known, options, now);
  const bool is_cooling = now < advice.state.changed.value_or(now) + settings.advice.cooldown;
  keep_standing_nodes(advice, standing(known, now), size, is_cooling);
  const Finding finding{view, settings, size, judged[advice.resource], advice};
  auto wanted = recommendation_for(finding, options.recommendation_validity, now);
  const api::ObjectKey key = wanted.meta.key();
  plan.advised = advised(std::move(wanted), finding, options, now);
  tend(plan, known, key, true, options, now);
}

} // namespace

PoolPlan decide(const PoolView& view, const PoolUsage& usage, const PoolCourse& course,
                const AdvisorOptions& options, TimePoint now) {
  PoolPlan plan;
  plan.pool = view.pool->meta;
  auto measured = measured_status(*view.pool, usage, options, now);
  if (measured != api::measured_part(view.pool->status))
    plan.measured = std::move(measured);
  recommend(plan, view, usage, course, options, now);
  return plan;
}

PoolPlan decide_orphans(const std::vector<RecommendationPtr>& orphans,
                        const AdvisorOptions& options, TimePoint now) {
  PoolPlan plan;
  tend(plan, orphans, std::nullopt, true, options, now);
  return plan;
}

} // namespace berth::analyzer
