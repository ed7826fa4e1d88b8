#include "analyzer/model/outlook.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "analyzer/model/quantile.hpp"

namespace berth::analyzer {
namespace {

constexpr double kChanceMin = 0.05;
constexpr double kChanceMax = 0.95;

std::vector<double> values_of(const std::vector<Sample>& samples) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const auto& sample : samples)
    values.push_back(sample.value);
  return values;
}

double busiest(const std::vector<Aggregate>& steps) {
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

Outlook look_out(const OutlookQuestion& question, const Series& series, Foresight foresight,
                 TimePoint now) {
  Outlook outlook;
  outlook.resource = question.resource;
  outlook.name = question.name.empty() ? std::string(question.resource.str()) : question.name;
  outlook.capacity = question.capacity;
  if (!series.latest() || question.capacity <= 0)
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
  outlook.day_peak = busiest(series.aggregates(now - std::chrono::days{1}));
  outlook.foresight = std::move(foresight);
  const auto is_past = [&](const Forecast& point) { return point.at <= now; };
  std::erase_if(outlook.foresight.soon, is_past);
  std::erase_if(outlook.foresight.later, is_past);
  outlook.coverage = series.coverage(series.options().window, now);
  outlook.completeness = series.coverage(now - window.front().at + series.options().interval, now);
  outlook.samples = window.size();
  return outlook;
}

double Outlook::expected_peak() const {
  double peak = std::max(use_now, replayed_peak);
  for (const auto& point : foresight.soon)
    peak = std::max(peak, point.p50);
  return peak;
}

double Outlook::cautious_peak() const {
  double peak = std::max(peak_p95, day_peak);
  for (const auto* points : {&foresight.soon, &foresight.later})
    for (const auto& point : *points)
      peak = std::max(peak, point.p90);
  return peak;
}

double Outlook::seasonal_peak() const {
  if (!foresight.by_steps || !foresight.period || foresight.soon.empty() || trust < kSeasonTrustMin)
    return cautious_peak();
  double peak = peak_p95;
  for (const auto& point : foresight.soon)
    peak = std::max(peak, point.p90);
  return peak;
}

double Outlook::chance_below(double amount) const {
  double chance = foresight.soon.empty() ? chance_of_next(use_now < amount, samples) : kChanceMax;
  for (const auto& point : foresight.soon)
    chance = std::min(chance, share_below(point, amount));
  return std::clamp(chance, kChanceMin, kChanceMax);
}

} // namespace berth::analyzer
