#include "analyzer/model/thresholds.hpp"

#include <algorithm>
#include <cmath>

namespace berth::analyzer {
namespace {

/// Use must be at least as likely above the warning as below it for a pool to grow.
constexpr double kUnlikely = 0.5;

double percent_of(double amount, double capacity) {
  return 100 * amount / capacity;
}

bool is_known(const Judged& judged) {
  return judged.outlook.metrics == Reason::MetricsAvailable;
}

double expected_peak(const Judged& judged) {
  return judged.outlook.expected_peak();
}

double cautious_peak(const Judged& judged) {
  return judged.follows_season ? judged.outlook.seasonal_peak() : judged.outlook.cautious_peak();
}

/// The units that its capacity is of.
std::int32_t units_of(const Judged& judged, TargetSize size) {
  return std::max(judged.units.value_or(size.units), 1);
}

double warning_amount(const Judged& judged) {
  return judged.outlook.capacity * judged.thresholds.warning_percent / 100;
}

/// Whether the units that are still to come bring it to where it should be.
bool is_coming_enough(const Judged& judged, TargetSize size) {
  return units_of(judged, size) < size.units &&
         units_for(judged.outlook.expected_peak(), judged, size) <= size.units;
}

bool wants_growth(const Judged& judged, TargetSize size, Advice standing) {
  const double enter = standing == Advice::Grow ? judged.thresholds.warning_percent
                                                : judged.thresholds.critical_percent;
  return judged.asks_for_more && is_known(judged) && !is_coming_enough(judged, size) &&
         percent_of(judged.outlook.expected_peak(), judged.outlook.capacity) >= enter &&
         judged.outlook.chance_below(warning_amount(judged)) <= kUnlikely;
}

bool allows_shrinking(const Judged& judged, Advice standing, const AdviceOptions& options) {
  const double hysteresis = standing == Advice::Shrink ? options.shrink_hysteresis_percent : 0.0;
  return is_known(judged) && judged.outlook.coverage >= options.shrink_coverage_min &&
         percent_of(cautious_peak(judged), judged.outlook.capacity) <=
             judged.thresholds.shrink_percent + hysteresis;
}

bool is_emergency(const Judged& judged) {
  return judged.asks_for_more && is_known(judged) &&
         percent_of(judged.outlook.use_now, judged.outlook.capacity) >=
             judged.thresholds.emergency_percent;
}

/// Fills in what the advice rests on: the resource that needs the most units.
void rest_on_neediest(SizeAdvice& advice, std::span<const Judged> judged, TargetSize size,
                      double (*peak)(const Judged&)) {
  const bool grows = advice.state.advice == Advice::Grow;
  double most = -1;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (!is_known(judged[i]) || (grows && !judged[i].asks_for_more))
      continue;
    const double need = peak(judged[i]) / judged[i].outlook.capacity * units_of(judged[i], size) /
                        judged[i].thresholds.target_percent;
    if (need <= most)
      continue;
    most = need;
    advice.resource = i;
    advice.units = units_for(peak(judged[i]), judged[i], size);
    advice.peak_percent = percent_of(peak(judged[i]), judged[i].outlook.capacity);
  }
}

std::int32_t confidence(double chance, const Outlook& outlook) {
  const double percent = std::clamp(100 * chance * outlook.completeness * outlook.trust, 5.0, 95.0);
  return static_cast<std::int32_t>(std::lround(percent));
}

void grow(SizeAdvice& advice, std::span<const Judged> judged, TargetSize size) {
  rest_on_neediest(advice, judged, size, &expected_peak);
  const Judged& on = judged[advice.resource];
  advice.reason = Reason::HighUtilization;
  advice.units = std::min(std::max(advice.units, size.units + 1), size.units_max);
  advice.confidence_percent =
      confidence(1 - on.outlook.chance_below(warning_amount(on)), on.outlook);
}

/// How small it may become in one step.
std::int32_t shrunk(std::span<const Judged> judged, TargetSize size, const AdviceOptions& options) {
  const std::int32_t step = std::max(size.units * options.shrink_step_percent_max / 100, 1);
  std::int32_t units = std::max({size.units - step, size.units_min, 1});
  for (const Judged& one : judged)
    units = std::max(units, units_for(cautious_peak(one), one, size));
  return units;
}

void shrink(SizeAdvice& advice, std::span<const Judged> judged, TargetSize size,
            const AdviceOptions& options) {
  rest_on_neediest(advice, judged, size, &cautious_peak);
  const Judged& on = judged[advice.resource];
  advice.reason = Reason::LowUtilization;
  advice.units = shrunk(judged, size, options);
  const double limit = warning_amount(on) * advice.units / units_of(on, size);
  advice.confidence_percent = confidence(on.outlook.chance_below(limit), on.outlook);
}

/// The advice that use alone asks for, whatever was advised when.
Advice wanted(std::span<const Judged> judged, TargetSize size, Advice standing,
              const AdviceOptions& options) {
  const auto grows = [&](const Judged& one) { return wants_growth(one, size, standing); };
  if (std::ranges::any_of(judged, grows))
    return size.units < size.units_max ? Advice::Grow : Advice::None;
  const bool may_shrink =
      size.is_settled && size.units > std::max(size.units_min, 1) &&
      std::ranges::all_of(
          judged, [&](const Judged& one) { return allows_shrinking(one, standing, options); }) &&
      shrunk(judged, size, options) < size.units;
  return may_shrink ? Advice::Shrink : Advice::None;
}

/// Whether the target's bounds, and what is still to come, leave room for it. What they do not is
/// over at once, however short a time it stood.
bool is_possible(Advice advice, TargetSize size) {
  switch (advice) {
  case Advice::None: return true;
  case Advice::Grow: return size.units < size.units_max;
  case Advice::Shrink: return size.is_settled && size.units > std::max(size.units_min, 1);
  }
  return true;
}

} // namespace

std::int32_t units_for(double peak, const Judged& judged, TargetSize size) {
  const double per_unit = judged.outlook.capacity / units_of(judged, size);
  const double wanted = std::ceil(peak / (per_unit * judged.thresholds.target_percent / 100));
  return static_cast<std::int32_t>(std::clamp(wanted, 1.0, 1e6));
}

SizeAdvice advise(std::span<const Judged> judged, TargetSize size, const AdviceState& state,
                  const AdviceOptions& options, TimePoint now) {
  SizeAdvice advice;
  advice.state = state;
  if (size.units <= 0) {
    advice.reason = Reason::NoNodes;
    return advice;
  }
  if (judged.empty())
    return advice;
  const auto unknown =
      std::ranges::find_if(judged, [](const Judged& one) { return !is_known(one); });
  const Advice by_use = wanted(judged, size, state.advice, options);
  Advice next = by_use;
  const bool cooling = state.changed && now < *state.changed + options.cooldown;
  const bool urgent = next == Advice::Grow && std::ranges::any_of(judged, is_emergency);
  if (cooling && !urgent)
    next = state.advice;
  const bool is_sure = unknown == judged.end() || (by_use == Advice::Grow && next == Advice::Grow);
  if (!is_sure && is_possible(state.advice, size)) {
    advice.reason = unknown->outlook.metrics;
    return advice;
  }
  advice.known = true;
  // What use no longer allows to shrink is not shrunk for want of a cooldown.
  if (!is_possible(next, size) || (next == Advice::Shrink && by_use != Advice::Shrink))
    next = Advice::None;
  if (next != state.advice)
    advice.state = AdviceState{next, now};
  advice.reason = size.is_settled ? Reason::MetricsAvailable : Reason::PodsPending;
  if (next == Advice::Grow)
    grow(advice, judged, size);
  else if (next == Advice::Shrink)
    shrink(advice, judged, size, options);
  return advice;
}

} // namespace berth::analyzer
