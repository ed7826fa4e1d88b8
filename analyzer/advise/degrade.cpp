#include "analyzer/advise/degrade.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

using allocation::DegradationStep;
using api::PressureLevel;
using resources::ResourceName;
using Steps = std::vector<DegradationStep>;

std::int32_t threshold_of(const api::PressureThresholds& thresholds, PressureLevel level) {
  switch (level) {
  case PressureLevel::None: return 0;
  case PressureLevel::Warning: return thresholds.warning_percent;
  case PressureLevel::Critical: return thresholds.critical_percent;
  case PressureLevel::Emergency: return thresholds.emergency_percent;
  }
  return 0;
}

/// Where a level that use is at already is left.
std::int32_t leaving_percent(const api::PressureThresholds& thresholds, PressureLevel level) {
  return std::max(threshold_of(thresholds, level) - kLevelHysteresisPercent, 1);
}

PressureLevel level_of(const UsePercent& use, const api::PressureThresholds& thresholds,
                       PressureLevel before) {
  for (const auto level :
       {PressureLevel::Emergency, PressureLevel::Critical, PressureLevel::Warning})
    if (use.percent >= threshold_of(thresholds, level) ||
        (level <= before && use.percent >= leaving_percent(thresholds, level)))
      return level;
  return PressureLevel::None;
}

void add(Steps& steps, const Steps& more) {
  for (const DegradationStep step : more)
    if (std::ranges::find(steps, step) == steps.end())
      steps.push_back(step);
}

Steps steps_of(const api::ScalingPolicySpec& policy, PressureLevel level) {
  const auto rule = std::ranges::find(policy.degradation, level, &api::DegradationRule::level);
  return rule == policy.degradation.end() ? Steps{} : rule->steps;
}

/// How many of the level's own steps are taken now.
std::size_t own_steps_taken(const DegradeQuestion& question, const Steps& own, TimePoint now) {
  if (question.level == PressureLevel::Emergency || !question.before)
    return question.level == PressureLevel::Emergency ? own.size() : 1;
  const auto& before = *question.before;
  const auto taken = static_cast<std::size_t>(std::ranges::count_if(
      own, [&](auto step) { return std::ranges::find(before.steps, step) != before.steps.end(); }));
  const bool is_next_due =
      before.level < question.level || now - before.stepped_at >= kStepEvery || taken == 0;
  return taken + (is_next_due && before.level <= question.level ? 1 : 0);
}

} // namespace

const api::PressureThresholds* thresholds_of(const api::ScalingThresholds& thresholds,
                                             const ResourceName& resource) {
  if (resource == ResourceName::cpu())
    return &thresholds.cpu;
  if (resource == ResourceName::memory())
    return &thresholds.memory;
  return resource == ResourceName::ephemeral_storage() ? &thresholds.disk : nullptr;
}

PressureLevel level_of(std::span<const UsePercent> use, const api::ScalingThresholds& thresholds,
                       PressureLevel before) {
  PressureLevel worst = PressureLevel::None;
  for (const UsePercent& one : use)
    if (const auto* of = thresholds_of(thresholds, one.resource))
      worst = std::max(worst, level_of(one, *of, before));
  return worst;
}

std::optional<api::PoolDegradation> degradation_of(const DegradeQuestion& question, TimePoint now) {
  if (question.level == PressureLevel::None)
    return std::nullopt;
  api::PoolDegradation degradation;
  degradation.level = question.level;
  for (const auto lower : {PressureLevel::Warning, PressureLevel::Critical})
    if (lower < question.level)
      add(degradation.steps, steps_of(question.policy, lower));
  Steps own = steps_of(question.policy, question.level);
  std::erase_if(own, [&](DegradationStep step) {
    return std::ranges::find(degradation.steps, step) != degradation.steps.end();
  });
  own.resize(std::min(own_steps_taken(question, own, now), own.size()));
  add(degradation.steps, own);
  if (degradation.steps.empty())
    return std::nullopt;
  for (const UsePercent& one : question.use)
    if (const auto* thresholds = thresholds_of(question.policy.thresholds, one.resource);
        thresholds != nullptr && level_of(one, *thresholds, question.level) == question.level)
      degradation.limits.push_back({one.resource, leaving_percent(*thresholds, question.level)});
  const auto& before = question.before;
  const bool is_as_before =
      before && before->level == degradation.level && before->steps == degradation.steps;
  degradation.stepped_at =
      is_as_before ? before->stepped_at : std::chrono::floor<std::chrono::seconds>(now);
  return degradation;
}

} // namespace berth::analyzer
