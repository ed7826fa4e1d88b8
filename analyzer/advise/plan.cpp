#include "analyzer/advise/plan.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/verify.hpp"

namespace berth::analyzer {
namespace {

/// Whether both rest on the same: the evidence of one would contradict the words of the other.
bool is_of_same_metric(const api::ScalingRecommendationSpec& left,
                       const api::ScalingRecommendationSpec& right) {
  return left.evidence && right.evidence && left.evidence->metric == right.evidence->metric;
}

} // namespace

void advise_or_renew(Plan& plan, const Finding& finding,
                     const std::vector<RecommendationPtr>& known, const AdvisorOptions& options,
                     TimePoint now) {
  auto wanted = recommendation_for(finding, options.recommendation_validity, now);
  const auto same =
      std::ranges::find(known, wanted.meta.key(), [](const auto& one) { return one->meta.key(); });
  if (same != known.end()) {
    const auto& last = **same;
    const bool is_fresh = last.spec.expires_at - now > options.recommendation_validity / 2;
    if (is_fresh && api::is_true(last.status.conditions, "Valid") &&
        last.spec.priority >= wanted.spec.priority)
      return;
    wanted.meta.uid = last.meta.uid;
    wanted.meta.generation = last.meta.generation;
    // One that ended and is found anew begins anew: it was not applied yet. When it was carried out
    // and taken back last is not forgotten: cooldown and back-off go by it.
    if (is_open(last))
      wanted.status = last.status;
    else
      wanted.status.carried_out = last.status.carried_out;
    if (awaits_verification(last) && check_point(last) > now - kVerifiedWithin &&
        is_of_same_metric(last.spec, wanted.spec)) {
      wanted.spec.evidence = last.spec.evidence;
      wanted.spec.expected_improvement = last.spec.expected_improvement;
    }
  }
  api::Condition valid;
  valid.status = api::ConditionStatus::True;
  valid.reason = finding.reason;
  valid.message = finding.message;
  wanted.status = with_valid(wanted.meta, std::move(wanted.status), std::move(valid), now);
  std::erase_if(plan.changed,
                [&](const Changed& one) { return one.meta.key() == wanted.meta.key(); });
  const auto place = std::ranges::find_if(plan.advised, [&](const Advised& one) {
    return one.object.spec.priority < wanted.spec.priority;
  });
  plan.advised.insert(place, Advised{std::move(wanted)});
}

std::optional<api::ScalingRecommendation>
planned(const Plan& plan, const std::vector<RecommendationPtr>& known, const api::ObjectKey& key) {
  const auto advised = std::ranges::find(plan.advised, key,
                                         [](const Advised& one) { return one.object.meta.key(); });
  if (advised != plan.advised.end())
    return advised->object;
  const auto before =
      std::ranges::find(known, key, [](const auto& one) { return one->meta.key(); });
  if (before == known.end())
    return std::nullopt;
  api::ScalingRecommendation object = **before;
  const auto changed =
      std::ranges::find(plan.changed, key, [](const Changed& one) { return one.meta.key(); });
  if (changed != plan.changed.end())
    object.status = changed->status;
  return object;
}

void amend_status(Plan& plan, const api::ObjectMeta& meta,
                  api::ScalingRecommendationStatus status) {
  const auto advised = std::ranges::find(plan.advised, meta.key(),
                                         [](const Advised& one) { return one.object.meta.key(); });
  if (advised != plan.advised.end())
    advised->object.status = std::move(status);
  else
    change_status(plan, {meta, std::move(status)});
}

void change_status(Plan& plan, Changed changed) {
  const auto key = changed.meta.key();
  const auto same =
      std::ranges::find(plan.changed, key, [](const Changed& one) { return one.meta.key(); });
  if (same == plan.changed.end())
    plan.changed.push_back(std::move(changed));
  else
    *same = std::move(changed);
}

} // namespace berth::analyzer
