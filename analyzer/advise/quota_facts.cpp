#include "analyzer/advise/quota_facts.hpp"

#include <algorithm>
#include <utility>

#include "analyzer/advise/series_names.hpp"
#include "analyzer/advise/series_past.hpp"
#include "analyzer/model/quantile.hpp"

namespace berth::analyzer {
namespace {

/// The means of the steps of the last day, ascending.
std::vector<double> last_day(const Series& series, TimePoint now) {
  std::vector<double> means;
  for (const Aggregate& step : series.aggregates(now - kNominalNeeds))
    means.push_back(step.mean);
  std::ranges::sort(means);
  return means;
}

/// What the past says, without a forecast; nothing where there is none.
std::optional<NominalDemand> past_demand(const Series& series, TimePoint now) {
  constexpr double kFifth = 0.2;
  constexpr double kHalf = 0.5;
  const auto means = last_day(series, now);
  if (means.empty() || series.is_stale(now))
    return std::nullopt;
  NominalDemand demand;
  demand.low = quantile(means, kFifth);
  demand.usual = quantile(means, kHalf);
  demand.peak = highest_of(series);
  demand.known_for = known_for(series, now);
  demand.coverage = static_cast<double>(means.size()) *
                    static_cast<double>(series.options().step.count()) /
                    static_cast<double>(Duration{kNominalNeeds}.count());
  return demand;
}

std::optional<NominalDemand> demand_of(const api::Quota& quota, const PoolName& pool,
                                       const api::QuotaResource& row, FactsSources sources,
                                       TimePoint now) {
  const std::string name = demand_series(quota.meta.uid, pool, row.name);
  const Series* series = sources.recorder.history().find(name);
  auto demand = series == nullptr ? std::nullopt : past_demand(*series, now);
  if (!demand)
    return std::nullopt;
  demand->pool = pool;
  demand->resource = row.name;
  const auto nominal = static_cast<double>(row.nominal.value());
  const bool matters = demand->low > nominal || demand->peak * (1 + kNominalBuffer) < nominal;
  if (demand->known_for < kNominalNeeds || !matters)
    return demand; // no forecast is wasted on it
  demand->foresight = sources.forecaster.foresee(name, *series, StepValue::Mean, now);
  for (const auto* points : {&demand->foresight.soon, &demand->foresight.later})
    for (const Forecast& point : *points)
      demand->peak = std::max(demand->peak, point.p90);
  return demand;
}

/// The pool and the resource of "demand/general/cpu".
std::pair<PoolName, resources::ResourceName> row_of(const std::string& metric) {
  const auto begin = metric.find('/') + 1;
  const auto slash = metric.find('/', begin);
  return {PoolName{metric.substr(begin, slash - begin)},
          resources::ResourceName{slash == std::string::npos ? "" : metric.substr(slash + 1)}};
}

Proofs proofs_of(const QuotaView& view, const History& history) {
  Proofs proofs;
  proofs.amount = [&history, uid = view.quota->meta.uid](const std::string& metric, TimePoint at) {
    const auto [pool, resource] = row_of(metric);
    const Series* series = history.find(demand_series(uid, pool, resource));
    return series == nullptr ? std::nullopt : measured_around(*series, at, StepValue::Mean);
  };
  proofs.percent = [amount = proofs.amount, quota = view.quota](
                       const std::string& metric, TimePoint at) -> std::optional<double> {
    const auto [pool, resource] = row_of(metric);
    const auto* row = find_nominal(quota->spec, pool, resource);
    const auto measured = amount(metric, at);
    if (!measured || row == nullptr || row->nominal <= resources::Amount{})
      return std::nullopt;
    return 100 * *measured / static_cast<double>(row->nominal.value());
  };
  proofs.is_applied = [quota = view.quota](const api::ScalingRecommendation& one) {
    return is_nominal(quota->spec, one.spec.action.patch);
  };
  return proofs;
}

} // namespace

QuotaFacts facts_of(const QuotaView& view, FactsSources sources, TimePoint now) {
  QuotaFacts facts;
  for (const api::QuotaPool& of : view.quota->spec.pools)
    for (const api::QuotaResource& row : of.resources)
      if (!row.nominal.is_unlimited())
        if (auto demand = demand_of(*view.quota, of.pool_ref.name, row, sources, now))
          facts.demands.push_back(std::move(*demand));
  facts.proofs = proofs_of(view, sources.recorder.history());
  return facts;
}

} // namespace berth::analyzer
