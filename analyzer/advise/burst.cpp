#include "analyzer/advise/burst.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "analyzer/advise/lifecycle.hpp"
#include "lib/api/json.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::ResourceName;

/// A burst is left only once the charge is so much below where it was entered.
constexpr double kHysteresisPercent = 10;
constexpr std::int32_t kWholePercent = 100;

api::Json json_of(const api::BurstPeriod& period) {
  api::Json json{{"cause", period.cause == api::BurstCause::Pressure ? "Pressure" : "Forced"},
                 {"endsAt", format_time(period.ends_at)},
                 {"resources", period.resources},
                 {"startsAt", format_time(period.starts_at)}};
  if (period.factor_percent)
    json["factorPercent"] = *period.factor_percent;
  return json;
}

std::string patch_to(const api::BurstPeriod& period) {
  return api::to_text(api::Json{{"spec", {{"burst", {{"period", json_of(period)}}}}}});
}

/// The times of a patch that is patch_to() of some period.
std::optional<allocation::TimeRange> times_in(const std::string& patch) {
  const auto json = api::parse_json(patch);
  const api::Json::json_pointer place("/spec/burst/period");
  if (!json || !json->is_object() || !json->contains(place))
    return std::nullopt;
  const auto time = [&](const char* name) -> std::optional<TimePoint> {
    const auto& period = (*json)[place];
    const auto member = period.find(name);
    if (member == period.end() || !member->is_string())
      return std::nullopt;
    const auto read = parse_time(member->get<std::string>());
    return read ? std::optional(*read) : std::nullopt;
  };
  const auto starts = time("startsAt");
  const auto ends = time("endsAt");
  return starts && ends ? std::optional(allocation::TimeRange{*starts, *ends}) : std::nullopt;
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

/// The times of what stands stay, so that it stays the same recommendation, unless too little of
/// the burst would be left.
api::BurstPeriod period_for(const api::PoolBurst& burst, const Outlook& charged,
                            const RecommendationPtr& stands, TimePoint now) {
  api::BurstPeriod period;
  period.cause = api::BurstCause::Pressure;
  period.factor_percent = burst.factor_percent;
  period.resources = {std::string(charged.resource.str())};
  const auto times = stands ? times_in(stands->spec.action.patch) : std::nullopt;
  const bool lasts = times && now + burst.max_duration / 2 <= times->end &&
                     times->end == times->start + burst.max_duration;
  period.starts_at = lasts ? times->start : std::chrono::floor<std::chrono::seconds>(now);
  period.ends_at = period.starts_at + burst.max_duration;
  return period;
}

Finding entering(const PoolView& view, const PoolSettings& settings, const Outlook& charged,
                 const api::BurstPeriod& period) {
  const api::PoolBurst& burst = *view.pool->spec.burst;
  Finding finding = finding_for(view, settings, charged);
  const double peak = percent_of(charged.expected_peak(), charged.capacity);
  const double after = peak * kWholePercent / burst.factor_percent;
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
  spec.action.patch = patch_to(period);
  finding.reason = Reason::PressureOnPool;
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                ": %.0f %% is charged or about to be; a burst to %d %% brings it to %.0f %%",
                std::ceil(peak), burst.factor_percent, std::ceil(after));
  finding.message = std::string(charged.resource.str()) + text.data();
  return finding;
}

Finding leaving(const PoolView& view, const PoolSettings& settings, const Outlook& charged,
                const api::BurstPeriod& period) {
  const api::PoolBurst& burst = *view.pool->spec.burst;
  Finding finding = finding_for(view, settings, charged);
  const double peak = percent_of(charged.expected_peak(), charged.capacity);
  auto& spec = finding.spec;
  spec.kind = RecommendationKind::LeaveBurst;
  spec.priority = api::RecommendationPriority::Low;
  spec.confidence_percent = static_cast<std::int32_t>(std::lround(
      100 * charged.chance_below(charged.capacity * burst.enter_utilization_percent / 100)));
  spec.expected_improvement = api::ExpectedImprovement{
      std::string(charged.resource.str()) + "-promised-percent",
      percent_quantity(period.factor_percent.value_or(burst.factor_percent)),
      percent_quantity(100)};
  spec.action.patch = patch_to(period);
  finding.reason = Reason::PressureOver;
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                ": the pressure is over; %.0f %% is charged without the burst", std::ceil(peak));
  finding.message = std::string(charged.resource.str()) + text.data();
  return finding;
}

/// Whether the burst may end before its time: what began it is over. A forced one stays.
std::optional<Finding> leave_early(const PoolView& view, const PoolFacts& facts,
                                   const PoolSettings& settings,
                                   const std::vector<RecommendationPtr>& known, TimePoint now) {
  const api::PoolBurst& burst = *view.pool->spec.burst;
  if (burst.period->cause != api::BurstCause::Pressure)
    return std::nullopt;
  const Outlook* most = nullptr;
  for (const std::string& resource : burst.period->resources) {
    const Outlook* charged = known_outlook(facts.charged, ResourceName{resource});
    if (charged == nullptr)
      return std::nullopt;
    if (most == nullptr || percent_of(charged->expected_peak(), charged->capacity) >
                               percent_of(most->expected_peak(), most->capacity))
      most = charged;
  }
  const double left_below = burst.enter_utilization_percent - kHysteresisPercent;
  if (most == nullptr || percent_of(most->expected_peak(), most->capacity) >= left_below)
    return std::nullopt;
  api::BurstPeriod period = *burst.period;
  const auto stands = standing(known, now);
  const auto times = stands ? times_in(stands->spec.action.patch) : std::nullopt;
  const bool is_same = times && times->start == period.starts_at;
  period.ends_at = is_same ? times->end : std::chrono::floor<std::chrono::seconds>(now);
  return leaving(view, settings, *most, period);
}

/// Has the pool told what the finding says; it is noted in the recommendation before.
void carry_out(Plan& plan, const PoolView& view, const Finding& finding,
               const std::vector<RecommendationPtr>& known, const DecideContext& context) {
  const auto named =
      recommendation_for(finding, context.options.recommendation_validity, context.now);
  const auto one = planned(plan, known, named.meta.key());
  if (!one)
    return;
  auto status = one->status;
  if (!status.carried_out || status.carried_out->patch != one->spec.action.patch) {
    status.carried_out.emplace();
    status.carried_out->at = std::chrono::floor<std::chrono::seconds>(context.now);
    status.carried_out->patch = one->spec.action.patch;
    amend_status(plan, one->meta, std::move(status));
  }
  const auto& pool = *view.pool;
  plan.burst =
      BurstChange{pool.meta.key(), pool.meta.uid,  pool.meta.generation, one->spec.action.patch,
                  one->meta.key(), one->spec.kind, finding.reason,       finding.message};
}

/// Writes the finding, if any, and ends the other recommendations of its kind.
void say(Plan& plan, const PoolView& view, const std::optional<Finding>& finding,
         const std::vector<RecommendationPtr>& known, const DecideContext& context) {
  if (!finding)
    return tend(plan, known, std::nullopt, Reason::Resolved, context.options, context.now);
  advise_or_renew(plan, *finding, known, context.options, context.now);
  const auto wanted =
      recommendation_for(*finding, context.options.recommendation_validity, context.now);
  tend(plan, known, wanted.meta.key(), std::nullopt, context.options, context.now);
  if (settings_of(view, context.options).acts && context.options.acts)
    carry_out(plan, view, *finding, known, context);
}

/// After a burst and after a change of mind. The last burst is known from the pool itself, however
/// long ago its recommendation was removed.
bool is_cooling(const PoolView& view, const std::vector<RecommendationPtr>& known,
                const PoolSettings& settings, TimePoint now) {
  const auto last = api::burst_of(*view.pool);
  if (last && !last->period.is_empty() && now < last->period.end + settings.advice.cooldown)
    return true;
  const AdviceState state = state_of(known, now);
  return !standing(known, now) && state.changed && now < *state.changed + settings.advice.cooldown;
}

bool gives_up_bursts(const api::ResourcePool& pool) {
  const auto& degradation = pool.status.degradation;
  return degradation &&
         std::ranges::count(degradation->steps, allocation::DegradationStep::LeaveBurst) > 0;
}

} // namespace

bool is_burst_applied(const api::ResourcePool& pool,
                      const api::ScalingRecommendation& recommendation) {
  const auto& burst = pool.spec.burst;
  return burst && burst->period && patch_to(*burst->period) == recommendation.spec.action.patch;
}

bool is_in_burst(const api::ResourcePool& pool, TimePoint now) {
  const auto burst = api::burst_of(pool);
  return burst && burst->period.contains(now);
}

std::int32_t usual_ratio_percent(const api::ResourcePool& pool, const ResourceName& resource) {
  const auto& ratios = pool.spec.oversubscription;
  const auto found = std::ranges::find(ratios, resource, &api::Oversubscription::resource);
  return found == ratios.end() ? kWholePercent : found->ratio_percent;
}

void decide_burst(Plan& plan, const PoolView& view, const PoolFacts& facts,
                  const DecideContext& context) {
  const PoolSettings settings = settings_of(view, context.options);
  const auto enters = of_kinds(view.recommendations, {RecommendationKind::EnterBurst});
  const auto leaves = of_kinds(view.recommendations, {RecommendationKind::LeaveBurst});
  std::optional<Finding> enter;
  std::optional<Finding> leave;
  const auto& burst = view.pool->spec.burst;
  const TimePoint now = context.now;
  if (burst && settings.advises && is_in_burst(*view.pool, now))
    leave = leave_early(view, facts, settings, leaves, now);
  else if (burst && settings.advises && !gives_up_bursts(*view.pool) &&
           !is_cooling(view, enters, settings, now))
    if (const Outlook* pressed = under_pressure(facts, *burst, settings))
      enter = entering(view, settings, *pressed,
                       period_for(*burst, *pressed, standing(enters, now), now));
  say(plan, view, enter, enters, context);
  say(plan, view, leave, leaves, context);
}

} // namespace berth::analyzer
