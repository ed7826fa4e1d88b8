#include "analyzer/advise/decide_workload.hpp"

#include <algorithm>
#include <cmath>

#include "analyzer/advise/auto_replicas.hpp"
#include "analyzer/advise/auto_resize.hpp"
#include "analyzer/advise/decide_size.hpp"
#include "analyzer/advise/decide_throttling.hpp"
#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/policy_status.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::ResourceName;

double record_of(const DecideContext& context, RecommendationKind kind) {
  return context.records[static_cast<std::size_t>(kind)];
}

/// The recommendation that what is measured now asks for.
std::optional<api::ObjectKey> recommend_replicas(Plan& plan, const WorkloadView& view,
                                                 const WorkloadFacts& facts,
                                                 const DecideContext& context) {
  const WorkloadSettings settings = settings_of(view, facts.learned);
  const auto known =
      of_kinds(view.recommendations, {RecommendationKind::ScaleOut, RecommendationKind::ScaleIn});
  if (view.autoscaler || !settings.scales || (facts.used.empty() && facts.metrics.empty())) {
    const Reason over = view.autoscaler ? Reason::ScaledByAutoscaler : Reason::Resolved;
    tend(plan, known, std::nullopt, over, context.options, context.now);
    return std::nullopt;
  }
  SizedTarget target;
  target.ref = {view.ref.kind, view.ref.key.name};
  target.recommendation_namespace = settings.size.recommendation_namespace;
  target.owner = settings.size.owner;
  target.grow = RecommendationKind::ScaleOut;
  target.shrink = RecommendationKind::ScaleIn;
  target.units = "replicas";
  target.subresource = api::PatchSubresource::Scale;
  target.size = replicas_of(view, facts);
  SizeQuestion question{target, judged_for_replicas(view, facts), settings.size.advice, known,
                        facts.learned};
  question.trust_to_grow = record_of(context, RecommendationKind::ScaleOut);
  question.trust_to_shrink = record_of(context, RecommendationKind::ScaleIn);
  if (facts.room)
    question.room = describe(*facts.room);
  return decide_size(plan, question, context.options, context.now);
}

/// Where replicas follow the use of a resource, its request stays as it is: two hands on one wheel.
std::vector<ContainerDemand> resizable(const WorkloadView& view, const WorkloadFacts& facts,
                                       const WorkloadSettings& settings) {
  std::vector<ContainerDemand> demands = facts.demands;
  std::erase_if(demands, [&](const ContainerDemand& demand) {
    return follows(view, settings, demand.resource);
  });
  return demands;
}

api::RecommendationPriority priority_of(const RequestChange& change,
                                        const ContainerDemand& demand) {
  using Priority = api::RecommendationPriority;
  if (!change.raises)
    return Priority::Low;
  if (demand.killed_now)
    return Priority::Critical;
  return change.resource == ResourceName::memory() && change.peak_percent > 100 ? Priority::High
                                                                                : Priority::Medium;
}

std::int32_t confidence_of(const RequestChange& change, const ContainerDemand& demand) {
  constexpr double kAfterKill = 95;
  constexpr double kSamplesEnough = 60;
  if (demand.killed_now && change.raises)
    return static_cast<std::int32_t>(kAfterKill);
  const double known = std::min(1.0, static_cast<double>(demand.samples) / kSamplesEnough);
  return static_cast<std::int32_t>(std::lround(90 * known * demand.trust));
}

std::string resize_message(const Workload& workload, const std::vector<RequestChange>& changes) {
  std::string message;
  for (const RequestChange& change : changes) {
    const WorkloadContainer& container = workload.containers[change.container];
    message += (message.empty() ? "" : "; ") + container.name + " asks for " +
               format_amount(change.resource, container.requests.get(change.resource)) + " of " +
               std::string(change.resource.str()) + " and should ask for " +
               format_amount(change.resource, change.request);
  }
  return message;
}

Finding resize_finding(const WorkloadView& view, const WorkloadSettings& settings,
                       const std::vector<RequestChange>& changes,
                       const std::vector<ContainerDemand>& demands) {
  const RequestChange& first = changes.front();
  const ContainerDemand& demand = demands[first.demand];
  const double request = static_cast<double>(
      view.workload->containers[first.container].requests.get(first.resource).value());
  Finding finding;
  finding.meta.ns = settings.size.recommendation_namespace;
  finding.meta.owners = {settings.size.owner};
  auto& spec = finding.spec;
  spec.target_ref = {view.ref.kind, view.ref.key.name};
  spec.kind = RecommendationKind::Resize;
  spec.priority = priority_of(first, demand);
  spec.confidence_percent = confidence_of(first, demand);
  const double after = first.peak_percent * request / static_cast<double>(first.request.value());
  const std::string metric = demand.container + '/' + std::string(first.resource.str());
  spec.expected_improvement = api::ExpectedImprovement{metric + "-peak-percent-of-request",
                                                       percent_quantity(first.peak_percent),
                                                       percent_quantity(request > 0 ? after : 0)};
  spec.evidence = evidence_of(first.resource, demand.foresight, metric);
  spec.action.patch_type = api::ActionPatchType::JSON;
  spec.action.patch = resize_patch(*view.workload, changes);
  finding.reason = demand.killed_now ? Reason::KilledForMemory
                   : first.raises    ? Reason::RequestTooSmall
                                     : Reason::RequestTooLarge;
  finding.message = resize_message(*view.workload, changes);
  return finding;
}

/// What is measured now asks for of running pods; nothing where it asks for nothing, or is not
/// known.
std::optional<WantedResize> recommend_resize(Plan& plan, const WorkloadView& view,
                                             const WorkloadFacts& facts,
                                             const DecideContext& context) {
  const WorkloadSettings settings = settings_of(view);
  const auto known = of_kinds(view.recommendations, {RecommendationKind::Resize});
  const auto demands = resizable(view, facts, settings);
  const auto over = [&](std::optional<Reason> why) -> std::optional<WantedResize> {
    tend(plan, known, std::nullopt, why, context.options, context.now);
    return std::nullopt;
  };
  if (facts.usage.is_sized_by_autoscaler)
    return over(Reason::ScaledByAutoscaler);
  if (!settings.resizes)
    return over(Reason::Resolved);
  if (demands.empty()) // nothing is measured: what stands may stand until its time is over
    return over(std::nullopt);
  ResizeBounds bounds{view.policy->spec.resources, facts.largest_node, settings.buffer_percent};
  auto changes = resize(*view.workload, demands, bounds);
  AdviceState state = state_of(known, context.now);
  auto last = standing(known, context.now);
  const bool is_done = last && is_resized(*view.workload, last->spec.action.patch) == true;
  if (is_done) { // the next change waits for the cooldown, as after any
    state.changed = context.now;
    last = nullptr;
  }
  const bool is_urgent =
      !changes.empty() && changes.front().raises && demands[changes.front().demand].killed_now;
  const bool is_cooling =
      state.changed && context.now < *state.changed + settings.size.advice.cooldown && !is_urgent;
  if (changes.empty() || (is_cooling && !last)) {
    static_cast<void>(over(is_done ? Reason::Applied : Reason::Resolved));
    const bool may_lower = changes.empty() && !is_cooling;
    return back_to_template(view, facts.pods, demands, [may_lower](const ContainerDemand& demand) {
      return may_lower && demand.known_for >= kLowerNeeds;
    });
  }
  // What stands is said in its own words: those of other changes would go with the wrong patch.
  auto kept = last ? changes_of(*view.workload, last->spec.action.patch, demands) : std::nullopt;
  if (is_cooling && !kept) // nothing can be said of it now, neither that it is over
    return over(std::nullopt);
  if (is_cooling && !still_helps(*kept, changes))
    return over(Reason::Resolved);
  if (kept && (is_cooling || is_close(*kept, changes)))
    changes = std::move(*kept);
  Finding finding = resize_finding(view, settings, changes, demands);
  finding.spec.confidence_percent = static_cast<std::int32_t>(std::lround(
      finding.spec.confidence_percent * record_of(context, RecommendationKind::Resize)));
  advise_or_renew(plan, finding, known, context.options, context.now);
  const auto wanted =
      recommendation_for(finding, context.options.recommendation_validity, context.now);
  tend(plan, known, wanted.meta.key(), std::nullopt, context.options, context.now);
  return WantedResize{wanted.meta.key(), std::move(changes)};
}

} // namespace

std::vector<Judged> judged_for_replicas(const WorkloadView& view, const WorkloadFacts& facts) {
  const WorkloadSettings settings = settings_of(view, facts.learned);
  std::vector<Judged> judged;
  for (const Outlook& outlook : facts.used)
    judged.push_back({outlook, settings.size.thresholds_of(outlook.resource),
                      outlook.resource == ResourceName::cpu(), true, facts.usage.pods.nodes});
  for (const Outlook& outlook : facts.metrics)
    judged.push_back({outlook, metric_thresholds(), true, true, std::nullopt});
  return judged;
}

TargetSize replicas_of(const WorkloadView& view, const WorkloadFacts& facts) {
  const api::ScalingPolicySpec& policy = view.policy->spec;
  TargetSize size;
  size.units = view.workload->replicas;
  size.units_min = std::max(policy.min_replicas.value_or(1), 1);
  size.units_max = std::max(policy.max_replicas.value_or(TargetSize::kUnitsMax), size.units_min);
  size.is_settled = is_settled(view, facts);
  return size;
}

Decision decide(const WorkloadView& view, const WorkloadFacts& facts,
                const DecideContext& context) {
  Decision decision;
  WorkloadView noted = view;
  decision.verified = verify(decision.plan, noted.recommendations, facts.proofs, context.now);
  const auto wanted = recommend_replicas(decision.plan, noted, facts, context);
  const auto resized = recommend_resize(decision.plan, noted, facts, context);
  decide_throttling(decision.plan, noted, facts, context);
  const WorkloadSettings settings = settings_of(view, facts.learned);
  const bool acts = settings.acts && context.options.acts;
  if (acts && settings.scales && !view.autoscaler)
    act_on_replicas(decision.plan, {noted, facts, wanted, context.is_operator_dead}, context.now);
  if (acts && resized)
    act_on_requests(decision.plan, noted, facts, *resized, context.now);
  auto status = policy_status(noted, facts, context);
  if (const auto one =
          wanted ? planned(decision.plan, noted.recommendations, *wanted) : std::nullopt)
    status.recommended_replicas = units_of(*one);
  note_written(status, decision.plan);
  if (decision.plan.scale || !decision.plan.resizes.empty()) {
    decision.plan.policy = view.policy->meta;
    decision.plan.policy_acted = status;
    decision.plan.policy_acted->last_applied_at =
        std::chrono::floor<std::chrono::seconds>(context.now);
  }
  write_status(decision.plan, *view.policy, std::move(status));
  return decision;
}

} // namespace berth::analyzer
