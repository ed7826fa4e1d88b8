#pragma once
// After how many steps a series repeats itself: any number, not only a day and a week. The power of
// each frequency names candidates, the autocorrelation confirms and places them (Vlachos, Yu and
// Castelli, "On Periodicity Detection and Structural Periodic Similarity", 2005). For the forecast
// and the patterns.

#include <cstddef>
#include <span>
#include <vector>

namespace berth::analyzer {

struct Period {
  std::size_t steps = 0;  ///< at least kPeriodStepsMin
  double strength = 0;    ///< share (0..1) of the variance that is left which the season explains
  double correlation = 0; ///< of the series with itself one period later

  friend bool operator==(const Period&, const Period&) = default;
};

inline constexpr std::size_t kPeriodStepsMin = 3;
/// A season that was seen fewer times than this is none.
inline constexpr std::size_t kPeriodCyclesMin = 2;
inline constexpr std::size_t kPeriodsMax = 2;

/// Shortest first; at most kPeriodsMax, none if nothing repeats. A trend is taken out first.
[[nodiscard]] std::vector<Period> find_periods(std::span<const double> values);

/// The mean of each phase less the mean of all, weighing recent cycles by `keep` (0..1) per cycle
/// more than those before; phase 0 is that of values[0].
[[nodiscard]] std::vector<double> seasonal_profile(std::span<const double> values,
                                                   std::size_t period, double keep);

} // namespace berth::analyzer
