#include "analyzer/advise/decide_size.hpp"

#include <algorithm>
#include <cmath>

#include "analyzer/advise/lifecycle.hpp"

namespace berth::analyzer {
namespace {

/// A standing recommendation keeps its number of units while the wanted one is this close.
constexpr std::int32_t kSameUnitsPercent = 10;

/// A number of units that moves by one or two is not a new finding, and one that is taken back
/// waits for the cooldown like any change of mind.
void keep_standing_units(SizeAdvice& advice, const SizedTarget& target,
                         const RecommendationPtr& last, bool is_cooling) {
  if (!last || last->spec.kind != target.kind_of(advice.state.advice))
    return;
  const auto units = units_of(*last);
  const bool grows = advice.state.advice == Advice::Grow;
  const std::int32_t size = target.size.units;
  if (!units || (grows ? *units <= size : *units >= size))
    return;
  const bool is_close =
      std::abs(advice.units - *units) <= std::max(1, *units * kSameUnitsPercent / 100);
  if (is_close || (is_cooling && grows && advice.units < *units))
    advice.units = *units;
}

/// Whether the target has come to the size that was asked for, by whatever hand.
bool is_reached(const SizedTarget& target, const api::ScalingRecommendation& last) {
  const auto units = units_of(last);
  if (!units)
    return false;
  return last.spec.kind == target.grow ? target.size.units >= *units : target.size.units <= *units;
}

/// Why what stands is over, now that nothing is advised.
Reason over_because(const SizeAdvice& advice, const SizedTarget& target,
                    const RecommendationPtr& last) {
  const bool is_early =
      advice.reason == Reason::PodsPending && last && last->spec.kind == target.shrink;
  return is_early ? Reason::PodsPending : Reason::Resolved;
}

} // namespace

std::optional<api::ObjectKey> decide_size(Plan& plan, const SizeQuestion& question,
                                          const AdvisorOptions& options, TimePoint now) {
  const auto& known = question.known;
  auto last = standing(known, now);
  AdviceState state = state_of(known, now);
  const bool is_done = last && is_reached(question.target, *last);
  if (is_done) { // the next change waits for the cooldown, as after any
    state = AdviceState{Advice::None, now};
    last = nullptr;
  }
  SizeAdvice advice = advise(question.judged, question.target.size, state, question.advice, now);
  if (!advice.known || advice.state.advice == Advice::None) {
    std::optional<Reason> over;
    if (is_done)
      over = Reason::Applied;
    else if (advice.known)
      over = over_because(advice, question.target, last);
    tend(plan, known, std::nullopt, over, options, now);
    return std::nullopt;
  }
  const bool is_cooling = now < advice.state.changed.value_or(now) + question.advice.cooldown;
  keep_standing_units(advice, question.target, last, is_cooling);
  const double trust =
      advice.state.advice == Advice::Grow ? question.trust_to_grow : question.trust_to_shrink;
  advice.confidence_percent =
      static_cast<std::int32_t>(std::lround(advice.confidence_percent * trust));
  const Judged& judged = question.judged[advice.resource];
  Finding finding = size_finding(question.target, judged, advice);
  if (const auto report = question.learned.find(judged.outlook.resource);
      report != question.learned.end())
    finding.message += "; " + describe(report->second);
  if (const auto habits = question.habits.find(judged.outlook.resource);
      habits != question.habits.end() && !habits->second.empty())
    finding.message += "; it " + habits->second;
  if (advice.state.advice == Advice::Grow && !question.room.empty())
    finding.message += "; " + question.room;
  advise_or_renew(plan, finding, known, options, now);
  const auto wanted = recommendation_for(finding, options.recommendation_validity, now);
  tend(plan, known, wanted.meta.key(), std::nullopt, options, now);
  return wanted.meta.key();
}

} // namespace berth::analyzer
