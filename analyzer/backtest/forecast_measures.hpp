#pragma once
// How wrong a forecast was, in the measures of the M4 competition (Makridakis, Spiliotis and
// Assimakopoulos 2020, section 2.3). Pure.

#include <span>

#include "analyzer/model/forecast/conformal.hpp"

namespace berth::analyzer {

/// 200 |f - y| / (|f| + |y|) in the mean; 0 to 200. Where both are 0 nothing was wrong.
[[nodiscard]] double smape(std::span<const double> actual, std::span<const double> foreseen);

/// The mean |y[t] - y[t - season]| of the past: what errors are measured in. 0 if the past is no
/// longer than a season or repeats itself exactly.
[[nodiscard]] double seasonal_scale(std::span<const double> past, std::size_t season);

/// The mean |f - y| in `scale`, which must be above 0.
[[nodiscard]] double mase(std::span<const double> actual, std::span<const double> foreseen,
                          double scale);

/// The interval's width plus 2 / (1 - coverage) times what lies outside of it, in the mean, in
/// `scale`, which must be above 0 (Gneiting and Raftery 2007).
[[nodiscard]] double msis(std::span<const double> actual, std::span<const Interval> intervals,
                          double coverage, double scale);

/// The share of outcomes inside their interval.
[[nodiscard]] double covered_share(std::span<const double> actual,
                                   std::span<const Interval> intervals);

} // namespace berth::analyzer
