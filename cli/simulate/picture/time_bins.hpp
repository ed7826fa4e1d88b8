#pragma once
// TimeBins: the mean of an amount over equal stretches of time, from the spans in which parts of it
// were held: what a chart draws of many thousand spans. Adding a span costs the same however long
// it is.

#include <cstddef>
#include <vector>

#include "lib/base/clock.hpp"

namespace berth::cli {

class TimeBins {
public:
  /// `count` bins from 0 to `end`, which must be above 0.
  TimeBins(Duration end, std::size_t count);

  /// `amount` was held from `from` until `until`; what lies outside the bins is cut off.
  void add(Duration from, Duration until, double amount);
  [[nodiscard]] std::vector<double> means() const;

private:
  [[nodiscard]] double bin_at(Duration at) const;

  Duration end_;
  std::vector<double> parts_; ///< by bin: what spans that begin or end in it hold, as a mean
  std::vector<double> steps_; ///< by bin: change of what is held throughout, from it on
};

} // namespace berth::cli
