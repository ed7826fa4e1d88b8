#include "analyzer/model/trend.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "analyzer/model/quantile.hpp"

namespace berth::analyzer {
namespace {

/// The standard normal quantile of 0.9: both ends together leave out 20 %.
constexpr double kNormalP90 = 1.2815515655446004;

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

/// At most kTrendSamplesMax of them, evenly over their whole span, the newest among them.
std::vector<Sample> thinned(std::span<const Sample> samples) {
  const std::size_t stride = (samples.size() + kTrendSamplesMax - 1) / kTrendSamplesMax;
  std::vector<Sample> kept;
  for (std::size_t i = (samples.size() - 1) % stride; i < samples.size(); i += stride)
    kept.push_back(samples[i]);
  return kept;
}

/// The slopes of all pairs, ascending.
std::vector<double> pair_slopes(std::span<const Sample> samples) {
  std::vector<double> slopes;
  slopes.reserve(samples.size() * (samples.size() - 1) / 2);
  for (std::size_t i = 0; i < samples.size(); ++i)
    for (std::size_t j = i + 1; j < samples.size(); ++j)
      slopes.push_back((samples[j].value - samples[i].value) /
                       seconds(samples[j].at - samples[i].at));
  std::ranges::sort(slopes);
  return slopes;
}

/// Sen's interval: the slopes as far from the middle as Kendall's tau spreads for `count` samples.
std::pair<double, double> slope_interval(std::span<const double> slopes, std::size_t count) {
  const auto n = static_cast<double>(count);
  const double spread = kNormalP90 * std::sqrt(n * (n - 1) * (2 * n + 5) / 18.0);
  const auto pairs = static_cast<double>(slopes.size());
  const double last = pairs - 1;
  const double low = std::clamp(std::floor((pairs - spread) / 2), 0.0, last);
  const double high = std::clamp(std::ceil((pairs + spread) / 2), 0.0, last);
  return {slopes[static_cast<std::size_t>(low)], slopes[static_cast<std::size_t>(high)]};
}

/// Those that say where the level is now.
std::vector<double> newest(const std::vector<double>& offsets) {
  const std::size_t count = std::max(kTrendLevelSamplesMin, offsets.size() / 6);
  return {offsets.end() - static_cast<std::ptrdiff_t>(count), offsets.end()};
}

} // namespace

std::optional<Trend> fit_trend(std::span<const Sample> all) {
  if (all.size() < kTrendSamplesMin)
    return std::nullopt;
  const auto samples = thinned(all);
  Trend trend;
  trend.origin = samples[samples.size() / 2].at;
  const auto slopes = pair_slopes(samples);
  trend.slope_per_second = quantile(slopes, 0.5);
  std::tie(trend.slope_low_per_second, trend.slope_high_per_second) =
      slope_interval(slopes, samples.size());

  std::vector<double> offsets;
  for (const auto& sample : samples)
    offsets.push_back(sample.value - trend.slope_per_second * seconds(sample.at - trend.origin));
  trend.level = median(newest(offsets));
  std::ranges::sort(offsets);
  trend.residual_p10 = std::min(quantile(offsets, 0.1) - trend.level, 0.0);
  trend.residual_p90 = std::max(quantile(offsets, 0.9) - trend.level, 0.0);
  return trend;
}

Forecast Trend::at(TimePoint time) const {
  const double distance = seconds(time - origin);
  const double slowest =
      std::min(slope_low_per_second * distance, slope_high_per_second * distance);
  const double fastest =
      std::max(slope_low_per_second * distance, slope_high_per_second * distance);
  Forecast forecast;
  forecast.at = time;
  forecast.p10 = std::max(0.0, level + slowest + residual_p10);
  forecast.p50 = std::max(0.0, level + slope_per_second * distance);
  forecast.p90 = std::max(0.0, level + fastest + residual_p90);
  return forecast;
}

} // namespace berth::analyzer
