#include "analyzer/model/quantile.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "lib/base/ensure.hpp"

namespace berth::analyzer {

double quantile(std::span<const double> sorted, double q) {
  ensure(!sorted.empty(), "a quantile of nothing");
  ensure(q >= 0 && q <= 1, "a quantile is asked for as a share");
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return quantile(values, 0.5);
}

} // namespace berth::analyzer
