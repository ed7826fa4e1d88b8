#include "analyzer/model/anomaly/novelty.hpp"

#include <algorithm>
#include <cmath>

#include "lib/base/ensure.hpp"

namespace berth::analyzer {

Novelty::Novelty(std::size_t window, std::size_t memory)
    : window_(window), memory_(memory), fade_(1 - 1 / static_cast<double>(window)),
      values_(2 * memory), newest_(2 * memory), distances_(memory) {
  ensure(window >= 1 && memory > 3 * window, "there must be something to compare a window with");
}

std::optional<double> Novelty::add(double value) {
  const std::size_t lags = std::min(steps_, memory_);
  const double* before = past();
  for (std::size_t i = 0; i < lags; ++i) {
    const double difference = value - before[i];
    distances_[i] = fade_ * distances_[i] + difference * difference;
  }
  keep(value);
  // A lag below the window compares a stretch with itself; one that reaches back to the beginning
  // has seen too little.
  const std::size_t longest = std::min(memory_, steps_ > 2 * window_ ? steps_ - 2 * window_ : 0);
  if (longest <= window_)
    return std::nullopt;
  const auto begin = distances_.begin() + static_cast<std::ptrdiff_t>(window_ - 1);
  const auto end = distances_.begin() + static_cast<std::ptrdiff_t>(longest);
  return std::sqrt(*std::min_element(begin, end) / static_cast<double>(window_));
}

void Novelty::keep(double value) {
  if (newest_ == 0) {
    std::copy_backward(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(memory_),
                       values_.end());
    newest_ = values_.size() - memory_;
  }
  values_[--newest_] = value;
  ++steps_;
}

} // namespace berth::analyzer
