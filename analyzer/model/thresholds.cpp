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

/// How many units of the target's mean size bring `peak` to where it should be.
std::int32_t units_for(double peak, const Judged& judged, std::int32_t units) {
  const double per_unit = judged.outlook.capacity / units;
  const double wanted = std::ceil(peak / (per_unit * judged.thresholds.target_percent / 100));
  return static_cast<std::int32_t>(std::clamp(wanted, 1.0, 1e6));
}

double warning_amount(const Judged& judged) {
  return judged.outlook.capacity * judged.thresholds.warning_percent / 100;
}

bool wants_growth(const Judged& judged, Advice standing) {
  const double enter = standing == Advice::Grow ? judged.thresholds.warning_percent
                                                : judged.thresholds.critical_percent;
  return judged.asks_for_more &&
         percent_of(judged.outlook.expected_peak(), judged.outlook.capacity) >= enter &&
         judged.outlook.chance_below(warning_amount(judged)) <= kUnlikely;
}

bool allows_shrinking(const Judged& judged, Advice standing, const AdviceOptions& options) {
  const double hysteresis = standing == Advice::Shrink ? options.shrink_hysteresis_percent : 0.0;
  return judged.outlook.coverage >= options.shrink_coverage_min &&
         percent_of(judged.outlook.cautious_peak(), judged.outlook.capacity) <=
             judged.thresholds.shrink_percent + hysteresis;
}

bool is_emergency(const Judged& judged) {
  return judged.asks_for_more && percent_of(judged.outlook.use_now, judged.outlook.capacity) >=
                                     judged.thresholds.emergency_percent;
}

/// Fills in what the advice rests on: the resource that needs the most units.
void rest_on_neediest(SizeAdvice& advice, std::span<const Judged> judged, TargetSize size,
                      double (Outlook::*peak)() const) {
  const bool grows = advice.state.advice == Advice::Grow;
  double most = -1;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (grows && !judged[i].asks_for_more)
      continue;
    const double part = (judged[i].outlook.*peak)() / judged[i].outlook.capacity /
                        judged[i].thresholds.target_percent;
    if (part <= most)
      continue;
    most = part;
    advice.resource = i;
    advice.units = units_for((judged[i].outlook.*peak)(), judged[i], size.units);
    advice.peak_percent = percent_of((judged[i].outlook.*peak)(), judged[i].outlook.capacity);
  }
}

std::int32_t confidence(double chance, const Outlook& outlook) {
  const double percent = std::clamp(100 * chance * outlook.completeness * outlook.trust, 5.0, 95.0);
  return static_cast<std::int32_t>(std::lround(percent));
}

void grow(SizeAdvice& advice, std::span<const Judged> judged, TargetSize size) {
  rest_on_neediest(advice, judged, size, &Outlook::expected_peak);
  const Judged& on = judged[advice.resource];
  advice.reason = Reason::HighUtilization;
  advice.units = std::min(std::max(advice.units, size.units + 1), size.units_max);
  advice.confidence_percent =
      confidence(1 - on.outlook.chance_below(warning_amount(on)), on.outlook);
}

void shrink(SizeAdvice& advice, std::span<const Judged> judged, TargetSize size,
            const AdviceOptions& options) {
  rest_on_neediest(advice, judged, size, &Outlook::cautious_peak);
  const Judged& on = judged[advice.resource];
  advice.reason = Reason::LowUtilization;
  const std::int32_t step = std::max(size.units * options.shrink_step_percent_max / 100, 1);
  advice.units = std::max({advice.units, size.units - step, size.units_min, 1});
  const double limit = warning_amount(on) * advice.units / size.units;
  advice.confidence_percent = confidence(on.outlook.chance_below(limit), on.outlook);
}

/// The advice that use alone asks for, whatever was advised when.
Advice wanted(std::span<const Judged> judged, TargetSize size, Advice standing,
              const AdviceOptions& options) {
  if (std::ranges::any_of(judged, [&](const Judged& one) { return wants_growth(one, standing); }))
    return size.units < size.units_max ? Advice::Grow : Advice::None;
  const bool may_shrink = size.units > std::max(size.units_min, 1) &&
                          std::ranges::all_of(judged, [&](const Judged& one) {
                            return allows_shrinking(one, standing, options);
                          });
  return may_shrink ? Advice::Shrink : Advice::None;
}

} // namespace

SizeAdvice advise(std::span<const Judged> judged, TargetSize size, const AdviceState& state,
                  const AdviceOptions& options, TimePoint now) {
  SizeAdvice advice;
  advice.state = state;
  if (size.units <= 0) {
    advice.reason = Reason::NoNodes;
    return advice;
  }
  for (const auto& one : judged) {
    if (one.outlook.metrics != Reason::MetricsAvailable) {
      advice.reason = one.outlook.metrics;
      return advice;
    }
  }
  if (judged.empty())
    return advice;

  advice.known = true;
  Advice next = wanted(judged, size, state.advice, options);
  const bool cooling = state.changed && now < *state.changed + options.cooldown;
  const bool urgent = next == Advice::Grow && std::ranges::any_of(judged, is_emergency);
  if (cooling && !urgent)
    next = state.advice;
  if (next != state.advice)
    advice.state = AdviceState{next, now};
  advice.reason = Reason::MetricsAvailable;
  if (next == Advice::Grow)
    grow(advice, judged, size);
  else if (next == Advice::Shrink)
    shrink(advice, judged, size, options);
  return advice;
}

} // namespace berth::analyzer
