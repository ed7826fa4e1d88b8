#pragma once
// Novelty: how unlike everything before the newest stretch of a series is. For each lag it keeps
// the distance between the course now and the course that long ago, in which older steps fade; the
// smallest of them is the distance to what was most alike (a discord of Keogh, Lin and Fu, "HOT
// SAX", 2005, looking back only). One pass, no training, the same for any period. For detector.cpp.

#include <cstddef>
#include <optional>
#include <vector>

namespace berth::analyzer {

class Novelty {
public:
  /// `window`: after so many steps a difference counts 1/e; `memory`: how many steps are looked
  /// back, both at least 1 and `memory` above 3 windows.
  Novelty(std::size_t window, std::size_t memory);

  /// Takes in the next value and gives the distance, in the values' unit; nothing until there is
  /// enough to compare with. Costs time proportional to `memory`.
  std::optional<double> add(double value);

private:
  /// Lag 1 first; newest_ moves down, so that the past lies in the order of lags.
  [[nodiscard]] const double* past() const { return values_.data() + newest_; }
  void keep(double value);

  std::size_t window_;
  std::size_t memory_;
  double fade_;
  std::vector<double> values_;    ///< twice the memory, so that it is moved only now and then
  std::size_t newest_;            ///< of values_
  std::size_t steps_ = 0;         ///< taken in so far
  std::vector<double> distances_; ///< squared, by lag - 1
};

} // namespace berth::analyzer
