#include "analyzer/advise/move_facts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "analyzer/advise/decide_moves.hpp"
#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/number.hpp"
#include "analyzer/advise/series_names.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::ResourceName;

constexpr Duration kWatched = std::chrono::hours{1};
/// Finished steps of the last hour that a node must have; there are twelve.
constexpr std::size_t kStepsMin = 9;
/// Of the nodes of the pool, so many must.
constexpr std::size_t kNodesPercentMin = 80;

/// What the node used of what it has, by step.
std::map<TimePoint, double> shares_of(const MeasuredNode& node, const ResourceName& resource,
                                      const History& history, TimePoint now) {
  std::map<TimePoint, double> shares;
  const Series* series = history.find(node_series(node.name.str(), resource));
  const double whole = number(node.allocatable.get(resource));
  if (series == nullptr || whole <= 0 || series->is_stale(now))
    return shares;
  for (const Aggregate& step : series->aggregates(now - kWatched))
    shares.emplace(step.start, step.mean / whole);
  return shares;
}

/// Over the steps that all have.
std::vector<std::vector<double>> aligned(const std::vector<std::map<TimePoint, double>>& nodes) {
  std::vector<std::vector<double>> members(nodes.size());
  for (const auto& [start, share] : nodes.front()) {
    const bool all_have =
        std::ranges::all_of(nodes, [at = start](const auto& steps) { return steps.contains(at); });
    if (!all_have)
      continue;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      members[i].push_back(nodes[i].at(start));
  }
  return members;
}

std::optional<Pattern> imbalance_in(const PoolView& view, const ResourceName& resource,
                                    const History& history, TimePoint now) {
  std::vector<std::map<TimePoint, double>> known;
  for (const MeasuredNode& node : view.nodes) {
    auto shares = shares_of(node, resource, history, now);
    if (shares.size() >= kStepsMin)
      known.push_back(std::move(shares));
  }
  if (known.size() < 2 || known.size() * 100 < view.nodes.size() * kNodesPercentMin)
    return std::nullopt;
  const auto members = aligned(known);
  if (members.front().size() < kStepsMin)
    return std::nullopt;
  auto patterns = find_imbalance(members);
  return patterns.empty() ? std::nullopt : std::optional(std::move(patterns.front()));
}

/// Those that stand of the kinds that rest on measures.
std::vector<RecommendationPtr> standing_on_measures(const PoolView& view) {
  auto found =
      of_kinds(view.recommendations, {RecommendationKind::Rebalance, RecommendationKind::Defragment,
                                      RecommendationKind::ResolveBottleneck});
  std::erase_if(found, [](const auto& one) { return !is_open(*one); });
  return found;
}

/// Whether evictions off busy nodes are advised, or may be.
bool may_spread(const PoolFacts& facts, const PoolView& view) {
  return facts.imbalance || !standing_on_measures(view).empty() ||
         std::ranges::any_of(facts.measures.bottlenecks, [](const Bottleneck& one) {
           return one.kind == BottleneckKind::Contention;
         });
}

} // namespace

std::optional<Imbalance> imbalance_of(const PoolView& view, const History& history, TimePoint now) {
  std::optional<Imbalance> worst;
  for (const ResourceName& resource : judged_resources()) {
    auto pattern = imbalance_in(view, resource, history, now);
    if (pattern && (!worst || pattern->size > worst->pattern.size))
      worst = Imbalance{resource, std::move(*pattern)};
  }
  return worst;
}

void add_move_facts(PoolFacts& facts, const PoolView& view, FactsSources sources, TimePoint now) {
  facts.measures = sources.recorder.measures_of(view);
  if (is_spread(*view.pool))
    facts.imbalance = imbalance_of(view, sources.recorder.history(), now);
  std::set<std::string> metrics;
  for (const Bottleneck& one : facts.measures.bottlenecks)
    if (one.severity > Severity::Low)
      metrics.insert(bottleneck_metric(one));
  if (facts.measures.shares.contains(kLargestBlockMetric))
    metrics.insert(kLargestBlockMetric);
  if (facts.imbalance)
    metrics.insert(busiest_metric(facts.imbalance->resource));
  for (const auto& one : standing_on_measures(view))
    if (one->spec.evidence)
      metrics.insert(one->spec.evidence->metric);
  for (const std::string& metric : metrics) {
    const std::string name = measure_series(view.pool->meta.uid, metric);
    if (const Series* series = sources.recorder.history().find(name))
      facts.courses.emplace(metric,
                            sources.forecaster.foresee(name, *series, StepValue::Mean, now));
  }
  if (may_spread(facts, view))
    for (const ResourceName& resource : judged_resources())
      facts.use.emplace(resource, sources.recorder.use_of(view, resource, now));
}

} // namespace berth::analyzer
