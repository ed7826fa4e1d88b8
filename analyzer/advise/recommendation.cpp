#include "analyzer/advise/recommendation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::Amount;
using resources::Quantity;

constexpr const char* kModel = "TheilSen";
constexpr std::int32_t kNodesMax = 100'000;

RecommendationKind kind_of(Advice advice) {
  return advice == Advice::GrowPool ? RecommendationKind::GrowPool : RecommendationKind::ShrinkPool;
}

/// A merge patch of the pool that asks for `nodes` and keeps what the pool says otherwise.
std::string pool_patch(const api::ResourcePoolSpec& spec, Advice advice, std::int32_t nodes) {
  const api::Elastic elastic = spec.elastic.value_or(api::Elastic{});
  api::Json wanted;
  wanted["minNodes"] = advice == Advice::GrowPool ? nodes : std::min(elastic.min_nodes, nodes);
  wanted["maxNodes"] = advice == Advice::GrowPool ? std::max(elastic.max_nodes, nodes) : nodes;
  return api::to_text(api::Json{{"spec", {{"elastic", std::move(wanted)}}}});
}

/// FNV-1a: short, stable over versions and platforms; equal names only ever mean equal patches.
std::string digest(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char byte : text)
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211ULL;
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(hash));
  return std::string(hex.data(), 10);
}

std::string name_for(const std::string& pool, RecommendationKind kind, const std::string& patch) {
  std::string kind_name(to_string(kind));
  std::ranges::transform(kind_name, kind_name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return pool + '-' + kind_name + '-' + digest(patch);
}

Quantity quantity(const resources::ResourceName& resource, double value) {
  return quantity_of(resource, Amount{std::llround(std::clamp(value, 0.0, 9e15))});
}

Quantity percent(double value) {
  return Quantity::of(std::llround(std::clamp(value, 0.0, 1e6)));
}

/// How the peak comes about that the advice reckons with.
const char* peak_words(const Finding& finding) {
  if (finding.advice.state.advice == Advice::ShrinkPool)
    return "stays below";
  const Outlook& outlook = finding.judged.outlook;
  return outlook.expected_peak() > outlook.use_now ? "is heading for" : "is at";
}

double percent_after(const Finding& finding) {
  return finding.advice.peak_percent * finding.size.nodes / finding.advice.nodes;
}

api::Evidence evidence_of(const Outlook& outlook) {
  api::Evidence evidence;
  evidence.metric = outlook.resource.str();
  evidence.model = kModel;
  evidence.samples = static_cast<std::int32_t>(outlook.samples);
  for (const auto& forecast : outlook.forecast) {
    auto& point = evidence.forecast.emplace_back();
    point.at = std::chrono::floor<std::chrono::seconds>(forecast.at);
    point.p10 = quantity(outlook.resource, forecast.p10);
    point.p50 = quantity(outlook.resource, forecast.p50);
    point.p90 = quantity(outlook.resource, forecast.p90);
  }
  return evidence;
}

api::RecommendationPriority priority_of(const Finding& finding) {
  using Priority = api::RecommendationPriority;
  if (finding.advice.state.advice == Advice::ShrinkPool)
    return Priority::Low;
  const double now_percent = 100 * finding.judged.outlook.use_now / finding.judged.outlook.capacity;
  if (now_percent >= finding.judged.thresholds.emergency_percent)
    return Priority::Critical;
  return now_percent >= finding.judged.thresholds.critical_percent ? Priority::High
                                                                   : Priority::Medium;
}

} // namespace

api::ScalingRecommendation recommendation_for(const Finding& finding, Duration validity,
                                              TimePoint now) {
  const Advice advice = finding.advice.state.advice;
  api::ScalingRecommendation recommendation;
  auto& spec = recommendation.spec;
  spec.target_ref = {api::ScalingTargetKind::ResourcePool, finding.view.pool->meta.name};
  spec.kind = kind_of(advice);
  spec.priority = priority_of(finding);
  spec.confidence_percent = finding.advice.confidence_percent;
  spec.expected_improvement = api::ExpectedImprovement{
      std::string(finding.judged.outlook.resource.str()) + "-peak-percent",
      percent(finding.advice.peak_percent), percent(percent_after(finding))};
  spec.evidence = evidence_of(finding.judged.outlook);
  spec.action.patch =
      pool_patch(finding.view.pool->spec, advice, std::clamp(finding.advice.nodes, 0, kNodesMax));
  spec.expires_at = std::chrono::floor<std::chrono::seconds>(now + validity);
  recommendation.meta.ns = finding.settings.recommendation_namespace;
  recommendation.meta.name = name_for(spec.target_ref.name, spec.kind, spec.action.patch);
  recommendation.meta.owners = {finding.settings.owner};
  return recommendation;
}

std::string message_for(const Finding& finding) {
  std::array<char, 256> text{};
  const bool grows = finding.advice.state.advice == Advice::GrowPool;
  std::snprintf(text.data(), text.size(), "%s %.0f %% of %d nodes; %d nodes would %s %.0f %%",
                peak_words(finding), std::ceil(finding.advice.peak_percent), finding.size.nodes,
                finding.advice.nodes, grows ? "bring it to" : "still leave it at",
                std::ceil(percent_after(finding)));
  return std::string(finding.judged.outlook.resource.str()) + ' ' + text.data();
}

std::optional<std::int32_t> nodes_of(const api::ScalingRecommendation& recommendation) {
  const auto patch = api::parse_json(recommendation.spec.action.patch);
  if (!patch)
    return std::nullopt;
  const bool grows = recommendation.spec.kind == RecommendationKind::GrowPool;
  const api::Json::json_pointer where(grows ? "/spec/elastic/minNodes" : "/spec/elastic/maxNodes");
  if (!patch->is_object() || !patch->contains(where) || !patch->at(where).is_number_integer())
    return std::nullopt;
  const auto nodes = patch->at(where).get<std::int64_t>();
  return nodes >= 0 && nodes <= kNodesMax ? std::optional(static_cast<std::int32_t>(nodes))
                                          : std::nullopt;
}

} // namespace berth::analyzer
