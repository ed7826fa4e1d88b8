#include "analyzer/external_metrics/forecasts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace berth::analyzer {
namespace {

using resources::Quantity;
using resources::ResourceName;

/// In the order of the enumerators.
constexpr std::array<std::string_view, kForecastMetrics> kNames{
    "berth-forecast-replicas", "berth-forecast-cpu", "berth-forecast-memory"};

/// A number, or why there is none.
struct Answer {
  std::optional<Quantity> value{};
  std::string unknown{};
};

Answer unknown_of(const Outlook& outlook, Duration horizon) {
  if (outlook.metrics != Reason::MetricsAvailable)
    return {{}, std::string(to_string(outlook.metrics)) + ": " + outlook.name + " is not measured"};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(horizon).count();
  return {{},
          "the forecast of " + outlook.name + " does not reach " + std::to_string(seconds) +
              " s ahead yet"};
}

/// Amounts are rounded up, far below where a quantity is capped.
std::int64_t whole(double amount) {
  constexpr double kMost = 9e15;
  return static_cast<std::int64_t>(std::ceil(std::clamp(amount, 0.0, kMost)));
}

Answer use_of(const Outlook& outlook, Duration horizon, TimePoint now) {
  const auto peak = reckoned_peak(outlook, horizon, now);
  if (!peak)
    return unknown_of(outlook, horizon);
  const bool is_cpu = outlook.resource == ResourceName::cpu();
  return {is_cpu ? Quantity::of_milli(whole(*peak)) : Quantity::of(whole(*peak)), {}};
}

/// What brings the peak of everything that asks for replicas to where it should be. What does not,
/// such as memory, only keeps those that there are.
Answer needed_replicas(const std::vector<Judged>& judged, TargetSize size, Duration horizon,
                       TimePoint now) {
  std::int32_t needed = 0;
  std::int32_t kept = 0;
  for (const Judged& one : judged) {
    const auto peak = reckoned_peak(one.outlook, horizon, now);
    if (!peak)
      return unknown_of(one.outlook, horizon);
    const double reckoned = std::max(*peak, one.outlook.replayed_peak);
    auto& units = one.asks_for_more ? needed : kept;
    units = std::max(units, units_for(reckoned, one, size));
  }
  if (needed == 0)
    return {{},
            "nothing is measured that replicas follow: neither cpu that the pods ask for, nor a "
            "metric of the policy"};
  needed = std::max(needed, std::min(kept, size.units));
  return {Quantity::of(std::clamp(needed, size.units_min, size.units_max)), {}};
}

/// Collects the values of one policy.
class PolicyValues {
public:
  PolicyValues(ForecastTable& table, const api::ScalingPolicy& policy)
      : values_(table.by_namespace[policy.meta.ns]), policy_(policy),
        horizons_(policy.spec.horizons) {
    std::ranges::sort(horizons_);
  }

  /// `answer`: of a horizon.
  template <class Function>
  void add(ForecastMetric metric, Function answer) {
    for (const std::chrono::seconds horizon : horizons_) {
      Answer given = answer(Duration{horizon});
      values_.push_back({metric, labels(horizon), horizon == horizons_.front(), given.value,
                         std::move(given.unknown)});
    }
  }
  void add_use(const std::vector<Outlook>& used, TimePoint now) {
    for (const Outlook& outlook : used)
      add(outlook.resource == ResourceName::cpu() ? ForecastMetric::Cpu : ForecastMetric::Memory,
          [&](Duration horizon) { return use_of(outlook, horizon, now); });
  }

private:
  [[nodiscard]] allocation::Labels labels(std::chrono::seconds horizon) const {
    const api::ScalingTarget& target = policy_.spec.target_ref;
    return {{kPolicyLabel, policy_.meta.name},
            {kTargetKindLabel, std::string(to_string(target.kind))},
            {kTargetNameLabel, target.name},
            {kHorizonLabel, std::to_string(horizon.count())}};
  }

  std::vector<ForecastValue>& values_;
  const api::ScalingPolicy& policy_;
  std::vector<std::chrono::seconds> horizons_;
};

bool is_off(const api::ScalingPolicy& policy) {
  return policy.spec.mode == api::ScalingMode::Off;
}

bool speaks_of_horizons(const allocation::Selector& selector) {
  return std::ranges::any_of(selector.requirements, [](const allocation::Requirement& one) {
    return one.key == kHorizonLabel;
  });
}

} // namespace

std::string_view name_of(ForecastMetric metric) {
  return kNames[static_cast<std::size_t>(metric)];
}

std::optional<ForecastMetric> forecast_metric_from(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name);
  if (found == kNames.end())
    return std::nullopt;
  return static_cast<ForecastMetric>(found - kNames.begin());
}

std::optional<double> reckoned_peak(const Outlook& outlook, Duration horizon, TimePoint now) {
  if (outlook.metrics != Reason::MetricsAvailable)
    return std::nullopt;
  double peak = outlook.use_now;
  std::optional<TimePoint> reach;
  for (const auto* points : {&outlook.foresight.soon, &outlook.foresight.later})
    for (const Forecast& point : *points) {
      if (!reach || point.at <= now + horizon) {
        if (!std::isfinite(point.p90))
          return std::nullopt; // a maximum would pass over what is no number
        peak = std::max(peak, point.p90);
      }
      reach = point.at;
    }
  if (!reach || *reach < now + horizon - horizon / 3 || !std::isfinite(peak))
    return std::nullopt;
  return peak;
}

ForecastTable forecasts_of(const CycleFacts& facts) {
  ForecastTable table;
  table.as_of = facts.now;
  for (std::size_t i = 0; i < facts.view.workloads.size(); ++i) {
    const WorkloadView& view = facts.view.workloads[i];
    const WorkloadFacts& of = facts.workloads[i];
    if (is_off(*view.policy))
      continue;
    PolicyValues values(table, *view.policy);
    values.add_use(of.used, facts.now);
    if (!settings_of(view, of.learned).scales)
      continue;
    const auto judged = judged_for_replicas(view, of);
    const TargetSize size = replicas_of(view, of);
    values.add(ForecastMetric::Replicas,
               [&](Duration horizon) { return needed_replicas(judged, size, horizon, facts.now); });
  }
  for (std::size_t i = 0; i < facts.view.pools.size(); ++i) {
    const auto& policy = facts.view.pools[i].policy;
    if (policy && !is_off(*policy))
      PolicyValues(table, *policy).add_use(facts.pools[i].used, facts.now);
  }
  return table;
}

Result<std::vector<ForecastValue>> select(const ForecastTable& table, const ForecastQuery& query) {
  std::vector<ForecastValue> chosen;
  const auto found = table.by_namespace.find(query.ns);
  if (found == table.by_namespace.end())
    return chosen;
  const bool any_horizon = speaks_of_horizons(query.selector);
  for (const ForecastValue& one : found->second) {
    if (one.metric != query.metric || !(any_horizon || one.is_shortest) ||
        !query.selector.matches(one.labels))
      continue;
    if (!one.value)
      return fail(Code::Unavailable, "ScalingPolicy " + query.ns + '/' +
                                         *one.labels.find(kPolicyLabel) + ": " + one.unknown);
    if (chosen.size() == kForecastValuesMax)
      return fail(Code::TooLarge,
                  "more than " + std::to_string(kForecastValuesMax) +
                      " values match: name a policy in the selector, such as policy=web");
    chosen.push_back(one);
  }
  return chosen;
}

} // namespace berth::analyzer
