#include "analyzer/advise/decide_throttling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "analyzer/advise/decide_bottleneck.hpp"
#include "analyzer/advise/decide_kind.hpp"
#include "analyzer/advise/number.hpp"
#include "analyzer/advise/policy_status.hpp"
#include "analyzer/advise/throttling.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::Amount;
using resources::ResourceName;

/// Samples of the last hour that must be known: a quarter of it.
constexpr std::size_t kSamplesMin = 15;
/// A limit is at most doubled at once: what would come of more is not known.
constexpr double kRaisePercentMax = 100;
/// What stands is left once less of the time is held back.
constexpr double kStillShare = 0.02;
constexpr double kKnownShareMax = 0.9;
constexpr double kSure = 90;

/// Whether more replicas are to share the work, or a Resize changes the container's cpu.
bool is_answered(const Plan& plan, const WorkloadView& view, std::size_t container) {
  if (will_stand(plan, view.recommendations, {RecommendationKind::ScaleOut}))
    return true;
  const auto resizes = those_that_stand(plan, view.recommendations, {RecommendationKind::Resize});
  return std::ranges::any_of(resizes, [&](const api::ScalingRecommendation& one) {
    const auto changes = changes_in(*view.workload, one.spec.action.patch);
    return std::ranges::any_of(changes, [&](const RequestChange& change) {
      return change.container == container && change.resource == ResourceName::cpu();
    });
  });
}

/// The limit that would end it, as far as a node has it. A request that is the limit moves with it
/// so that the pods keep their class of service, but not where replicas are counted by it.
std::optional<RequestChange> raised(const WorkloadView& view, const WorkloadFacts& facts,
                                    std::size_t at, double percent) {
  const ResourceName& cpu = ResourceName::cpu();
  const WorkloadContainer& container = view.workload->containers[at];
  const Amount limit = container.limits.get(cpu);
  const Amount request = container.requests.get(cpu);
  const double wanted =
      std::min(number(limit) * (1 + percent / 100), number(facts.largest_node.get(cpu)));
  RequestChange change;
  change.container = at;
  change.resource = cpu;
  change.limit = Amount{std::llround(std::ceil(wanted))};
  const bool is_one = request == limit && !follows(view, settings_of(view), cpu);
  change.request = is_one ? *change.limit : request;
  return *change.limit > limit ? std::optional(change) : std::nullopt;
}

std::string metric_of(const WorkloadView& view, const ContainerThrottling& one) {
  return "share/throttling/" + view.workload->containers[one.container].name;
}

/// What was measured before the limit was raised says nothing of the new one.
bool was_raised_lately(const WorkloadView& view, const ContainerThrottling& one, TimePoint now) {
  return std::ranges::any_of(view.recommendations, [&](const RecommendationPtr& past) {
    return past->spec.kind == RecommendationKind::ResolveBottleneck && past->spec.evidence &&
           past->spec.evidence->metric == metric_of(view, one) && past->status.applied_at &&
           now < *past->status.applied_at + kThrottlingWatched;
  });
}

api::Evidence evidence_now(const WorkloadView& view, const ContainerThrottling& one) {
  // Thousandths are what cpu is counted in.
  return evidence_of(ResourceName::cpu(), one.course, metric_of(view, one));
}

Finding finding_of(const WorkloadView& view, const ContainerThrottling& one,
                   const Bottleneck& bottleneck, const RequestChange& change,
                   const DecideContext& context) {
  const WorkloadSettings settings = settings_of(view);
  const WorkloadContainer& container = view.workload->containers[one.container];
  const double more = number(*change.limit) / number(container.limits.get(change.resource));
  // What is held back all the time wants more than anybody knows.
  const double share = std::min(one.share, kKnownShareMax);
  const double share_then = std::max(0.0, 1 - more * (1 - share));
  Finding finding;
  finding.meta.ns = settings.size.recommendation_namespace;
  finding.meta.owners = {settings.size.owner};
  auto& spec = finding.spec;
  spec.target_ref = {view.ref.kind, view.ref.key.name};
  spec.kind = RecommendationKind::ResolveBottleneck;
  spec.priority = priority_of(bottleneck.severity);
  const double record = context.records[static_cast<std::size_t>(spec.kind)];
  spec.confidence_percent = static_cast<std::int32_t>(std::lround(kSure * record));
  spec.expected_improvement = api::ExpectedImprovement{container.name + "/cpu-throttling-percent",
                                                       percent_quantity(100 * one.share),
                                                       percent_quantity(100 * share_then)};
  spec.evidence = evidence_now(view, one);
  spec.action.patch_type = api::ActionPatchType::JSON;
  spec.action.patch = resize_patch(*view.workload, {change});
  finding.reason = Reason::WorkHeldBack;
  std::array<char, 120> text{};
  std::snprintf(text.data(), text.size(), " is held back by its cpu limit in %.0f %% of the time; ",
                100 * one.share);
  finding.message = container.name + text.data() + format_amount(change.resource, *change.limit) +
                    " instead of " +
                    format_amount(change.resource, container.limits.get(change.resource)) +
                    (share_then > 0 ? " would lessen it" : " would end it");
  return finding;
}

/// The container that is held back most and may be given more.
std::optional<Finding> find(const Plan& plan, const WorkloadView& view, const WorkloadFacts& facts,
                            const DecideContext& context) {
  std::optional<Finding> worst;
  double most = 0;
  for (const ContainerThrottling& one : facts.throttlings) {
    const auto bottleneck = throttling_bottleneck(one);
    if (!bottleneck || one.share <= most || is_answered(plan, view, one.container) ||
        was_raised_lately(view, one, context.now))
      continue;
    const double percent = std::min(bottleneck->resolutions.front().amount, kRaisePercentMax);
    if (const auto change = raised(view, facts, one.container, percent)) {
      most = one.share;
      worst = finding_of(view, one, *bottleneck, *change, context);
    }
  }
  return worst;
}

} // namespace

std::optional<Bottleneck> throttling_bottleneck(const ContainerThrottling& one) {
  if (one.samples < kSamplesMin)
    return std::nullopt;
  ResourceLoad load;
  load.resource = ResourceName::cpu();
  load.throttled_share = one.share;
  auto found = find_bottlenecks(std::array{load});
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

void decide_throttling(Plan& plan, const WorkloadView& view, const WorkloadFacts& facts,
                       const DecideContext& context) {
  const WorkloadSettings settings = settings_of(view);
  PoolSettings size = settings.size;
  // A Job's template cannot be changed, and of one that is sized by another it is not ours.
  size.advises = settings.resizes && view.ref.kind != api::ScalingTargetKind::Job &&
                 !facts.usage.is_sized_by_autoscaler;
  KindQuestion question;
  question.kind = RecommendationKind::ResolveBottleneck;
  question.is_known = !facts.throttlings.empty();
  question.is_done = [&](const api::ScalingRecommendation& last) {
    return is_resized(*view.workload, last.spec.action.patch) == true;
  };
  question.still_helps = [&](const api::ScalingRecommendation& last) {
    const auto changes = changes_in(*view.workload, last.spec.action.patch);
    return std::ranges::any_of(facts.throttlings, [&](const ContainerThrottling& one) {
      return changes.size() == 1 && changes.front().container == one.container &&
             one.share >= kStillShare && !is_answered(plan, view, one.container);
    });
  };
  question.evidence = [&](const api::ScalingRecommendation& last) -> std::optional<api::Evidence> {
    for (const ContainerThrottling& one : facts.throttlings)
      if (auto now = evidence_now(view, one);
          last.spec.evidence && now.metric == last.spec.evidence->metric && !now.forecast.empty())
        return now;
    return std::nullopt;
  };
  question.find = [&] { return find(plan, view, facts, context); };
  decide_kind(plan, view.recommendations, size, question, context);
}

} // namespace berth::analyzer
