#include "analyzer/advise/auto_pool.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/auto_replicas.hpp"
#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/pool_limits.hpp"
#include "analyzer/advise/pool_order.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;

PoolChange change(const PoolQuestion& question, const api::ScalingRecommendation& one,
                  const api::PoolStep& step) {
  PoolChange change;
  change.pool = question.view.pool->meta.key();
  change.uid = question.view.pool->meta.uid;
  change.nodes = step;
  change.of = one.meta.key();
  change.kind = one.spec.kind;
  change.reason = grew(step) ? Reason::PoolGrown : Reason::PoolShrunk;
  if (const auto& machines = question.facts.provider->machines) {
    // Of the nodes of the pool some may be of others: only the difference is the group's.
    const std::int32_t works =
        grew(step) ? step.from + coming(*question.facts.provider) : step.from;
    change.machines = MachineScale{machines->kind,  machines->version,
                                   machines->key,   machines->resource_version,
                                   machines->asked, machines->asked + step.to - works};
  }
  if (const auto& pool = question.facts.provider->node_pool)
    change.limits = limits_for(*pool, step, question.facts.usage);
  return change;
}

/// Who sends the same step, or its undoing, again, though it be another replica, sends the same
/// key.
std::string step_key(const std::string& recommendation, TimePoint at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
  return recommendation + '-' + std::to_string(seconds);
}

void carry_out(Plan& plan, const PoolQuestion& question, const api::ScalingRecommendation& one,
               const StepVerdict& verdict, TimePoint now) {
  PoolChange pool = change(question, one, *verdict.step);
  const auto* valid = api::find_condition(one.status.conditions, "Valid");
  pool.note = "From " + std::to_string(pool.nodes.from) + " to " + nodes(pool.nodes.to) +
              (verdict.message.empty() ? "" : " (" + verdict.message + ')') +
              (valid == nullptr ? "" : ": " + valid->message);
  api::CarriedOut carried;
  carried.at = std::chrono::floor<std::chrono::seconds>(now);
  carried.nodes = pool.nodes;
  if (question.view.pool->spec.elastic->provider == api::ElasticProvider::Webhook) {
    pool.order = PoolOrder{pool.pool.name, pool.nodes, pool.of, pool.note,
                           step_key(one.meta.name, carried.at)};
    carried.patch = order_text(*pool.order);
  }
  if (pool.machines) {
    carried.patch = replicas_patch(pool.machines->to);
    carried.undo_patch = replicas_patch(pool.machines->from);
  }
  if (pool.limits) {
    carried.patch = limits_patch(*pool.limits);
    carried.undo_patch = undo_limits_patch(*pool.limits);
  }
  auto status = one.status;
  status.carried_out = carried;
  amend_status(plan, one.meta,
               with_applied(std::move(status), Reason::NodesPending,
                            pending_words(*carried.nodes, carried.at), now));
  plan.pool_change = std::move(pool);
}

/// When the pool was last made smaller so that too little was left, while it is as that left it and
/// nothing else was done since.
const api::ScalingRecommendation* too_small(const PoolQuestion& question,
                                            const std::vector<RecommendationPtr>& known,
                                            TimePoint now) {
  const api::ScalingPolicy& policy = *question.view.policy;
  const auto* last = last_step(policy, known);
  for (const auto& one : known) {
    const auto& carried = one->status.carried_out;
    const auto& outcome = one->status.outcome;
    if (!carried || !carried->nodes || &*carried != last || grew(*carried->nodes) || !outcome ||
        outcome->result != api::OutcomeResult::Worse || outcome->measured_at <= carried->at ||
        outcome->measured_at + kUndoneWithin < now ||
        question.facts.usage.nodes != carried->nodes->to || !was_sent(policy, carried->at))
      continue;
    if (!is_undone(policy, *carried))
      return one.get();
  }
  return nullptr;
}

/// True if there is something to take back: only nodes that went, since those that came are no
/// worse.
bool undo(Plan& plan, const PoolQuestion& question, const std::vector<RecommendationPtr>& known,
          TimePoint now) {
  const auto* one = too_small(question, known, now);
  if (one == nullptr)
    return false;
  const StepVerdict verdict = step_back(question, *one->status.carried_out, known, now);
  if (!verdict.step)
    return false;
  PoolChange pool = change(question, *one, *verdict.step);
  pool.reason = Reason::Undone;
  pool.note = "From " + std::to_string(pool.nodes.from) + " to " + nodes(pool.nodes.to) +
              " again: too much of what was left is used";
  auto after = planned(plan, known, one->meta.key()).value_or(*one);
  auto& carried = after.status.carried_out;
  carried = one->status.carried_out;
  carried->undone_at = std::chrono::floor<std::chrono::seconds>(now);
  if (question.view.pool->spec.elastic->provider == api::ElasticProvider::Webhook)
    pool.order = PoolOrder{pool.pool.name, pool.nodes, pool.of, pool.note,
                           step_key(one->meta.name + "-undo", carried->at)};
  amend_status(plan, after.meta, after.status);
  plan.pool_change = std::move(pool);
  return true;
}

} // namespace

void act_on_pool(Plan& plan, const PoolQuestion& question, TimePoint now) {
  const auto known = of_kinds(question.view.recommendations,
                              {RecommendationKind::GrowPool, RecommendationKind::ShrinkPool});
  if (undo(plan, question, known, now))
    return;
  const auto one = question.wanted ? planned(plan, known, *question.wanted) : std::nullopt;
  if (!one)
    return;
  const StepVerdict verdict = step_for(question, *one, known, now);
  if (verdict.step)
    carry_out(plan, question, *one, verdict, now);
  else if (!verdict.message.empty())
    say_applied(plan, *one, verdict.reason, verdict.message, now);
}

} // namespace berth::analyzer
