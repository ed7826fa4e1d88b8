#include "analyzer/advise/auto_replicas.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/timestamp.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;

/// What to do about one recommendation: another number of replicas, or none and why.
struct Verdict {
  std::optional<std::int32_t> to{};
  Reason reason = Reason::Applied;
  std::string message{}; ///< where less is done than was recommended
};

Verdict refused(Reason reason, std::string message) {
  return {std::nullopt, reason, std::move(message)};
}

std::string replicas(std::int32_t number) {
  return std::to_string(number) + (number == 1 ? " replica" : " replicas");
}

/// A target that is short of replicas must not be so for hours.
Duration back_off(RecommendationKind kind, std::int64_t times, Duration cooldown) {
  if (kind == RecommendationKind::ScaleIn)
    return kUndoneBackOff;
  Duration wait = std::max<Duration>(cooldown, kScaleOutBackOffMin);
  for (; times > 0 && wait < kScaleOutBackOffMax; --times)
    wait *= 2;
  return std::min<Duration>(wait, kScaleOutBackOffMax);
}

/// Until when changes of this kind are not tried again, because they were taken back.
std::optional<TimePoint> back_off_until(const std::vector<RecommendationPtr>& known,
                                        RecommendationKind kind, Duration cooldown, TimePoint now) {
  std::optional<TimePoint> last;
  std::int64_t times = 0;
  for (const auto& one : known) {
    const auto& carried = one->status.carried_out;
    if (one->spec.kind != kind || !carried || !carried->undone_at ||
        *carried->undone_at + kUndoneBackOff < now)
      continue;
    ++times;
    last = std::max(last.value_or(*carried->undone_at), *carried->undone_at);
  }
  return last ? std::optional(*last + back_off(kind, times, cooldown)) : std::nullopt;
}

/// When the analyzer changed the number that somebody else put back since.
std::optional<TimePoint> overruled_at(const WorkloadView& view,
                                      const std::vector<RecommendationPtr>& known) {
  const auto newest = newest_carried_out(known);
  if (!newest)
    return std::nullopt;
  const api::CarriedOut& carried = *newest->status.carried_out;
  const bool is_overruled = !carried.undone_at &&
                            replicas_in(carried.undo_patch) == view.workload->replicas &&
                            was_sent(*view.policy, carried.at);
  return is_overruled ? std::optional(carried.at) : std::nullopt;
}

/// Why it is too early for another change; nothing where it is not.
std::optional<Verdict> too_early(const ReplicasQuestion& question,
                                 const api::ScalingRecommendation& one,
                                 const std::vector<RecommendationPtr>& known, TimePoint now) {
  const auto& policy = question.view.policy->spec;
  const bool is_critical = one.spec.kind == RecommendationKind::ScaleOut &&
                           one.spec.priority == api::RecommendationPriority::Critical;
  const auto until = back_off_until(known, one.spec.kind, policy.cooldown, now);
  if (until && now < *until && !is_critical)
    return refused(Reason::UndoneLately,
                   "Such a change was taken back lately: it waits until " + format_time(*until));
  if (const auto at = overruled_at(question.view, known); at && now < *at + kOverruledBackOff)
    return refused(Reason::UndoneLately, "Somebody else undid the change of " + format_time(*at) +
                                             ": it waits until " +
                                             format_time(*at + kOverruledBackOff) +
                                             "; let only one of them set the replicas");
  const auto changed = last_carried_out(known, {.counts_undoing = true});
  if (changed && now < *changed + policy.cooldown)
    return refused(Reason::CoolingDown, "The last change was at " + format_time(*changed) +
                                            ": it waits until " +
                                            format_time(*changed + policy.cooldown));
  return std::nullopt;
}

/// As much of the wanted growth as the operator has room for. Nothing says so where Berth does not
/// admit the pods.
Verdict within_room(const ReplicasQuestion& question, std::int32_t wanted) {
  const std::int32_t now = question.view.workload->replicas;
  const auto& room = question.facts.room;
  if (!room && question.view.waits_at_gate)
    return refused(Reason::PodsPending, "Its pods wait to be admitted, and none is yet");
  if (!room)
    return {wanted};
  if (question.is_operator_dead)
    return refused(Reason::CapacityUnknown, "The operator does not renew its Lease: what quota " +
                                                room->of.quota.str() + " and pool " +
                                                room->of.pool.str() + " have left is not known");
  if (!room->by_quota)
    return refused(Reason::CapacityUnknown, describe(*room));
  const std::int32_t charged = std::min(room->admitted, now);
  std::int32_t most = charged + std::min(*room->by_quota, wanted);
  Reason reason = Reason::InsufficientQuota;
  if (!room->can_pool_grow) {
    if (!room->by_pool)
      return refused(Reason::CapacityUnknown, describe(*room));
    if (const std::int32_t placed = charged + std::min(*room->by_pool, wanted); placed < most) {
      most = placed;
      reason = Reason::InsufficientCapacity;
    }
  }
  if (most >= wanted)
    return {wanted};
  if (most <= now)
    return refused(reason, describe(*room));
  return {most, reason, replicas(most) + " of " + std::to_string(wanted) + ": " + describe(*room)};
}

Verdict judge(const ReplicasQuestion& question, const api::ScalingRecommendation& one,
              const std::vector<RecommendationPtr>& known, TimePoint now) {
  const auto& policy = question.view.policy->spec;
  const auto wanted = units_of(one);
  if (!wanted || *wanted == question.view.workload->replicas)
    return {};
  if (!policy.max_replicas)
    return refused(Reason::BoundsMissing, "Set maxReplicas in ScalingPolicy " +
                                              question.view.policy->meta.name +
                                              " to have this carried out");
  if (auto verdict = too_early(question, one, known, now))
    return std::move(*verdict);
  if (one.spec.kind == RecommendationKind::ScaleOut)
    return within_room(question, *wanted);
  const auto& usage = question.facts.usage;
  if (usage.ending > 0 || usage.present > question.view.workload->replicas)
    return refused(Reason::PodsPending, "Pods that were taken away before are not gone yet");
  return {wanted};
}

ScaleChange change(const WorkloadView& view, const api::ScalingRecommendation& one,
                   std::int32_t to) {
  ScaleChange change;
  change.target = view.ref;
  change.uid = view.workload->meta.uid;
  change.from = view.workload->replicas;
  change.to = to;
  change.of = one.meta.key();
  change.kind = one.spec.kind;
  return change;
}

std::string counted(const ScaleChange& change) {
  return "From " + std::to_string(change.from) + " to " + replicas(change.to) + ": ";
}

void carry_out(Plan& plan, const WorkloadView& view, api::ScalingRecommendation one,
               const Verdict& verdict, TimePoint now) {
  ScaleChange scale = change(view, one, *verdict.to);
  const auto* valid = api::find_condition(one.status.conditions, "Valid");
  scale.reason = scale.to > scale.from ? Reason::ScaledOut : Reason::ScaledIn;
  scale.note = counted(scale) + (valid == nullptr ? std::string() : valid->message);
  one.status.carried_out =
      api::CarriedOut{std::chrono::floor<std::chrono::seconds>(now), replicas_patch(scale.to),
                      replicas_patch(scale.from), std::nullopt};
  amend_status(plan, one.meta, one.status);
  if (!verdict.message.empty())
    say_applied(plan, one, verdict.reason, verdict.message, now);
  plan.scale = std::move(scale);
}

/// Pods that had their time and have not worked once.
std::int32_t given_up(const WorkloadFacts& facts, TimePoint now) {
  const auto count = std::ranges::count_if(facts.pods, [now](const auto& pod) {
    return pod->stage != PodStage::Ended && never_worked(*pod) &&
           pod->meta.created + kComesToWorkWithin <= now;
  });
  return static_cast<std::int32_t>(count);
}

/// Whether the change is judged now by what is known since `since`: from the end of its cooldown
/// on, since nothing is taken back before that.
bool is_due(const api::CarriedOut& carried, TimePoint since, const api::ScalingPolicySpec& policy,
            TimePoint now) {
  const TimePoint from = std::max(since, carried.at + policy.cooldown);
  return from <= now && now <= from + kUndoneWithin;
}

/// That what was measured after the change is worse, and by how much.
std::optional<std::string> measured_worse(const api::ScalingRecommendation& one,
                                          const api::ScalingPolicySpec& policy, TimePoint now) {
  const auto& outcome = one.status.outcome;
  const auto& carried = *one.status.carried_out;
  if (!outcome || outcome->result != api::OutcomeResult::Worse ||
      outcome->measured_at <= carried.at || !is_due(carried, outcome->measured_at, policy, now))
    return std::nullopt;
  const auto& expected = one.spec.expected_improvement;
  if (!expected || !outcome->after)
    return "it became worse";
  return expected->what + " is " + outcome->after->str() + " where " + expected->to.str() +
         " was expected";
}

/// That it was measured to be good after the change.
bool measured_better(const api::ScalingRecommendation& one) {
  const auto& outcome = one.status.outcome;
  return outcome && outcome->result == api::OutcomeResult::Improved &&
         outcome->measured_at > one.status.carried_out->at;
}

/// What speaks against the change, in words. More replicas are not blamed for more work than was
/// foreseen: fewer would not do it better.
std::optional<std::string> made_worse(const ReplicasQuestion& question,
                                      const api::ScalingRecommendation& one, TimePoint now) {
  const auto& carried = *one.status.carried_out;
  const auto& policy = question.view.policy->spec;
  if (one.spec.kind == RecommendationKind::ScaleIn)
    return measured_worse(one, policy, now);
  const WorkloadUsage& usage = question.facts.usage;
  const auto before = replicas_in(carried.undo_patch);
  const bool none_works =
      before && usage.ending == 0 && usage.present - given_up(question.facts, now) <= *before;
  if (none_works && !measured_better(one) &&
      is_due(carried, carried.at + kWorksWithin, policy, now))
    return "none of the replicas that were added works";
  return api::is_true(one.status.conditions, "Verified") ? measured_worse(one, policy, now)
                                                         : std::nullopt;
}

/// Within what holds for any change but the back-off: the bounds of the policy, the cooldown, and
/// for more replicas the room.
std::optional<std::int32_t> number_before(const ReplicasQuestion& question,
                                          const api::ScalingRecommendation& one,
                                          const std::vector<RecommendationPtr>& known,
                                          TimePoint now) {
  const auto& policy = question.view.policy->spec;
  const std::int32_t is = question.view.workload->replicas;
  const auto before = replicas_in(one.status.carried_out->undo_patch);
  const auto changed = last_carried_out(known, {.counts_undoing = true});
  const bool is_as_we_left_it = replicas_in(one.status.carried_out->patch) == is;
  const bool is_again = one.status.carried_out->undone_at.has_value();
  const bool is_cooling = changed && now < *changed + policy.cooldown;
  std::optional<std::int32_t> number;
  if (!before || !is_as_we_left_it || (is_cooling && !is_again))
    return number;
  const std::int32_t least = std::max(policy.min_replicas.value_or(1), 1);
  std::int32_t to = std::max(std::min(*before, policy.max_replicas.value_or(is)), least);
  if (to > is)
    to = within_room(question, to).to.value_or(is);
  if (to != is)
    number = to;
  return number;
}

/// Why the change is taken back now. Where that was noted and could not be sent, it is sent again.
std::optional<std::string> undone_because(const ReplicasQuestion& question,
                                          const api::ScalingRecommendation& one, TimePoint now) {
  const auto& undone_at = one.status.carried_out->undone_at;
  if (!undone_at)
    return made_worse(question, one, now);
  const auto& policy = *question.view.policy;
  const Duration for_so_long = std::max<Duration>(2 * policy.spec.cooldown, kUndoRetriedForMin);
  const bool is_unsent = !was_sent(policy, *undone_at) && now < *undone_at + for_so_long;
  return is_unsent ? std::optional<std::string>("it made things worse, and could not be taken back "
                                                "before")
                   : std::nullopt;
}

/// True if there is something to take back.
bool undo(Plan& plan, const ReplicasQuestion& question, const std::vector<RecommendationPtr>& known,
          TimePoint now) {
  for (const auto& one : known) {
    const auto& carried = one->status.carried_out;
    if (!carried)
      continue;
    const auto why = undone_because(question, *one, now);
    const auto to = why ? number_before(question, *one, known, now) : std::nullopt;
    if (!to)
      continue;
    if (!carried->undone_at) {
      auto after = planned(plan, known, one->meta.key()).value_or(*one);
      after.status.carried_out = *carried;
      after.status.carried_out->undone_at = std::chrono::floor<std::chrono::seconds>(now);
      amend_status(plan, after.meta, after.status);
    }
    ScaleChange scale = change(question.view, *one, *to);
    scale.reason = Reason::Undone;
    scale.note = counted(scale) + *why;
    plan.scale = std::move(scale);
    return true;
  }
  return false;
}

} // namespace

void act_on_replicas(Plan& plan, const ReplicasQuestion& question, TimePoint now) {
  const auto known = of_kinds(question.view.recommendations,
                              {RecommendationKind::ScaleOut, RecommendationKind::ScaleIn});
  if (undo(plan, question, known, now) || !question.wanted)
    return;
  const auto one = planned(plan, known, *question.wanted);
  if (!one)
    return;
  const Verdict verdict = judge(question, *one, known, now);
  if (verdict.to)
    carry_out(plan, question.view, *one, verdict, now);
  else if (!verdict.message.empty())
    say_applied(plan, *one, verdict.reason, verdict.message, now);
}

} // namespace berth::analyzer
