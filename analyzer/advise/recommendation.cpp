#include "analyzer/advise/recommendation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "lib/base/fnv.hpp"
#include "lib/base/text.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::Quantity;

/// The most points of a forecast that the API takes.
constexpr std::size_t kPointsMax = 288;

/// Equal names only ever mean equal patches.
std::string digest(std::string_view text) {
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(fnv1a(text)));
  return std::string(hex.data(), 10);
}

/// A pool's name stands alone, as ever; others may share theirs with something of another kind.
std::string name_for(const api::ScalingRecommendationSpec& spec) {
  constexpr std::size_t kNameBytesMax = 253 - 64;
  const std::string kind = lower_case(to_string(spec.kind));
  const bool is_pool = spec.target_ref.kind == api::ScalingTargetKind::ResourcePool;
  const std::string target_kind = is_pool ? "" : lower_case(to_string(spec.target_ref.kind)) + '-';
  return target_kind + spec.target_ref.name.substr(0, kNameBytesMax) + '-' + kind + '-' +
         digest(spec.target_ref.name + '\n' + spec.action.patch);
}

Quantity quantity(const resources::ResourceName& resource, double value) {
  return quantity_of(resource, Amount{std::llround(std::clamp(value, 0.0, 9e15))});
}

/// How the peak comes about that the advice reckons with.
const char* peak_words(const Judged& judged, const SizeAdvice& advice) {
  if (advice.state.advice == Advice::Shrink)
    return "stays below";
  return judged.outlook.expected_peak() > judged.outlook.use_now ? "is heading for" : "is at";
}

/// The units that what was judged is of: those that work.
std::int32_t units_of(const SizedTarget& target, const Judged& judged) {
  return judged.units.value_or(target.size.units);
}

double percent_after(const SizedTarget& target, const Judged& judged, const SizeAdvice& advice) {
  return advice.peak_percent * units_of(target, judged) / advice.units;
}

/// "cpu is at 91 % of 12 nodes; 17 nodes would bring it to 65 %".
std::string size_message(const SizedTarget& target, const Judged& judged,
                         const SizeAdvice& advice) {
  std::array<char, 256> text{};
  const std::string units(target.units);
  std::snprintf(text.data(), text.size(), "%s %.0f %% of %d %s; %d %s would %s %.0f %%",
                peak_words(judged, advice), std::ceil(advice.peak_percent),
                units_of(target, judged), units.c_str(), advice.units, units.c_str(),
                advice.state.advice == Advice::Grow ? "bring it to" : "still leave it at",
                std::ceil(percent_after(target, judged, advice)));
  return judged.outlook.name + ' ' + text.data();
}

api::RecommendationPriority priority_of(const Judged& judged, const SizeAdvice& advice) {
  using Priority = api::RecommendationPriority;
  if (advice.state.advice == Advice::Shrink)
    return Priority::Low;
  const double now_percent = 100 * judged.outlook.use_now / judged.outlook.capacity;
  if (now_percent >= judged.thresholds.emergency_percent)
    return Priority::Critical;
  return now_percent >= judged.thresholds.critical_percent ? Priority::High : Priority::Medium;
}

} // namespace

api::ScalingRecommendation recommendation_for(const Finding& finding, Duration validity,
                                              TimePoint now) {
  api::ScalingRecommendation recommendation;
  recommendation.meta = finding.meta;
  recommendation.spec = finding.spec;
  recommendation.spec.expires_at = std::chrono::floor<std::chrono::seconds>(now + validity);
  recommendation.meta.name = name_for(recommendation.spec);
  return recommendation;
}

api::Evidence evidence_of(const resources::ResourceName& resource, const Foresight& foresight,
                          std::string metric) {
  api::Evidence evidence;
  evidence.metric = std::move(metric);
  evidence.model = foresight.model;
  evidence.samples = static_cast<std::int32_t>(foresight.samples);
  if (foresight.period)
    evidence.period = std::chrono::duration_cast<std::chrono::seconds>(*foresight.period);
  TimePoint last{};
  for (const auto* points : {&foresight.soon, &foresight.later})
    for (const auto& forecast : *points) {
      const TimePoint at = std::chrono::floor<std::chrono::seconds>(forecast.at);
      if (at <= last || evidence.forecast.size() == kPointsMax)
        continue;
      last = at;
      evidence.forecast.push_back({at, quantity(resource, forecast.p10),
                                   quantity(resource, forecast.p50),
                                   quantity(resource, forecast.p90)});
    }
  return evidence;
}

Quantity percent_quantity(double value) {
  return Quantity::of(std::llround(std::clamp(value, 0.0, 1e6)));
}

Finding size_finding(const SizedTarget& target, const Judged& judged, const SizeAdvice& advice) {
  Finding finding;
  finding.meta.ns = target.recommendation_namespace;
  finding.meta.owners = {target.owner};
  auto& spec = finding.spec;
  spec.target_ref = target.ref;
  spec.kind = target.kind_of(advice.state.advice);
  spec.priority = priority_of(judged, advice);
  spec.confidence_percent = advice.confidence_percent;
  const std::string& metric = judged.outlook.name;
  spec.expected_improvement =
      api::ExpectedImprovement{metric + "-peak-percent", percent_quantity(advice.peak_percent),
                               percent_quantity(percent_after(target, judged, advice))};
  spec.evidence = evidence_of(judged.outlook.resource, judged.outlook.foresight, metric);
  spec.action.subresource = target.subresource;
  spec.action.patch =
      target.patch(advice.state.advice, std::clamp(advice.units, 0, TargetSize::kUnitsMax));
  finding.reason = advice.reason;
  finding.message = size_message(target, judged, advice);
  return finding;
}

} // namespace berth::analyzer
