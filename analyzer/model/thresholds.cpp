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

/// How many nodes of the pool's mean size bring `peak` to the target.
std::int32_t nodes_for(double peak, const Judged& judged, std::int32_t nodes) {
  const double per_node = judged.outlook.capacity / nodes;
  const double wanted = std::ceil(peak / (per_node * judged.thresholds.target_percent / 100));
  return static_cast<std::int32_t>(std::clamp(wanted, 1.0, 1e6));
}

double warning_amount(const Judged& judged) {
  return judged.outlook.capacity * judged.thresholds.warning_percent / 100;
}

bool wants_growth(const Judged& judged, Advice standing) {
  const double enter = standing == Advice::GrowPool ? judged.thresholds.warning_percent
                                                    : judged.thresholds.critical_percent;
  return percent_of(judged.outlook.expected_peak(), judged.outlook.capacity) >= enter &&
         judged.outlook.chance_below(warning_amount(judged)) <= kUnlikely;
}

bool allows_shrinking(const Judged& judged, Advice standing, const AdviceOptions& options) {
  const double hysteresis =
      standing == Advice::ShrinkPool ? options.shrink_hysteresis_percent : 0.0;
  return judged.outlook.coverage >= options.shrink_coverage_min &&
         percent_of(judged.outlook.cautious_peak(), judged.outlook.capacity) <=
             judged.thresholds.shrink_percent + hysteresis;
}

bool is_emergency(const Judged& judged) {
  return percent_of(judged.outlook.use_now, judged.outlook.capacity) >=
         judged.thresholds.emergency_percent;
}

/// Fills in what the advice rests on: the resource that needs the most nodes.
void rest_on_neediest(PoolAdvice& advice, std::span<const Judged> judged, PoolSize size,
                      double (Outlook::*peak)() const) {
  double most = -1;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const double part = (judged[i].outlook.*peak)() / judged[i].outlook.capacity /
                        judged[i].thresholds.target_percent;
    if (part <= most)
      continue;
    most = part;
    advice.resource = i;
    advice.nodes = nodes_for((judged[i].outlook.*peak)(), judged[i], size.nodes);
    advice.peak_percent = percent_of((judged[i].outlook.*peak)(), judged[i].outlook.capacity);
  }
}

std::int32_t confidence(double chance, double completeness) {
  const double percent = std::clamp(100 * chance * completeness, 5.0, 95.0);
  return static_cast<std::int32_t>(std::lround(percent));
}

void grow(PoolAdvice& advice, std::span<const Judged> judged, PoolSize size) {
  rest_on_neediest(advice, judged, size, &Outlook::expected_peak);
  const Judged& on = judged[advice.resource];
  advice.reason = Reason::HighUtilization;
  advice.nodes = std::max(advice.nodes, size.nodes + 1);
  advice.confidence_percent =
      confidence(1 - on.outlook.chance_below(warning_amount(on)), on.outlook.completeness);
}

void shrink(PoolAdvice& advice, std::span<const Judged> judged, PoolSize size,
            const AdviceOptions& options) {
  rest_on_neediest(advice, judged, size, &Outlook::cautious_peak);
  const Judged& on = judged[advice.resource];
  advice.reason = Reason::LowUtilization;
  const std::int32_t step = std::max(size.nodes * options.shrink_step_percent_max / 100, 1);
  advice.nodes = std::max({advice.nodes, size.nodes - step, size.nodes_min, 1});
  const double limit = warning_amount(on) * advice.nodes / size.nodes;
  advice.confidence_percent = confidence(on.outlook.chance_below(limit), on.outlook.completeness);
}

/// The advice that use alone asks for, whatever was advised when.
Advice wanted(std::span<const Judged> judged, PoolSize size, Advice standing,
              const AdviceOptions& options) {
  if (std::ranges::any_of(judged, [&](const Judged& one) { return wants_growth(one, standing); }))
    return Advice::GrowPool;
  const bool may_shrink = size.nodes > std::max(size.nodes_min, 1) &&
                          std::ranges::all_of(judged, [&](const Judged& one) {
                            return allows_shrinking(one, standing, options);
                          });
  return may_shrink ? Advice::ShrinkPool : Advice::None;
}

} // namespace

PoolAdvice advise(std::span<const Judged> judged, PoolSize size, const AdviceState& state,
                  const AdviceOptions& options, TimePoint now) {
  PoolAdvice advice;
  advice.state = state;
  if (size.nodes <= 0) {
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
  const bool urgent = next == Advice::GrowPool && std::ranges::any_of(judged, is_emergency);
  if (cooling && !urgent)
    next = state.advice;
  if (next != state.advice)
    advice.state = AdviceState{next, now};
  advice.reason = Reason::MetricsAvailable;
  if (next == Advice::GrowPool)
    grow(advice, judged, size);
  else if (next == Advice::ShrinkPool)
    shrink(advice, judged, size, options);
  return advice;
}

} // namespace berth::analyzer
