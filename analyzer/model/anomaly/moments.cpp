#include "analyzer/model/anomaly/moments.hpp"

#include <algorithm>
#include <cmath>

namespace berth::analyzer {
namespace {

constexpr double kSpreadShareMin = 1e-9;
constexpr double kSpreadMin = 1e-12;

} // namespace

void Moments::add(double value) {
  ++count_;
  const double weight = 1 / static_cast<double>(std::min(count_, memory_));
  const double difference = value - mean_;
  mean_ += weight * difference;
  variance_ = (1 - weight) * (variance_ + weight * difference * difference);
}

double Moments::deviation(double value) const {
  if (count_ == 0)
    return 0;
  const double spread = std::sqrt(variance_) + kSpreadShareMin * std::abs(mean_) + kSpreadMin;
  return (value - mean_) / spread;
}

} // namespace berth::analyzer
