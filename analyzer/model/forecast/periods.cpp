#include "analyzer/model/forecast/periods.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "analyzer/model/forecast/spectrum.hpp"
#include "analyzer/model/quantile.hpp"

namespace berth::analyzer {
namespace {

/// The least correlation one period later that counts as repeating.
constexpr double kCorrelationMin = 0.25;
/// In standard deviations of the correlation of noise, 1 / sqrt(pairs).
constexpr double kCorrelationSigmas = 4;
/// The hill of a period stands out so far above the lower of the valleys beside it.
constexpr double kProminenceMin = 0.15;
/// The shortest lag whose hill is this share of the highest one is the period; longer ones of the
/// same height are its multiples.
constexpr double kFundamentalShare = 0.65;
/// The frequencies of a period (and its overtones) hold at least this share of the power.
constexpr double kPowerShareMin = 0.12;
constexpr std::size_t kOvertonesMax = 8;
/// The season explains at least this share of what is left.
constexpr double kStrengthMin = 0.15;
/// Noise moves the top of a hill by up to this share of its lag, and by one lag at least.
constexpr double kPlaceShare = 0.02;
/// A period this close to a known one is what that one left behind.
constexpr double kSameShare = 0.05;
/// Values as rare as this, at either end, count as no more than what the others span beyond them:
/// two outages are no season, however much they resemble each other.
constexpr double kRareShare = 0.02;
/// Less variance than this share of the series' own is rounding, in which anything can be seen.
constexpr double kRoundingShare = 1e-20;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values)
    sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size());
}

void take_line_out(std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double middle = (count - 1) / 2;
  const double mean = mean_of(values);
  double slope = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    slope += (static_cast<double>(i) - middle) * (values[i] - mean);
  slope /= count * (count * count - 1) / 12;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] -= mean + slope * (static_cast<double>(i) - middle);
}

void clip(std::vector<double>& values) {
  auto sorted = values;
  std::ranges::sort(sorted);
  const double low = quantile(sorted, kRareShare);
  const double high = quantile(sorted, 1 - kRareShare);
  if (high <= low)
    return; // most values are the same: what differs is all there is
  for (double& value : values)
    value = std::clamp(value, low - (high - low), high + (high - low));
}

/// How far the hill at `lag` rises above the lower ground on both sides, looking one lag far.
double prominence(std::span<const double> correlation, std::size_t lag) {
  const std::size_t last = std::min(correlation.size() - 1, lag + lag / 2);
  const auto begin = correlation.begin();
  const auto at = begin + static_cast<std::ptrdiff_t>(lag);
  const double left = *std::min_element(begin + static_cast<std::ptrdiff_t>(lag / 2), at);
  const double right = *std::min_element(at, begin + static_cast<std::ptrdiff_t>(last) + 1);
  return *at - std::max(left, right);
}

bool is_hill(std::span<const double> correlation, std::size_t lag) {
  return correlation[lag] >= correlation[lag - 1] && correlation[lag] >= correlation[lag + 1];
}

/// The share of power at the frequency of `lag` steps and its overtones.
double power_share(std::span<const double> power, std::size_t count, std::size_t lag) {
  double share = 0;
  std::size_t counted_until = 0; // neighbouring overtones of long periods overlap
  for (std::size_t overtone = 1; overtone <= kOvertonesMax; ++overtone) {
    const double place = static_cast<double>(overtone * count) / static_cast<double>(lag);
    const auto middle = static_cast<std::size_t>(std::lround(place));
    for (std::size_t i = std::max(middle > 0 ? middle - 1 : 0, counted_until);
         i <= middle + 1 && i < power.size(); ++i) {
      share += power[i];
      counted_until = i + 1;
    }
  }
  return share;
}

std::optional<Period> strongest(std::span<const double> values, const Spectrum& spectrum) {
  const auto correlation = spectrum.autocorrelation(values);
  const auto power = spectrum.power(values);
  const std::size_t last = values.size() / kPeriodCyclesMin;
  struct Hill {
    std::size_t lag;
    double height;
  };
  std::vector<Hill> hills;
  double highest = 0;
  for (std::size_t lag = kPeriodStepsMin; lag <= last && lag + 1 < correlation.size(); ++lag) {
    const double noise = kCorrelationSigmas / std::sqrt(static_cast<double>(values.size() - lag));
    if (!is_hill(correlation, lag) || correlation[lag] < std::max(kCorrelationMin, noise) ||
        prominence(correlation, lag) < kProminenceMin ||
        power_share(power, values.size(), lag) < kPowerShareMin)
      continue;
    hills.push_back({lag, correlation[lag]});
    highest = std::max(highest, correlation[lag]);
  }
  for (const Hill& hill : hills)
    if (hill.height >= kFundamentalShare * highest)
      return Period{hill.lag, 0, hill.height};
  return std::nullopt;
}

std::vector<double> without_season(std::span<const double> values, std::size_t period) {
  const auto profile = seasonal_profile(values, period, 1.0);
  std::vector<double> left(values.begin(), values.end());
  for (std::size_t i = 0; i < left.size(); ++i)
    left[i] -= profile[i % period];
  return left;
}

/// The lag near `period` whose profile explains most: a step beside the true one blurs the season
/// and leaves a part of it behind.
Period placed(Period period, std::span<const double> values) {
  const auto reach =
      static_cast<std::size_t>(std::ceil(kPlaceShare * static_cast<double>(period.steps)));
  const double before = variance_of(values);
  const std::size_t first = std::max(kPeriodStepsMin, period.steps - reach);
  const std::size_t last = std::min(period.steps + reach, values.size() / kPeriodCyclesMin);
  for (std::size_t steps = first; steps <= last; ++steps) {
    const double strength = 1 - variance_of(without_season(values, steps)) / before;
    if (strength > period.strength) {
      period.steps = steps;
      period.strength = strength;
    }
  }
  return period;
}

bool is_known(std::span<const Period> periods, std::size_t steps) {
  return std::ranges::any_of(periods, [&](const Period& known) {
    const double share = static_cast<double>(steps) / static_cast<double>(known.steps);
    return std::abs(share - 1) <= kSameShare;
  });
}

} // namespace

std::vector<Period> find_periods(std::span<const double> values) {
  std::vector<Period> periods;
  if (values.size() < kPeriodCyclesMin * kPeriodStepsMin + 2)
    return periods;
  std::vector<double> left(values.begin(), values.end());
  take_line_out(left);
  clip(left);
  const double rounding = kRoundingShare * variance_of(values);
  const Spectrum spectrum(left.size());
  while (periods.size() < kPeriodsMax && variance_of(left) > rounding) {
    const auto hill = strongest(left, spectrum);
    if (!hill)
      break;
    const Period period = placed(*hill, left);
    if (period.strength < kStrengthMin || is_known(periods, period.steps))
      break;
    left = without_season(left, period.steps);
    periods.push_back(period);
  }
  std::ranges::sort(periods, {}, &Period::steps);
  return periods;
}

std::vector<double> seasonal_profile(std::span<const double> values, std::size_t period,
                                     double keep) {
  std::vector<double> sums(period);
  std::vector<double> weights(period);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i % period] = sums[i % period] * keep + values[i];
    weights[i % period] = weights[i % period] * keep + 1;
  }
  double mean = 0;
  for (std::size_t phase = 0; phase < period; ++phase) {
    sums[phase] = weights[phase] > 0 ? sums[phase] / weights[phase] : 0;
    mean += sums[phase] / static_cast<double>(period);
  }
  for (double& value : sums)
    value -= mean;
  return sums;
}

} // namespace berth::analyzer
