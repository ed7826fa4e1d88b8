#include "analyzer/advise/degrade.hpp"

#include <algorithm>

#include "lib/allocation/pressure.hpp"

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

bool contains(const Steps& steps, DegradationStep step) {
  return std::ranges::find(steps, step) != steps.end();
}

/// Of that resource: others do not keep a level that they were not at.
PressureLevel level_before(const LevelBefore& before, const ResourceName& resource) {
  if (before.given_up == nullptr)
    return before.level;
  const auto& all = before.given_up->resources;
  const auto one = std::ranges::find(all, resource, &api::ResourcePressure::name);
  return one == all.end() ? PressureLevel::None : one->level;
}

/// When what is at the level was measured last.
TimePoint measured_at_level(const Pressures& pressures, PressureLevel level) {
  TimePoint newest = TimePoint::min();
  for (const auto& one : pressures)
    if (one.level == level)
      newest = std::max(newest, one.measured_at);
  return newest;
}

/// How many of the level's own steps are taken now.
std::size_t own_steps_taken(const DegradeQuestion& question, PressureLevel level,
                            const Steps& own) {
  if (level == PressureLevel::Emergency || !question.before)
    return level == PressureLevel::Emergency ? own.size() : 1;
  const auto& before = *question.before;
  const auto taken = static_cast<std::size_t>(
      std::ranges::count_if(own, [&](auto step) { return contains(before.steps, step); }));
  const bool is_next_due =
      taken == 0 || measured_at_level(question.pressures, level) >= before.stepped_at + kStepEvery;
  return taken + (is_next_due && before.level <= level ? 1 : 0);
}

/// Those of all levels up to that of the use.
Steps steps_asked(const DegradeQuestion& question, PressureLevel level) {
  Steps steps;
  if (level == PressureLevel::None)
    return steps;
  for (const auto lower : {PressureLevel::Warning, PressureLevel::Critical})
    if (lower < level)
      add(steps, steps_of(question.policy, lower));
  Steps own = steps_of(question.policy, level);
  std::erase_if(own, [&](DegradationStep step) { return contains(steps, step); });
  own.resize(std::min(own_steps_taken(question, level, own), own.size()));
  add(steps, own);
  return steps;
}

bool sheds(const Steps& steps) {
  return contains(steps, DegradationStep::ShedOpportunistic) ||
         contains(steps, DegradationStep::ShedBorrowed);
}

/// What use has to fall below. Where only a higher level asked to shed, and its steps are still to
/// be taken back, nobody is shed for the level that is left: not below that one's beginning.
std::int32_t limit_of(const DegradeQuestion& question, const api::PressureThresholds& thresholds,
                      const Steps& asked, const Steps& taken) {
  const PressureLevel at = worst_of(question.pressures);
  if (sheds(asked) || !sheds(taken))
    return leaving_percent(thresholds, at);
  std::int32_t limit = 100;
  for (const auto level :
       {PressureLevel::Emergency, PressureLevel::Critical, PressureLevel::Warning})
    if (level > at && sheds(steps_of(question.policy, level)))
      limit = threshold_of(thresholds, level);
  return limit;
}

/// Those that were taken and are not asked for any more, but for the one that goes back now.
Steps steps_kept(const DegradeQuestion& question, const Steps& asked) {
  if (!question.before)
    return {};
  Steps kept = question.before->steps;
  std::erase_if(kept, [&](DegradationStep step) { return contains(asked, step); });
  if (!kept.empty() && question.measured_at - question.before->stepped_at >= kStepEvery)
    kept.pop_back();
  return kept;
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

Pressures pressures_of(std::span<const UsePercent> use, const api::ScalingThresholds& thresholds,
                       const LevelBefore& before, TimePoint now) {
  Pressures pressures;
  for (const UsePercent& one : use)
    if (const auto* of = thresholds_of(thresholds, one.resource))
      if (const auto level = level_of(one, *of, level_before(before, one.resource));
          level != PressureLevel::None)
        pressures.push_back({one.resource, level, one.measured_at});
  if (before.given_up != nullptr)
    for (const auto& last : before.given_up->resources)
      if (std::ranges::find(use, last.name, &UsePercent::resource) == use.end() &&
          now - last.measured_at < allocation::kMeasurementAgeMax)
        pressures.push_back(last);
  std::ranges::sort(pressures, {}, &api::ResourcePressure::name);
  return pressures;
}

PressureLevel worst_of(const Pressures& pressures) {
  PressureLevel worst = PressureLevel::None;
  for (const auto& one : pressures)
    worst = std::max(worst, one.level);
  return worst;
}

std::optional<api::PoolDegradation> degradation_of(const DegradeQuestion& question) {
  const PressureLevel level = worst_of(question.pressures);
  api::PoolDegradation degradation;
  degradation.level = std::max(level, PressureLevel::Warning);
  const Steps asked = steps_asked(question, level);
  degradation.steps = asked;
  add(degradation.steps, steps_kept(question, degradation.steps));
  if (degradation.steps.empty())
    return std::nullopt;
  degradation.resources = question.pressures;
  for (const auto& one : question.pressures)
    if (const auto* thresholds = thresholds_of(question.policy.thresholds, one.name);
        thresholds != nullptr && one.level == level)
      degradation.limits.push_back(
          {one.name, limit_of(question, *thresholds, asked, degradation.steps)});
  const auto& before = question.before;
  degradation.stepped_at = before && before->steps == degradation.steps
                               ? before->stepped_at
                               : std::chrono::floor<std::chrono::seconds>(question.now);
  return degradation;
}

} // namespace berth::analyzer
