#include "analyzer/advise/settings.hpp"

#include <algorithm>

#include "lib/api/labels.hpp"

namespace berth::analyzer {
namespace {

/// What is kept free above the expected use: the middle of the strategy's range. Adaptive has no
/// past errors to go by yet and starts as Balanced.
double buffer_percent(api::ScalingStrategy strategy) {
  switch (strategy) {
  case api::ScalingStrategy::Conservative: return 25;
  case api::ScalingStrategy::Balanced:
  case api::ScalingStrategy::Adaptive: return 35;
  case api::ScalingStrategy::Aggressive: return 55;
  }
  return 35;
}

/// After a change of size use must be clear of the warning, or the advice would stand for ever.
constexpr double kClearOfWarningPercent = 5;
/// Below this part of the target a pool is larger than it needs to be.
constexpr double kShrinkPartOfTarget = 0.6;

Thresholds thresholds(const api::PressureThresholds& pressure, api::ScalingStrategy strategy) {
  Thresholds result;
  result.warning_percent = pressure.warning_percent;
  result.critical_percent = std::max(pressure.critical_percent, pressure.warning_percent);
  result.emergency_percent = std::max<double>(pressure.emergency_percent, result.critical_percent);
  const double with_buffer = 100 / (1 + buffer_percent(strategy) / 100);
  result.target_percent =
      std::max(1.0, std::min(with_buffer, result.warning_percent - kClearOfWarningPercent));
  result.shrink_percent = result.target_percent * kShrinkPartOfTarget;
  return result;
}

template <class T>
api::OwnerReference owned_by(const T& object) {
  api::OwnerReference owner;
  owner.api_version = std::string(api::kApiVersion);
  owner.kind = std::string(T::kKind);
  owner.name = object.meta.name;
  owner.uid = object.meta.uid;
  owner.controller = true;
  return owner;
}

} // namespace

PoolSettings settings_of(const PoolView& view, const AdvisorOptions& options) {
  PoolSettings settings;
  const api::ScalingPolicySpec defaults;
  const auto& policy = view.policy ? view.policy->spec : defaults;
  settings.cpu = thresholds(policy.thresholds.cpu, policy.strategy);
  settings.memory = thresholds(policy.thresholds.memory, policy.strategy);
  settings.advice.cooldown = policy.cooldown;
  settings.advises =
      policy.mode != api::ScalingMode::Off &&
      std::ranges::find(policy.actions, api::ScalingAction::Pool) != policy.actions.end();
  settings.recommendation_namespace =
      view.policy ? view.policy->meta.ns : options.recommendation_namespace;
  settings.owner = view.policy ? owned_by(*view.policy) : owned_by(*view.pool);
  return settings;
}

} // namespace berth::analyzer
