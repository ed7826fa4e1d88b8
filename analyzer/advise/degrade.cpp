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

bool contains(const Steps& steps, DegradationStep step) {
  return std::ranges::find(steps, step) != steps.end();
}

/// Of that resource: others do not keep a level that they were not at.
PressureLevel level_before(const LevelBefore& before, const ResourceName& resource) {
  const bool had_it =
      before.given_up == nullptr ||
      std::ranges::count(before.given_up->limits, resource, &allocation::UseLimit::resource) > 0;
  return had_it ? before.level : PressureLevel::None;
}

/// How many of the level's own steps are taken now.
std::size_t own_steps_taken(const DegradeQuestion& question, const Steps& own) {
  if (question.level == PressureLevel::Emergency || !question.before)
    return question.level == PressureLevel::Emergency ? own.size() : 1;
  const auto& before = *question.before;
  const auto taken = static_cast<std::size_t>(
      std::ranges::count_if(own, [&](auto step) { return contains(before.steps, step); }));
  const bool is_next_due = question.measured_at - before.stepped_at >= kStepEvery || taken == 0;
  return taken + (is_next_due && before.level <= question.level ? 1 : 0);
}

/// Those of all levels up to that of the use.
Steps steps_asked(const DegradeQuestion& question) {
  Steps steps;
  if (question.level == PressureLevel::None)
    return steps;
  for (const auto lower : {PressureLevel::Warning, PressureLevel::Critical})
    if (lower < question.level)
      add(steps, steps_of(question.policy, lower));
  Steps own = steps_of(question.policy, question.level);
  std::erase_if(own, [&](DegradationStep step) { return contains(steps, step); });
  own.resize(std::min(own_steps_taken(question, own), own.size()));
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
  if (sheds(asked) || !sheds(taken))
    return leaving_percent(thresholds, question.level);
  std::int32_t limit = 100;
  for (const auto level :
       {PressureLevel::Emergency, PressureLevel::Critical, PressureLevel::Warning})
    if (level > question.level && sheds(steps_of(question.policy, level)))
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

PressureLevel level_of(std::span<const UsePercent> use, const api::ScalingThresholds& thresholds,
                       const LevelBefore& before) {
  PressureLevel worst = PressureLevel::None;
  for (const UsePercent& one : use)
    if (const auto* of = thresholds_of(thresholds, one.resource))
      worst = std::max(worst, level_of(one, *of, level_before(before, one.resource)));
  return worst;
}

std::optional<api::PoolDegradation> degradation_of(const DegradeQuestion& question) {
  api::PoolDegradation degradation;
  degradation.level = std::max(question.level, PressureLevel::Warning);
  const Steps asked = steps_asked(question);
  degradation.steps = asked;
  add(degradation.steps, steps_kept(question, degradation.steps));
  if (degradation.steps.empty())
    return std::nullopt;
  const auto& before = question.before;
  const LevelBefore last = before ? LevelBefore{before->level, &*before} : LevelBefore{};
  for (const UsePercent& one : question.use)
    if (const auto* thresholds = thresholds_of(question.policy.thresholds, one.resource);
        thresholds != nullptr && question.level != PressureLevel::None &&
        level_of(one, *thresholds, level_before(last, one.resource)) == question.level)
      degradation.limits.push_back(
          {one.resource, limit_of(question, *thresholds, asked, degradation.steps)});
  degradation.stepped_at = before && before->steps == degradation.steps
                               ? before->stepped_at
                               : std::chrono::floor<std::chrono::seconds>(question.now);
  return degradation;
}

} // namespace berth::analyzer
