#include "analyzer/advise/lifecycle.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace berth::analyzer {
namespace {

constexpr const char* kValid = "Valid";
constexpr const char* kApplied = "Applied";

const api::Condition* valid_of(const api::ScalingRecommendation& recommendation) {
  return api::find_condition(recommendation.status.conditions, kValid);
}

} // namespace

bool is_open(const api::ScalingRecommendation& recommendation) {
  const auto* valid = valid_of(recommendation);
  return valid == nullptr || valid->status != api::ConditionStatus::False;
}

namespace {

TimePoint since(const api::ScalingRecommendation& recommendation) {
  const auto* valid = valid_of(recommendation);
  return valid == nullptr ? recommendation.meta.created : valid->last_transition_time;
}

Advice advice_of(const api::ScalingRecommendation& recommendation) {
  using api::RecommendationKind;
  const RecommendationKind kind = recommendation.spec.kind;
  return kind == RecommendationKind::GrowPool || kind == RecommendationKind::ScaleOut
             ? Advice::Grow
             : Advice::Shrink;
}

std::string_view ended_message(Reason reason) {
  switch (reason) {
  case Reason::Expired: return "It was not confirmed again before it expired";
  case Reason::Superseded: return "A newer recommendation took its place";
  case Reason::Applied: return "The target is as it asked for";
  case Reason::PodsPending: return "Pods of the target do not work yet, or work waits for it";
  case Reason::ScaledByAutoscaler: return "An autoscaler chooses this for the target";
  default: return "What was measured since no longer asks for it";
  }
}

/// Whether a back-off or the cooldown goes by it, however many are newer.
bool is_remembered(const api::ScalingRecommendation& one, std::optional<TimePoint> last_changed,
                   TimePoint now) {
  const auto& carried = one.status.carried_out;
  return carried && (carried->at == last_changed ||
                     (carried->undone_at && now < *carried->undone_at + kUndoneBackOff));
}

void end(Plan& plan, const api::ScalingRecommendation& recommendation, Reason reason,
         TimePoint now) {
  api::Condition valid;
  valid.status = api::ConditionStatus::False;
  valid.reason = reason;
  valid.message = ended_message(reason);
  change_status(plan,
                {recommendation.meta, with_valid(recommendation.status, std::move(valid), now)});
}

} // namespace

RecommendationPtr standing(const std::vector<RecommendationPtr>& recommendations, TimePoint now) {
  RecommendationPtr newest;
  for (const auto& recommendation : recommendations) {
    if (!is_open(*recommendation) || recommendation->spec.expires_at <= now)
      continue;
    if (!newest || since(*newest) < since(*recommendation))
      newest = recommendation;
  }
  return newest;
}

AdviceState state_of(const std::vector<RecommendationPtr>& recommendations, TimePoint now) {
  AdviceState state;
  if (const auto newest = standing(recommendations, now)) {
    state.advice = advice_of(*newest);
    state.changed = since(*newest);
    return state;
  }
  for (const auto& recommendation : recommendations)
    state.changed = std::max(state.changed.value_or(since(*recommendation)),
                             std::min(since(*recommendation), now));
  return state;
}

std::optional<TimePoint> last_carried_out(const std::vector<RecommendationPtr>& recommendations,
                                          const WhichChanges& which) {
  std::optional<TimePoint> last;
  for (const auto& one : recommendations) {
    const auto& carried = one->status.carried_out;
    if (!carried || (which.kind && one->spec.kind != *which.kind) || which.but == one->meta.key())
      continue;
    const TimePoint at = which.counts_undoing && carried->undone_at
                             ? std::max(carried->at, *carried->undone_at)
                             : carried->at;
    last = std::max(last.value_or(at), at);
  }
  return last;
}

RecommendationPtr newest_carried_out(const std::vector<RecommendationPtr>& recommendations) {
  RecommendationPtr newest;
  for (const auto& one : recommendations)
    if (const auto& carried = one->status.carried_out;
        carried && (!newest || newest->status.carried_out->at < carried->at))
      newest = one;
  return newest;
}

bool was_sent(const api::ScalingPolicy& policy, TimePoint at) {
  return policy.status.last_applied_at && at <= *policy.status.last_applied_at;
}

void tend(Plan& plan, const std::vector<RecommendationPtr>& recommendations,
          const std::optional<api::ObjectKey>& wanted, std::optional<Reason> over,
          const AdvisorOptions& options, TimePoint now) {
  std::vector<RecommendationPtr> ended;
  for (const auto& recommendation : recommendations) {
    if (wanted == recommendation->meta.key())
      continue;
    if (!is_open(*recommendation))
      ended.push_back(recommendation);
    else if (wanted)
      end(plan, *recommendation, Reason::Superseded, now);
    else if (recommendation->spec.expires_at <= now)
      end(plan, *recommendation, Reason::Expired, now);
    else if (over)
      end(plan, *recommendation, *over, now);
  }
  std::ranges::sort(ended, [](const auto& left, const auto& right) {
    return std::pair(since(*right), right->meta.key()) < std::pair(since(*left), left->meta.key());
  });
  const auto changed = last_carried_out(recommendations);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const bool is_too_many = i >= options.ended_kept_max && !is_remembered(*ended[i], changed, now);
    if (is_too_many || now - since(*ended[i]) > options.ended_kept_for)
      plan.removed.push_back(ended[i]->meta);
  }
}

api::ScalingRecommendationStatus with_valid(api::ScalingRecommendationStatus status,
                                            api::Condition valid, TimePoint now) {
  valid.type = kValid;
  api::set_condition(status.conditions, std::move(valid), now);
  return status;
}

api::ScalingRecommendationStatus with_applied(api::ScalingRecommendationStatus status,
                                              Reason reason, std::string message, TimePoint now) {
  const bool is_done = reason == Reason::Applied;
  if (is_done)
    status.applied_at = std::chrono::floor<std::chrono::seconds>(now);
  api::Condition applied;
  applied.type = kApplied;
  applied.status = is_done ? api::ConditionStatus::True : api::ConditionStatus::False;
  applied.reason = reason;
  applied.message = std::move(message);
  api::set_condition(status.conditions, std::move(applied), now);
  return status;
}

void say_applied(Plan& plan, const api::ScalingRecommendation& one, Reason reason,
                 std::string message, TimePoint now) {
  const auto* before = api::find_condition(one.status.conditions, kApplied);
  if (before != nullptr && before->reason == reason && before->message == message)
    return;
  amend_status(plan, one.meta, with_applied(one.status, reason, std::move(message), now));
}

} // namespace berth::analyzer
