#include "analyzer/advise/policy_status.hpp"

#include <algorithm>
#include <utility>

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

api::Condition ready(const WorkloadFacts& facts) {
  for (const auto* outlooks : {&facts.used, &facts.metrics})
    for (const Outlook& outlook : *outlooks)
      if (outlook.metrics != Reason::MetricsAvailable)
        return condition("Ready", false, outlook.metrics,
                         outlook.name +
                             " is not known: it is not scaled in, and scaled out only by "
                             "what else is known");
  const bool is_measured = !facts.used.empty() || !facts.metrics.empty() || !facts.demands.empty();
  return is_measured ? condition("Ready", true, Reason::MetricsAvailable, "The target is measured")
                     : condition("Ready", false, Reason::MetricsMissing,
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
                                       TimePoint now) {
  const api::ScalingPolicy& policy = *view.policy;
  const WorkloadSettings settings = settings_of(view);
  std::vector<api::Condition> conditions{ready(facts)};
  if (settings.scales)
    conditions.push_back(replicas_advised(view, facts));
  if (settings.resizes)
    conditions.push_back(requests_advised(view, facts, settings));
  api::ScalingPolicyStatus status;
  status.observed_generation = policy.meta.generation;
  status.replicas = view.workload->replicas;
  status.conditions = policy.status.conditions; // for the times of their transitions
  std::erase_if(status.conditions, [&](const api::Condition& before) {
    return std::ranges::find(conditions, before.type, &api::Condition::type) == conditions.end();
  });
  for (api::Condition& one : conditions) {
    one.observed_generation = policy.meta.generation;
    api::set_condition(status.conditions, std::move(one), now);
  }
  return status;
}

} // namespace berth::analyzer
