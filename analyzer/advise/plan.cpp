#include "analyzer/advise/plan.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/verify.hpp"
#include "lib/base/fnv.hpp"

namespace berth::analyzer {
namespace {

/// Whether both rest on the same: the evidence of one would contradict the words of the other.
bool is_of_same_metric(const api::ScalingRecommendationSpec& left,
                       const api::ScalingRecommendationSpec& right) {
  return left.evidence && right.evidence && left.evidence->metric == right.evidence->metric;
}

api::ObjectKey key_of(const Advised& one) {
  return one.object.meta.key();
}
api::ObjectKey key_of(const Changed& one) {
  return one.meta.key();
}
api::ObjectKey key_of(const RecommendationPtr& one) {
  return one->meta.key();
}

/// Thousands that were found in one cycle are not all renewed in one.
Duration renewed_before_end(const api::ScalingRecommendation& one, const AdvisorOptions& options) {
  constexpr std::uint64_t kParts = 16;
  const auto part = static_cast<std::int64_t>(fnv1a(one.meta.name) % kParts);
  const Duration half = options.recommendation_validity / 2;
  return half - half / 4 * part / static_cast<std::int64_t>(kParts);
}

/// The entry about that recommendation; null if there is none.
template <class Entries>
auto* entry_of(Entries& entries, const api::ObjectKey& key) {
  const auto found =
      std::ranges::find_if(entries, [&](const auto& one) { return key_of(one) == key; });
  return found == entries.end() ? nullptr : &*found;
}

} // namespace

bool Plan::is_pressing() const {
  return !advised.empty() &&
         advised.front().object.spec.priority >= api::RecommendationPriority::High;
}

void advise_or_renew(Plan& plan, const Finding& finding,
                     const std::vector<RecommendationPtr>& known, const AdvisorOptions& options,
                     TimePoint now) {
  auto wanted = recommendation_for(finding, options.recommendation_validity, now);
  if (const auto* same = entry_of(known, wanted.meta.key())) {
    const auto& last = **same;
    const bool is_fresh = last.spec.expires_at - now > renewed_before_end(last, options);
    if (is_fresh && api::is_true(last.status.conditions, "Valid") &&
        last.spec.priority >= wanted.spec.priority)
      return;
    wanted.meta.uid = last.meta.uid;
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
  wanted.status = with_valid(std::move(wanted.status), std::move(valid), now);
  std::erase_if(plan.changed,
                [&](const Changed& one) { return one.meta.key() == wanted.meta.key(); });
  const auto place = std::ranges::find_if(plan.advised, [&](const Advised& one) {
    return one.object.spec.priority < wanted.spec.priority;
  });
  plan.advised.insert(place, Advised{std::move(wanted)});
}

std::optional<api::ScalingRecommendation>
planned(const Plan& plan, const std::vector<RecommendationPtr>& known, const api::ObjectKey& key) {
  if (const auto* advised = entry_of(plan.advised, key))
    return advised->object;
  const auto* before = entry_of(known, key);
  if (before == nullptr)
    return std::nullopt;
  api::ScalingRecommendation object = **before;
  if (const auto* changed = entry_of(plan.changed, key))
    object.status = changed->status;
  return object;
}

void amend_status(Plan& plan, const api::ObjectMeta& meta,
                  api::ScalingRecommendationStatus status) {
  if (auto* advised = entry_of(plan.advised, meta.key()))
    advised->object.status = std::move(status);
  else
    change_status(plan, {meta, std::move(status)});
}

void change_status(Plan& plan, Changed changed) {
  if (auto* same = entry_of(plan.changed, key_of(changed)))
    *same = std::move(changed);
  else
    plan.changed.push_back(std::move(changed));
}

} // namespace berth::analyzer
