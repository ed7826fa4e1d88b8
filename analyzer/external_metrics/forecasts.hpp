#pragma once
// Forecasts: the numbers that HorizontalPodAutoscalers may follow, made from the facts of each
// cycle, and what of them answers a query. An autoscaler adds up all items that it gets and scales
// on the sum, so a query is answered whole or not at all: where one number that it asks for is not
// known, the answer says so, and the autoscaler holds. Nothing unknown is ever 0. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/advise/advisor.hpp"
#include "lib/allocation/selector.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::analyzer {

/// Replicas that the target needs by its policy; cores and bytes that all its pods will use.
enum class ForecastMetric { Replicas, Cpu, Memory };
inline constexpr std::size_t kForecastMetrics = 3;

/// As in queries: "berth-forecast-replicas".
[[nodiscard]] std::string_view name_of(ForecastMetric metric);
[[nodiscard]] std::optional<ForecastMetric> forecast_metric_from(std::string_view name);

/// Labels of each value.
inline constexpr const char* kPolicyLabel = "policy";
inline constexpr const char* kTargetKindLabel = "target-kind";
inline constexpr const char* kTargetNameLabel = "target-name";
inline constexpr const char* kHorizonLabel = "horizon-seconds";

/// One number of one ScalingPolicy for one of its horizons.
struct ForecastValue {
  ForecastMetric metric = ForecastMetric::Replicas;
  allocation::Labels labels{};
  /// Of the policy's shortest horizon, which is meant where a query names none.
  bool is_shortest = false;
  std::optional<resources::Quantity> value{}; ///< absent: not known, and `unknown` says why
  std::string unknown{};
};

struct ForecastTable {
  TimePoint as_of{};
  /// By the policies' namespace, then by policy and horizon.
  std::map<std::string, std::vector<ForecastValue>, std::less<>> by_namespace{};
};

/// Of every policy that has an effect and is not Off.
[[nodiscard]] ForecastTable forecasts_of(const CycleFacts& facts);

/// The most that must be reckoned with until `horizon` from `now`: what is used now, or nine in ten
/// of what is foreseen until then. Nothing if it is not measured, or not foreseen for so long: a
/// forecast is made anew every ten minutes, and must reach over two thirds of the horizon.
[[nodiscard]] std::optional<double> reckoned_peak(const Outlook& outlook, Duration horizon,
                                                  TimePoint now);

struct ForecastQuery {
  std::string ns{};
  ForecastMetric metric = ForecastMetric::Replicas;
  allocation::Selector selector{};
};

/// More values than this are not added up: the query is too wide.
inline constexpr std::size_t kForecastValuesMax = 500;

/// The values that the query asks for, all of them known; none where no policy matches. Where the
/// selector does not speak of horizons, those of the shortest. Unavailable: one is not known.
/// TooLarge: there are more than kForecastValuesMax.
[[nodiscard]] Result<std::vector<ForecastValue>> select(const ForecastTable& table,
                                                        const ForecastQuery& query);

} // namespace berth::analyzer
