#pragma once
// Moments: mean and spread of all that was seen, the old fading once there is plenty. For the
// detectors of this folder.

#include <cstddef>

namespace berth::analyzer {

class Moments {
public:
  /// Like the plain mean and variance until `memory` values were seen (Welford 1962), then each new
  /// one weighs 1 / memory.
  explicit Moments(std::size_t memory) : memory_(memory) {}

  void add(double value);
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] double mean() const { return mean_; } ///< 0 where nothing was seen
  /// How many standard deviations `value` is above the mean. 0 where nothing is known; a spread of
  /// less than a billionth of the mean is taken for that.
  [[nodiscard]] double deviation(double value) const;

private:
  std::size_t memory_;
  std::size_t count_ = 0;
  double mean_ = 0;
  double variance_ = 0;
};

} // namespace berth::analyzer
