#include "analyzer/advise/decide_kind.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/lifecycle.hpp"

namespace berth::analyzer {
namespace {

Finding as_said(const api::ScalingRecommendation& last, const PoolSettings& settings) {
  Finding finding;
  finding.meta.ns = last.meta.ns;
  finding.meta.owners = {settings.owner};
  finding.spec = last.spec;
  finding.reason = Reason::Recommended;
  if (const auto* valid = api::find_condition(last.status.conditions, "Valid")) {
    finding.reason = valid->reason;
    finding.message = valid->message;
  }
  return finding;
}

} // namespace

void decide_kind(Plan& plan, const std::vector<RecommendationPtr>& all,
                 const PoolSettings& settings, const KindQuestion& question,
                 const DecideContext& context) {
  const auto known = of_kinds(all, {question.kind});
  const auto over = [&](std::optional<Reason> why) {
    tend(plan, known, std::nullopt, why, context.options, context.now);
  };
  if (!settings.advises)
    return over(Reason::Resolved);
  const auto last = standing(known, context.now);
  if (last && question.is_done(*last))
    return over(Reason::Applied);
  if (!question.is_known)
    return over(std::nullopt);
  const auto changed = state_of(known, context.now).changed;
  const bool is_cooling = changed && context.now < *changed + settings.advice.cooldown;
  std::optional<Finding> finding;
  if (last && question.still_helps(*last)) {
    finding = as_said(*last, settings);
    if (auto newer = question.evidence(*last))
      finding->spec.evidence = std::move(newer);
  } else if (!is_cooling) {
    finding = question.find();
    if (finding && (!finding->spec.evidence || finding->spec.evidence->forecast.empty()))
      finding.reset();
  }
  if (!finding)
    return over(Reason::Resolved);
  advise_or_renew(plan, *finding, known, context.options, context.now);
  const auto wanted =
      recommendation_for(*finding, context.options.recommendation_validity, context.now);
  tend(plan, known, wanted.meta.key(), std::nullopt, context.options, context.now);
}

bool will_stand(const Plan& plan, const std::vector<RecommendationPtr>& known,
                std::initializer_list<api::RecommendationKind> kinds) {
  return !those_that_stand(plan, known, kinds).empty();
}

std::vector<api::ScalingRecommendation>
those_that_stand(const Plan& plan, const std::vector<RecommendationPtr>& known,
                 std::initializer_list<api::RecommendationKind> kinds) {
  std::vector<api::ScalingRecommendation> found;
  const auto add = [&](const api::ScalingRecommendation& one) {
    if (std::ranges::find(kinds, one.spec.kind) != kinds.end() && is_open(one))
      found.push_back(one);
  };
  for (const Advised& one : plan.advised)
    add(one.object);
  for (const RecommendationPtr& one : known)
    if (std::ranges::find(plan.advised, one->meta.key(), [](const Advised& advised) {
          return advised.object.meta.key();
        }) == plan.advised.end())
      add(*planned(plan, known, one->meta.key()));
  return found;
}

} // namespace berth::analyzer
