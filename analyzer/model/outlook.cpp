#include "analyzer/model/outlook.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/model/quantile.hpp"

namespace berth::analyzer {
namespace {

constexpr std::array kHorizons{std::chrono::minutes{5}, std::chrono::minutes{15},
                               std::chrono::minutes{30}, std::chrono::minutes{60}};
/// What short intervals can foresee before there are five minutes to look back at.
constexpr Duration kShortHorizon = std::chrono::minutes{1};
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
  if (found.empty() && kShortHorizon <= looked_back)
    found.push_back(trend->at(now + kShortHorizon));
  return found;
}

double busiest(const std::deque<Aggregate>& steps) {
  const auto found = std::ranges::max_element(steps, {}, &Aggregate::mean);
  return found == steps.end() ? 0 : found->mean;
}

/// The chance that the next of `samples` like the ones before is below, if the middle one is
/// (Laplace's rule of succession).
double chance_of_next(bool below, std::size_t samples) {
  const auto count = static_cast<double>(samples);
  return (below ? count + 1 : 1) / (count + 2);
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
  outlook.day_peak = busiest(series.aggregates());
  outlook.forecast = forecasts(window, now);
  outlook.coverage = series.coverage(series.options().window, now);
  outlook.completeness = series.coverage(now - window.front().at + series.options().interval, now);
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
  double peak = std::max(peak_p95, day_peak);
  for (const auto& point : forecast)
    peak = std::max(peak, point.p90);
  return peak;
}

double Outlook::chance_below(double amount) const {
  double chance = forecast.empty() ? chance_of_next(use_now < amount, samples) : kChanceMax;
  for (const auto& point : forecast)
    chance = std::min(chance, share_below(point, amount));
  return std::clamp(chance, kChanceMin, kChanceMax);
}

} // namespace berth::analyzer
