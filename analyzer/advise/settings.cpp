#include "analyzer/advise/settings.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

/// After a change of size use must be clear of the warning, or the advice would stand for ever.
constexpr double kClearOfWarningPercent = 5;
/// Below this part of the target a pool is larger than it needs to be.
constexpr double kShrinkPartOfTarget = 0.6;

Thresholds thresholds(const api::PressureThresholds& pressure, double buffer) {
  Thresholds result;
  result.warning_percent = pressure.warning_percent;
  result.critical_percent = std::max(pressure.critical_percent, pressure.warning_percent);
  result.emergency_percent = std::max<double>(pressure.emergency_percent, result.critical_percent);
  const double with_buffer = 100 / (1 + buffer / 100);
  result.target_percent =
      std::max(1.0, std::min(with_buffer, result.warning_percent - kClearOfWarningPercent));
  result.shrink_percent = result.target_percent * kShrinkPartOfTarget;
  return result;
}

bool acts(const api::ScalingPolicySpec& policy, api::ScalingAction action) {
  return policy.mode != api::ScalingMode::Off &&
         std::ranges::find(policy.actions, action) != policy.actions.end();
}

double buffer_of(const api::ScalingPolicySpec& policy, const Learned& learned,
                 const resources::ResourceName& resource) {
  const auto found = learned.find(resource);
  const bool is_learned =
      policy.strategy == api::ScalingStrategy::Adaptive && found != learned.end();
  return is_learned ? found->second.chosen.buffer_percent : buffer_percent(policy.strategy);
}

PoolSettings size_settings(const api::ScalingPolicySpec& policy, const Learned& learned) {
  using resources::ResourceName;
  PoolSettings settings;
  settings.cpu = thresholds(policy.thresholds.cpu, buffer_of(policy, learned, ResourceName::cpu()));
  settings.memory =
      thresholds(policy.thresholds.memory, buffer_of(policy, learned, ResourceName::memory()));
  settings.disk = thresholds(policy.thresholds.disk,
                             buffer_of(policy, learned, ResourceName::ephemeral_storage()));
  settings.advice.cooldown = policy.cooldown;
  return settings;
}

} // namespace

const std::array<resources::ResourceName, 2>& judged_resources() {
  using resources::ResourceName;
  static const std::array<ResourceName, 2> kResources{ResourceName::cpu(), ResourceName::memory()};
  return kResources;
}

const std::array<resources::ResourceName, 3>& pool_resources() {
  using resources::ResourceName;
  static const std::array<ResourceName, 3> kResources{ResourceName::cpu(), ResourceName::memory(),
                                                      ResourceName::ephemeral_storage()};
  return kResources;
}

Thresholds metric_thresholds() {
  Thresholds thresholds;
  thresholds.shrink_percent = 60;
  thresholds.target_percent = 95;
  thresholds.warning_percent = 102;
  thresholds.critical_percent = 110;
  thresholds.emergency_percent = 200;
  return thresholds;
}

const Thresholds& PoolSettings::thresholds_of(const resources::ResourceName& resource) const {
  using resources::ResourceName;
  if (resource == ResourceName::ephemeral_storage())
    return disk;
  return resource == ResourceName::memory() ? memory : cpu;
}

double buffer_percent(api::ScalingStrategy strategy) {
  switch (strategy) {
  case api::ScalingStrategy::Conservative: return 25;
  case api::ScalingStrategy::Balanced:
  case api::ScalingStrategy::Adaptive: return 35;
  case api::ScalingStrategy::Aggressive: return 55;
  }
  return 35;
}

PoolSettings settings_of(const PoolView& view, const AdvisorOptions& options,
                         const Learned& learned) {
  const api::ScalingPolicySpec defaults;
  const auto& policy = view.policy ? view.policy->spec : defaults;
  PoolSettings settings = size_settings(policy, learned);
  settings.advises = acts(policy, api::ScalingAction::Pool);
  settings.acts = settings.advises && policy.mode == api::ScalingMode::Auto;
  settings.recommendation_namespace =
      view.policy ? view.policy->meta.ns : options.recommendation_namespace;
  settings.owner = view.policy ? owned_by(*view.policy) : owned_by(*view.pool);
  return settings;
}

WorkloadSettings settings_of(const WorkloadView& view, const Learned& learned) {
  const auto& policy = view.policy->spec;
  WorkloadSettings settings;
  settings.buffer_percent = buffer_percent(policy.strategy);
  settings.size = size_settings(policy, learned);
  settings.size.recommendation_namespace = view.policy->meta.ns;
  settings.size.owner = owned_by(*view.policy);
  // A Job's parallelism is its author's, and its template cannot be changed: what is found is for
  // the next one.
  const bool is_job = view.ref.kind == api::ScalingTargetKind::Job;
  settings.scales = !is_job && acts(policy, api::ScalingAction::Replicas);
  settings.resizes = acts(policy, api::ScalingAction::Resize);
  settings.acts = !is_job && policy.mode == api::ScalingMode::Auto;
  return settings;
}

bool is_adaptive(const std::shared_ptr<const api::ScalingPolicy>& policy) {
  return policy && policy->spec.strategy == api::ScalingStrategy::Adaptive;
}

} // namespace berth::analyzer
