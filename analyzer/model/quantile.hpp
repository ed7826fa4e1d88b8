#pragma once
// Order statistics over small samples. Used by every model of this folder.

#include <span>
#include <vector>

namespace berth::analyzer {

/// The value below which the share `q` (0..1) of `sorted` lies, between neighbours by proportion
/// (Hyndman and Fan 1996, type 7). `sorted` must be ascending and not empty.
[[nodiscard]] double quantile(std::span<const double> sorted, double q);

/// The middle value; `values` must not be empty.
[[nodiscard]] double median(std::vector<double> values);

} // namespace berth::analyzer
