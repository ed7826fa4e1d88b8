#pragma once
// Intervals that hold what they promise, from how wrong the forecast was on what it had not seen
// (split conformal prediction: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random
// World", 2005), without an assumption on how errors are spread. Refuses to be surer than the
// trials allow.

#include <span>
#include <vector>

#include "analyzer/model/forecast/bank.hpp"

namespace berth::analyzer {

struct Interval {
  double low = 0;
  double high = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Around each of `points` what holds the share `coverage` (0..1, exclusive) of outcomes. Errors
/// are measured in the mean error of their step ahead; steps further ahead than was tried grow with
/// the square root of time. Without trials the changes from value to value of `past` stand in.
[[nodiscard]] std::vector<Interval>
conformal_intervals(const BankForecast& forecast, std::span<const double> past, double coverage);

} // namespace berth::analyzer
