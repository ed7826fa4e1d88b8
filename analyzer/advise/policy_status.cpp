#include "analyzer/advise/policy_status.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/degrade.hpp"

namespace berth::analyzer {
namespace {

using api::ConditionStatus;

api::Condition condition(const char* type, bool holds, Reason reason, std::string message) {
  api::Condition result;
  result.type = type;
  result.status = holds ? ConditionStatus::True : ConditionStatus::False;
  result.reason = reason;
  result.message = std::move(message);
  return result;
}

/// What nobody measures is not false.
api::Condition unknown(const char* type, Reason reason, std::string message) {
  api::Condition result = condition(type, false, reason, std::move(message));
  result.status = ConditionStatus::Unknown;
  return result;
}

api::Condition ready(const WorkloadFacts& facts) {
  for (const auto* outlooks : {&facts.used, &facts.metrics})
    for (const Outlook& outlook : *outlooks)
      if (outlook.metrics != Reason::MetricsAvailable)
        return unknown("Ready", outlook.metrics,
                       outlook.name + " is not known: it is not scaled in, and scaled out only by "
                                      "what else is known");
  const bool is_measured = !facts.used.empty() || !facts.metrics.empty() || !facts.demands.empty();
  return is_measured ? condition("Ready", true, Reason::MetricsAvailable, "The target is measured")
                     : unknown("Ready", Reason::MetricsMissing,
                               "Nothing that the policy goes by is measured");
}

api::Condition replicas_advised(const WorkloadView& view, const WorkloadFacts& facts) {
  constexpr const char* kType = "ReplicasAdvised";
  if (view.autoscaler)
    return condition(kType, false, Reason::ScaledByAutoscaler,
                     "HorizontalPodAutoscaler " + view.autoscaler->meta.name +
                         " scales the target: change its bounds or its metrics instead");
  if (!is_settled(view, facts))
    return condition(kType, true, Reason::PodsPending,
                     "Not all pods work yet: it is not scaled in before they do");
  return condition(kType, true, Reason::MetricsAvailable, "Replicas are advised on");
}

api::Condition requests_advised(const WorkloadView& view, const WorkloadFacts& facts,
                                const WorkloadSettings& settings) {
  constexpr const char* kType = "RequestsAdvised";
  if (facts.usage.is_sized_by_autoscaler)
    return condition(kType, false, Reason::ScaledByAutoscaler,
                     "A VerticalPodAutoscaler chooses what the pods ask for");
  std::string except;
  for (const auto& resource : judged_resources())
    if (follows(view, settings, resource))
      except += (except.empty() ? ", but not for " : " and ") + std::string(resource.str());
  return condition(kType, true, Reason::MetricsAvailable,
                   "Requests are advised on" + except +
                       (except.empty() ? "" : ", whose use replicas follow"));
}

/// Of a policy whose mode is Auto, where it is not carried out.
api::Condition not_acting() {
  return condition("Acting", false, Reason::Recommended,
                   "The analyzer runs without --act (analyzer.act of the chart): what the mode "
                   "Auto would carry out is recommended only");
}

api::Condition size_advised(const PoolView& view, const PoolFacts& facts, bool is_operator_dead) {
  constexpr const char* kType = "SizeAdvised";
  if (is_operator_dead)
    return condition(kType, true, Reason::PodsPending,
                     "The operator's Lease is not renewed, so who waits is not known: the pool is "
                     "not made smaller");
  if (!facts.is_waited_for)
    return condition(kType, true, Reason::MetricsAvailable, "The size of the pool is advised on");
  const std::string who = view.waiting.workloads > 0
                              ? "Work of quota " + view.waiting.quota + " waits for the pool"
                              : "Pods that were admitted to the pool wait for a node";
  return condition(kType, true, Reason::PodsPending,
                   who + ": the pool is not made smaller meanwhile");
}

/// Of what the pods ask for.
std::vector<UsePercent> measured_percents(const std::vector<Outlook>& used) {
  std::vector<UsePercent> percents;
  for (const Outlook& outlook : used)
    if (outlook.metrics == Reason::MetricsAvailable && outlook.capacity > 0)
      percents.push_back({outlook.resource, static_cast<std::int32_t>(std::min(
                                                100 * outlook.use_now / outlook.capacity, 1e6))});
  return percents;
}

std::string idle_message(const IdlePolicy& idle) {
  const auto& target = idle.policy->spec.target_ref;
  const std::string name = std::string(to_string(target.kind)) + ' ' + target.name;
  if (idle.older)
    return "ScalingPolicy " + to_string(idle.older->meta.key()) + " is older and names " + name +
           " too: remove one of them";
  const bool is_pool = target.kind == api::ScalingTargetKind::ResourcePool;
  return "There is no " + name + (is_pool ? "" : " in namespace " + idle.policy->meta.ns);
}

/// The status with these conditions and no others; those that stay as they were keep their times.
api::ScalingPolicyStatus status_with(const api::ScalingPolicy& policy,
                                     std::vector<api::Condition> conditions, TimePoint now) {
  api::ScalingPolicyStatus status;
  status.observed_generation = policy.meta.generation;
  status.last_applied_at = policy.status.last_applied_at;
  status.recommendation_ref = policy.status.recommendation_ref;
  status.conditions = policy.status.conditions;
  std::erase_if(status.conditions, [&](const api::Condition& before) {
    return std::ranges::find(conditions, before.type, &api::Condition::type) == conditions.end();
  });
  for (api::Condition& one : conditions) {
    one.observed_generation = policy.meta.generation;
    api::set_condition(status.conditions, std::move(one), now);
  }
  return status;
}

} // namespace

bool is_settled(const WorkloadView& view, const WorkloadFacts& facts) {
  return facts.usage.coming == 0 && facts.usage.present >= view.workload->replicas;
}

bool follows(const WorkloadView& view, const WorkloadSettings& settings,
             const resources::ResourceName& resource) {
  if (!view.autoscaler)
    return settings.scales && resource == resources::ResourceName::cpu();
  return std::ranges::find(view.autoscaler->follows, resource) != view.autoscaler->follows.end();
}

api::ScalingPolicyStatus policy_status(const WorkloadView& view, const WorkloadFacts& facts,
                                       const DecideContext& context) {
  const api::ScalingPolicy& policy = *view.policy;
  const WorkloadSettings settings = settings_of(view);
  std::vector<api::Condition> conditions{ready(facts)};
  if (settings.scales)
    conditions.push_back(replicas_advised(view, facts));
  if (settings.resizes)
    conditions.push_back(requests_advised(view, facts, settings));
  if (settings.acts && !context.options.acts)
    conditions.push_back(not_acting());
  auto status = status_with(policy, std::move(conditions), context.now);
  status.replicas = view.workload->replicas;
  const auto use = measured_percents(facts.used);
  if (!use.empty())
    status.level = worst_of(pressures_of(use, policy.spec.thresholds,
                                         {policy.status.level.value_or(api::PressureLevel::None)},
                                         context.now));
  return status;
}

api::ScalingPolicyStatus policy_status(const PoolView& view, const PoolFacts& facts,
                                       const api::Condition& measured,
                                       const DecideContext& context) {
  std::vector<api::Condition> conditions{measured};
  conditions.front().type = "Ready";
  const PoolSettings settings = settings_of(view, context.options);
  if (settings.advises)
    conditions.push_back(size_advised(view, facts, context.is_operator_dead));
  if (settings.acts && !context.options.acts)
    conditions.push_back(not_acting());
  else if (settings.acts && facts.provider && facts.provider->reason != Reason::Ready)
    conditions.push_back(
        condition("Acting", false, facts.provider->reason, facts.provider->message));
  return status_with(*view.policy, std::move(conditions), context.now);
}

api::ScalingPolicyStatus policy_status(const IdlePolicy& idle, TimePoint now) {
  return status_with(*idle.policy, {condition("Ready", false, idle.reason, idle_message(idle))},
                     now);
}

void note_written(api::ScalingPolicyStatus& status, const Plan& plan) {
  if (!plan.advised.empty())
    status.recommendation_ref = api::RecommendationRef{plan.advised.front().object.meta.name};
}

void write_status(Plan& plan, const api::ScalingPolicy& policy, api::ScalingPolicyStatus status) {
  if (status == policy.status)
    return;
  plan.policy = policy.meta;
  plan.policy_status = std::move(status);
}

} // namespace berth::analyzer
