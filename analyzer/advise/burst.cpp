#include "analyzer/advise/burst.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "analyzer/advise/lifecycle.hpp"
#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::ResourceName;

/// A burst is left only once the charge is so much below where it was entered.
constexpr double kHysteresisPercent = 10;
constexpr std::int32_t kWholePercent = 100;

std::int32_t ratio_of(const std::vector<api::Oversubscription>& ratios, const ResourceName& name) {
  const auto found = std::ranges::find(ratios, name, &api::Oversubscription::resource);
  return found == ratios.end() ? kWholePercent : found->ratio_percent;
}

/// The pool's ratios with that of one resource changed; one of 100 % is left out.
std::string ratios_patch(std::vector<api::Oversubscription> ratios, const ResourceName& resource,
                         std::int32_t ratio) {
  std::erase_if(ratios, [&](const auto& one) { return one.resource == resource; });
  if (ratio != kWholePercent)
    ratios.push_back({resource, ratio});
  std::ranges::sort(ratios, {}, [](const auto& one) { return std::string(one.resource.str()); });
  api::Json list = api::Json::array();
  for (const auto& one : ratios)
    list.push_back({{"ratioPercent", one.ratio_percent}, {"resource", one.resource.str()}});
  return api::to_text(api::Json{{"spec", {{"oversubscription", std::move(list)}}}});
}

/// The ratio that a burst makes of the usual one, and the way back.
std::int32_t raised(std::int32_t ratio, const api::PoolBurst& burst) {
  return ratio * burst.factor_percent / kWholePercent;
}

std::int32_t lowered(std::int32_t ratio, const api::PoolBurst& burst) {
  return std::max((ratio * kWholePercent + burst.factor_percent - 1) / burst.factor_percent, 1);
}

double percent_of(double amount, double capacity) {
  return 100 * amount / capacity;
}

const Outlook* known_outlook(const std::vector<Outlook>& outlooks, const ResourceName& resource) {
  const auto found = std::ranges::find(outlooks, resource, &Outlook::resource);
  const bool is_known =
      found != outlooks.end() && found->metrics == Reason::MetricsAvailable && found->capacity > 0;
  return is_known ? &*found : nullptr;
}

/// Of the resources with room for more, the one that most of is charged; null if none is under
/// pressure.
const Outlook* under_pressure(const PoolFacts& facts, const api::PoolBurst& burst,
                              const PoolSettings& settings) {
  const Outlook* most = nullptr;
  for (const Outlook& charged : facts.charged) {
    const Outlook* known = known_outlook(facts.charged, charged.resource);
    const Outlook* used = known_outlook(facts.used, charged.resource);
    if (known == nullptr || used == nullptr)
      continue;
    const double peak = percent_of(charged.expected_peak(), charged.capacity);
    const double used_then =
        percent_of(used->cautious_peak(), used->capacity) * burst.factor_percent / kWholePercent;
    const bool has_room = used_then < settings.thresholds_of(charged.resource).critical_percent;
    if (peak < burst.enter_utilization_percent || !has_room)
      continue;
    if (most == nullptr || peak > percent_of(most->expected_peak(), most->capacity))
      most = known;
  }
  return most;
}

Finding finding_for(const PoolView& view, const PoolSettings& settings, const Outlook& charged) {
  Finding finding;
  finding.meta.ns = settings.recommendation_namespace;
  finding.meta.owners = {settings.owner};
  finding.spec.target_ref = {api::ScalingTargetKind::ResourcePool, view.pool->meta.name};
  finding.spec.evidence = evidence_of(charged.resource, charged.foresight,
                                      "charged/" + std::string(charged.resource.str()));
  return finding;
}

Finding entering(const PoolView& view, const PoolSettings& settings, const Outlook& charged) {
  const api::PoolBurst& burst = *view.pool->spec.burst;
  Finding finding = finding_for(view, settings, charged);
  const double peak = percent_of(charged.expected_peak(), charged.capacity);
  const double after = peak * kWholePercent / burst.factor_percent;
  const auto& ratios = view.pool->spec.oversubscription;
  auto& spec = finding.spec;
  spec.kind = RecommendationKind::EnterBurst;
  spec.priority = peak >= kWholePercent ? api::RecommendationPriority::High
                                        : api::RecommendationPriority::Medium;
  const double chance =
      1 - charged.chance_below(charged.capacity * burst.enter_utilization_percent / kWholePercent);
  spec.confidence_percent = static_cast<std::int32_t>(std::lround(100 * chance * charged.trust));
  spec.expected_improvement =
      api::ExpectedImprovement{std::string(charged.resource.str()) + "-charged-percent",
                               percent_quantity(peak), percent_quantity(after)};
  spec.action.patch =
      ratios_patch(ratios, charged.resource, raised(ratio_of(ratios, charged.resource), burst));
  finding.reason = Reason::PressureOnPool;
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                ": %.0f %% is charged or about to be; a burst to %d %% brings it to %.0f %%",
                std::ceil(peak), burst.factor_percent, std::ceil(after));
  finding.message = std::string(charged.resource.str()) + text.data();
  return finding;
}

Finding leaving(const PoolView& view, const PoolSettings& settings, const Outlook& charged,
                bool is_over_time) {
  const api::PoolBurst& burst = *view.pool->spec.burst;
  Finding finding = finding_for(view, settings, charged);
  const double peak = percent_of(charged.expected_peak(), charged.capacity);
  const auto& ratios = view.pool->spec.oversubscription;
  auto& spec = finding.spec;
  spec.kind = RecommendationKind::LeaveBurst;
  spec.priority =
      is_over_time ? api::RecommendationPriority::High : api::RecommendationPriority::Low;
  spec.confidence_percent =
      is_over_time ? 100
                   : static_cast<std::int32_t>(std::lround(
                         100 * charged.chance_below(charged.capacity *
                                                    burst.enter_utilization_percent / 100)));
  spec.expected_improvement =
      api::ExpectedImprovement{std::string(charged.resource.str()) + "-promised-percent",
                               percent_quantity(burst.factor_percent), percent_quantity(100)};
  spec.action.patch =
      ratios_patch(ratios, charged.resource, lowered(ratio_of(ratios, charged.resource), burst));
  finding.reason = Reason::PressureOver;
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), ": %s; %.0f %% is charged without the burst",
                is_over_time ? "the burst has lasted as long as it may" : "the pressure is over",
                std::ceil(peak));
  finding.message = std::string(charged.resource.str()) + text.data();
  return finding;
}

/// Writes the finding, if any, and ends the other recommendations of its kind.
void say(Plan& plan, const std::optional<Finding>& finding,
         const std::vector<RecommendationPtr>& known, const DecideContext& context) {
  if (!finding)
    return tend(plan, known, std::nullopt, Reason::Resolved, context.options, context.now);
  advise_or_renew(plan, *finding, known, context.options, context.now);
  const auto wanted =
      recommendation_for(*finding, context.options.recommendation_validity, context.now);
  tend(plan, known, wanted.meta.key(), std::nullopt, context.options, context.now);
}

bool is_cooling(const std::vector<RecommendationPtr>& known, const PoolSettings& settings,
                TimePoint now) {
  const AdviceState state = state_of(known, now);
  return !standing(known, now) && state.changed && now < *state.changed + settings.advice.cooldown;
}

} // namespace

bool is_burst_applied(const api::ResourcePool& pool,
                      const api::ScalingRecommendation& recommendation) {
  const auto patch = api::parse_json(recommendation.spec.action.patch);
  if (!patch || !patch->is_object())
    return false;
  // What the patch asks for, written as patches are: equal texts are equal lists.
  const auto& ratios = pool.spec.oversubscription;
  const std::string now_there =
      ratios.empty() ? ratios_patch({}, ResourceName::cpu(), kWholePercent)
                     : ratios_patch(ratios, ratios.front().resource, ratios.front().ratio_percent);
  return now_there == recommendation.spec.action.patch;
}

BurstState burst_state(const PoolView& view) {
  BurstState state;
  if (!view.pool->spec.burst)
    return state;
  for (const auto& one : of_kinds(view.recommendations, {RecommendationKind::EnterBurst})) {
    if (!one->status.applied_at || !is_burst_applied(*view.pool, *one) || !one->spec.evidence)
      continue;
    const std::string& metric = one->spec.evidence->metric;
    state.is_active = true;
    state.since = one->status.applied_at;
    state.resource = ResourceName{metric.substr(metric.find('/') + 1)};
  }
  return state;
}

std::int32_t usual_ratio_percent(const PoolView& view, const ResourceName& resource) {
  const std::int32_t ratio = ratio_of(view.pool->spec.oversubscription, resource);
  const BurstState state = burst_state(view);
  return state.is_active && state.resource == resource ? lowered(ratio, *view.pool->spec.burst)
                                                       : ratio;
}

void decide_burst(Plan& plan, const PoolView& view, const PoolFacts& facts,
                  const DecideContext& context) {
  const PoolSettings settings = settings_of(view, context.options);
  const auto enters = of_kinds(view.recommendations, {RecommendationKind::EnterBurst});
  const auto leaves = of_kinds(view.recommendations, {RecommendationKind::LeaveBurst});
  std::optional<Finding> enter;
  std::optional<Finding> leave;
  const BurstState state = burst_state(view);
  const auto& burst = view.pool->spec.burst;
  if (burst && settings.advises && !state.is_active && !is_cooling(enters, settings, context.now)) {
    if (const Outlook* pressed = under_pressure(facts, *burst, settings))
      enter = entering(view, settings, *pressed);
  }
  const Outlook* charged = known_outlook(facts.charged, state.resource);
  if (burst && settings.advises && state.is_active && charged != nullptr) {
    const bool is_over_time = context.now >= *state.since + burst->max_duration;
    const double left_below = burst->enter_utilization_percent - kHysteresisPercent;
    if (is_over_time || percent_of(charged->expected_peak(), charged->capacity) < left_below)
      leave = leaving(view, settings, *charged, is_over_time);
  }
  say(plan, enter, enters, context);
  say(plan, leave, leaves, context);
}

} // namespace berth::analyzer
