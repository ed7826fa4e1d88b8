#include "analyzer/model/outlook.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/model/quantile.hpp"

namespace berth::analyzer {
namespace {

constexpr std::array kHorizons{std::chrono::minutes{5}, std::chrono::minutes{15},
                               std::chrono::minutes{30}, std::chrono::minutes{60}};
constexpr double kChanceMin = 0.05;
constexpr double kChanceMax = 0.95;

std::vector<double> values_of(const std::vector<Sample>& samples) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const auto& sample : samples)
    values.push_back(sample.value);
  return values;
}

std::vector<Forecast> forecasts(const std::vector<Sample>& window, TimePoint now) {
  std::vector<Forecast> found;
  const auto trend = fit_trend(window);
  if (!trend)
    return found;
  const Duration looked_back = now - window.front().at;
  for (const auto horizon : kHorizons)
    if (horizon <= looked_back)
      found.push_back(trend->at(now + horizon));
  return found;
}

/// The forecast with the highest p90; nothing without one.
const Forecast* highest(const std::vector<Forecast>& forecast) {
  const auto found = std::ranges::max_element(forecast, {}, &Forecast::p90);
  return found == forecast.end() ? nullptr : &*found;
}

/// The share of outcomes below `amount`, by straight lines through the three known shares.
double share_below(const Forecast& forecast, double amount) {
  const auto between = [&](double low, double high, double share_low) {
    return high > low ? share_low + 0.4 * (amount - low) / (high - low) : share_low + 0.4;
  };
  if (amount < forecast.p10)
    return kChanceMin;
  if (amount < forecast.p50)
    return between(forecast.p10, forecast.p50, 0.1);
  if (amount < forecast.p90)
    return between(forecast.p50, forecast.p90, 0.5);
  return amount > forecast.p90 ? kChanceMax : 0.9;
}

} // namespace

Outlook look_out(const resources::ResourceName& resource, const Series& series, double capacity,
                 TimePoint now) {
  Outlook outlook;
  outlook.resource = resource;
  outlook.capacity = capacity;
  if (!series.latest() || capacity <= 0)
    return outlook;
  if (series.is_stale(now)) {
    outlook.metrics = Reason::MetricsStale;
    return outlook;
  }
  const auto window = series.since(series.options().window, now);
  const Duration recent_span = series.options().interval * Outlook::kRecentIntervals;
  const auto recent = series.since(recent_span, now);
  if (recent.empty() || series.coverage(recent_span, now) < Outlook::kRecentCoverageMin)
    return outlook;
  outlook.metrics = Reason::MetricsAvailable;
  outlook.use_now = median(values_of(recent));
  auto sorted = values_of(window);
  std::ranges::sort(sorted);
  outlook.peak_p95 = quantile(sorted, 0.95);
  outlook.forecast = forecasts(window, now);
  outlook.coverage = series.coverage(series.options().window, now);
  outlook.samples = window.size();
  return outlook;
}

double Outlook::expected_peak() const {
  double peak = use_now;
  for (const auto& point : forecast)
    peak = std::max(peak, point.p50);
  return peak;
}

double Outlook::cautious_peak() const {
  const Forecast* point = highest(forecast);
  return point == nullptr ? peak_p95 : std::max(peak_p95, point->p90);
}

double Outlook::chance_below(double amount) const {
  const Forecast* point = highest(forecast);
  if (point != nullptr)
    return std::clamp(share_below(*point, amount), kChanceMin, kChanceMax);
  return use_now < amount ? kChanceMax : kChanceMin;
}

} // namespace berth::analyzer
