#include "analyzer/advise/pool_step.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/auto_replicas.hpp"
#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/pool_limits.hpp"
#include "analyzer/advise/target.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/resources/int128.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;

StepVerdict no_step(Reason reason, std::string message) {
  return {std::nullopt, reason, std::move(message)};
}

/// When something was done last about what was carried out: it, or its undoing.
TimePoint done_at(const api::ScalingPolicy& policy, const api::CarriedOut& carried) {
  return is_undone(policy, carried) ? *carried.undone_at : carried.at;
}

/// The step that was done then.
api::PoolStep step_done(const api::ScalingPolicy& policy, const api::CarriedOut& carried) {
  api::PoolStep step = *carried.nodes;
  if (is_undone(policy, carried))
    std::swap(step.from, step.to);
  return step;
}

bool is_done(const api::PoolStep& step, const PoolUsage& usage) {
  return grew(step) ? usage.nodes >= step.to : usage.nodes <= step.to;
}

/// Whether somebody else put back what the step changed.
bool is_overruled(const PoolProvider& provider, const api::CarriedOut& step) {
  return provider.machines && !step.undone_at &&
         replicas_in(step.undo_patch) == provider.machines->asked;
}

/// Until when the pool is not made smaller again, because it was not good the last time.
std::optional<TimePoint> back_off_until(const std::vector<RecommendationPtr>& known) {
  std::optional<TimePoint> until;
  for (const auto& one : known) {
    const auto& carried = one->status.carried_out;
    const auto& outcome = one->status.outcome;
    if (one->spec.kind == RecommendationKind::ShrinkPool && carried && outcome &&
        outcome->result == api::OutcomeResult::Worse && carried->at < outcome->measured_at)
      until = std::max(until.value_or(TimePoint{}), outcome->measured_at + kUndoneBackOff);
  }
  return until;
}

/// Why it is too early for another step; nothing where it is not.
std::optional<StepVerdict> too_early(const PoolQuestion& question, RecommendationKind kind,
                                     const std::vector<RecommendationPtr>& known, TimePoint now) {
  const auto until = back_off_until(known);
  if (kind == RecommendationKind::ShrinkPool && until && now < *until)
    return no_step(Reason::UndoneLately,
                   "The pool was made smaller lately, and then too much of it was used: it waits "
                   "until " +
                       format_time(*until));
  const api::ScalingPolicy& policy = *question.view.policy;
  const auto* last = last_step(policy, known);
  if (last == nullptr)
    return std::nullopt;
  const TimePoint at = done_at(policy, *last);
  const api::PoolStep step = step_done(policy, *last);
  const bool is_sent = was_sent(policy, at);
  if (is_sent && is_overruled(*question.facts.provider, *last) && now < at + kOverruledBackOff)
    return no_step(Reason::UndoneLately, "Somebody else undid the change of " + format_time(at) +
                                             ": it waits until " +
                                             format_time(at + kOverruledBackOff) +
                                             "; let only one of them set the number of nodes");
  if (is_sent && !is_done(step, question.facts.usage) && now < at + kStepWithin)
    return no_step(Reason::NodesPending, pending_words(step, at));
  const Duration cooldown =
      std::max<Duration>(policy.spec.cooldown, question.view.pool->spec.elastic->cooldown);
  if (now < at + cooldown)
    return no_step(Reason::CoolingDown, "The last change was at " + format_time(at) +
                                            ": it waits until " + format_time(at + cooldown));
  return std::nullopt;
}

/// That all nodes it takes were asked for before.
StepVerdict asked_already(const PoolQuestion& question,
                          const std::vector<RecommendationPtr>& known) {
  const auto& machines = *question.facts.provider->machines;
  const std::string seen = describe(machines) + " has " + std::to_string(machines.ready) + " of " +
                           std::to_string(machines.asked) + " machines ready";
  const api::ScalingPolicy& policy = *question.view.policy;
  const auto* last = last_step(policy, known);
  const bool is_ours =
      last != nullptr && was_sent(policy, done_at(policy, *last)) && grew(step_done(policy, *last));
  return is_ours ? no_step(Reason::NodesMissing,
                           seen + " long after the others were asked for: see why there")
                 : no_step(Reason::NodesPending, seen + ": the others are on their way");
}

StepVerdict grow(const PoolQuestion& question, std::int32_t recommended,
                 const std::vector<RecommendationPtr>& known) {
  const auto& elastic = *question.view.pool->spec.elastic;
  const std::int32_t wanted = std::max(recommended, elastic.min_nodes);
  const std::int32_t is = question.facts.usage.nodes;
  const std::int32_t on_the_way = coming(*question.facts.provider);
  const std::int32_t more = wanted - is - on_the_way;
  if (more <= 0)
    return on_the_way > 0 ? asked_already(question, known) : StepVerdict{};
  // Nodes that take no work count as well: they cost as much, and may come back.
  const auto all = static_cast<std::int32_t>(question.view.nodes.size());
  const std::int32_t room = elastic.max_nodes - all - on_the_way;
  if (room <= 0)
    return no_step(Reason::BoundsReached,
                   "The pool has " + nodes(all) + (on_the_way > 0 ? " and more on their way" : "") +
                       ": raise elastic.maxNodes, which is " + std::to_string(elastic.max_nodes));
  StepVerdict verdict;
  verdict.step = api::PoolStep{is, is + on_the_way + std::min(more, room)};
  if (room < more)
    verdict.message = "elastic.maxNodes is " + std::to_string(elastic.max_nodes) + ", and " +
                      std::to_string(wanted) + " are wanted";
  return verdict;
}

/// Why no node may go now, whatever their number.
std::optional<StepVerdict> may_not_shrink(const PoolQuestion& question) {
  const auto& machines = question.facts.provider->machines;
  if (question.is_operator_dead)
    return no_step(Reason::CapacityUnknown,
                   "The operator does not renew its Lease: who waits is not known");
  if (question.view.pool->status.burst_active.value_or(false))
    return no_step(Reason::Bursting, "The pool is in a burst: no node goes before it is over");
  if (!question.view.waiting.empty())
    return no_step(Reason::PodsPending, "Work waits for the pool");
  if (question.facts.usage.nodes < std::ssize(question.view.nodes))
    return no_step(Reason::NodesPending,
                   "Some nodes of the pool take no work: it is not made smaller before they do, or "
                   "are gone");
  if (machines && !machines->is_settled())
    return no_step(Reason::NodesPending, describe(*machines) + " has " +
                                             std::to_string(machines->ready) + " of " +
                                             std::to_string(machines->asked) + " machines ready");
  return std::nullopt;
}

/// The smallest number of the pool's nodes that what is charged to it and promised fits on, taken
/// together and not node by node; nothing where the operator does not say.
std::optional<std::int32_t> nodes_for_charged(const PoolView& view, std::int32_t nodes) {
  std::optional<std::int32_t> needed;
  for (const api::PoolResourceStatus& row : view.pool->status.resources) {
    if (row.name.is_virtual())
      continue;
    if (!row.allocatable || !row.allocated)
      return std::nullopt;
    const resources::Amount held = *row.allocated + row.promised.value_or(resources::Amount{});
    if (row.allocatable->value() <= 0)
      continue;
    const resources::Int128 each = row.allocatable->value();
    const resources::Int128 rounded_up =
        (resources::Int128{std::max<std::int64_t>(held.value(), 0)} * nodes + each - 1) / each;
    const auto of_row = static_cast<std::int32_t>(std::min(rounded_up, resources::Int128{nodes}));
    needed = std::max(needed.value_or(0), of_row);
  }
  return needed;
}

StepVerdict shrink(const PoolQuestion& question, std::int32_t wanted) {
  if (auto verdict = may_not_shrink(question))
    return std::move(*verdict);
  const std::int32_t is = question.facts.usage.nodes;
  const auto charged = nodes_for_charged(question.view, is);
  if (!charged)
    return no_step(Reason::CapacityUnknown,
                   "What is charged to the pool is not known: the operator does not say");
  const auto& machines = question.facts.provider->machines;
  const std::int32_t by_provider = machines ? is - machines->asked : 0;
  const std::int32_t least =
      std::max({question.view.pool->spec.elastic->min_nodes, by_provider, 1});
  const std::int32_t to = std::max({wanted, least, *charged});
  if (is <= to && *charged >= is)
    return no_step(Reason::InsufficientCapacity,
                   "What is charged to the pool and promised needs " + nodes(*charged));
  if (is <= to)
    return no_step(Reason::BoundsReached, "The pool has " + nodes(is) + ", and " + nodes(least) +
                                              " is the least that it may have");
  StepVerdict verdict;
  verdict.step = api::PoolStep{is, to};
  if (wanted < to)
    verdict.message = "fewer would be enough for what is used, but not for what is charged and for "
                      "the pool's bounds";
  return verdict;
}

/// A step of a NodePool is one only if some limit is not right for it yet.
StepVerdict within_limits(const PoolQuestion& question, StepVerdict verdict) {
  const auto& pool = question.facts.provider->node_pool;
  if (!verdict.step || !pool ||
      !limits_for(*pool, *verdict.step, question.facts.usage).limits.empty())
    return verdict;
  if (grew(*verdict.step))
    return no_step(Reason::NodesPending, "The limits of NodePool " + pool->name + " allow " +
                                             nodes(verdict.step->to) +
                                             ": Karpenter adds them when pods need them");
  return no_step(Reason::BoundsReached,
                 "The limits of NodePool " + pool->name +
                     " leave room for no more than one node beyond those that it has: Karpenter "
                     "removes nodes that are not needed");
}

} // namespace

std::string nodes(std::int32_t number) {
  return std::to_string(number) + (number == 1 ? " node" : " nodes");
}

bool is_undone(const api::ScalingPolicy& policy, const api::CarriedOut& carried) {
  return carried.undone_at && was_sent(policy, *carried.undone_at);
}

const api::CarriedOut* last_step(const api::ScalingPolicy& policy,
                                 const std::vector<RecommendationPtr>& known) {
  const api::CarriedOut* newest = nullptr;
  for (const auto& one : known)
    if (const auto& carried = one->status.carried_out;
        carried && carried->nodes &&
        (newest == nullptr || done_at(policy, *newest) < done_at(policy, *carried)))
      newest = &*carried;
  return newest;
}

bool grew(const api::PoolStep& step) {
  return step.from < step.to;
}

std::string pending_words(const api::PoolStep& step, TimePoint at) {
  return "From " + std::to_string(step.from) + " to " + nodes(step.to) + " was asked for at " +
         format_time(at) + ": it waits until " + format_time(at + kStepWithin) + " for them to " +
         (grew(step) ? "come" : "go");
}

std::int32_t coming(const PoolProvider& provider) {
  return provider.machines ? std::max(provider.machines->asked - provider.machines->ready, 0) : 0;
}

StepVerdict step_for(const PoolQuestion& question, const api::ScalingRecommendation& one,
                     const std::vector<RecommendationPtr>& known, TimePoint now) {
  const auto wanted = units_of(one);
  const auto& provider = question.facts.provider;
  const auto& elastic = question.view.pool->spec.elastic;
  if (!elastic || elastic->provider == api::ElasticProvider::None)
    return no_step(Reason::ProviderUnavailable, "Set elastic.provider in ResourcePool " +
                                                    question.view.pool->meta.name +
                                                    " to have this carried out");
  if (!wanted || !provider)
    return {};
  if (provider->reason != Reason::Ready)
    return no_step(provider->reason, provider->message);
  if (auto verdict = too_early(question, one.spec.kind, known, now))
    return std::move(*verdict);
  StepVerdict verdict = one.spec.kind == RecommendationKind::GrowPool
                            ? grow(question, *wanted, known)
                            : shrink(question, *wanted);
  return within_limits(question, std::move(verdict));
}

StepVerdict step_back(const PoolQuestion& question, const api::CarriedOut& carried,
                      const std::vector<RecommendationPtr>& known, TimePoint now) {
  const auto& provider = question.facts.provider;
  if (!provider)
    return {};
  if (provider->reason != Reason::Ready)
    return no_step(provider->reason, provider->message);
  if (auto verdict = too_early(question, RecommendationKind::GrowPool, known, now))
    return std::move(*verdict);
  return within_limits(question, grow(question, carried.nodes->from, known));
}

} // namespace berth::analyzer
