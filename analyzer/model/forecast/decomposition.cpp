#include "analyzer/model/forecast/decomposition.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

/// How much of its weight a cycle keeps when the next one comes: short seasons are seen often and
/// may change, long ones need all they have.
constexpr double kKeepManyCycles = 0.9;
constexpr double kKeepFewCycles = 0.8;
constexpr std::size_t kManyCycles = 14;

/// The mean over one period around each value, so that the season is taken from what stands out
/// of its surroundings; at the ends the nearest whole period.
std::vector<double> moving_mean(std::span<const double> values, std::size_t period) {
  std::vector<double> sums(values.size() + 1);
  for (std::size_t i = 0; i < values.size(); ++i)
    sums[i + 1] = sums[i] + values[i];
  std::vector<double> means(values.size());
  const std::size_t width = std::min(period, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t begin = std::min(i > width / 2 ? i - width / 2 : 0, values.size() - width);
    means[i] = (sums[begin + width] - sums[begin]) / static_cast<double>(width);
  }
  return means;
}

} // namespace

double Decomposition::season(std::size_t at) const {
  double sum = 0;
  for (std::size_t i = 0; i < periods.size(); ++i)
    sum += profiles[i][at % periods[i]];
  return sum;
}

Decomposition decompose(std::span<const double> values, std::span<const Period> periods) {
  Decomposition parts;
  parts.rest.assign(values.begin(), values.end());
  for (const Period& period : periods) {
    const auto level = moving_mean(parts.rest, period.steps);
    std::vector<double> stands_out(parts.rest);
    for (std::size_t i = 0; i < level.size(); ++i)
      stands_out[i] -= level[i];
    const bool has_many = values.size() / period.steps >= kManyCycles;
    auto profile =
        seasonal_profile(stands_out, period.steps, has_many ? kKeepManyCycles : kKeepFewCycles);
    for (std::size_t i = 0; i < parts.rest.size(); ++i)
      parts.rest[i] -= profile[i % period.steps];
    parts.periods.push_back(period.steps);
    parts.profiles.push_back(std::move(profile));
  }
  return parts;
}

} // namespace berth::analyzer
