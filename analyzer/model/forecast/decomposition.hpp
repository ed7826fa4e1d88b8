#pragma once
// Decomposition: a series as its seasons and what is left without them. Each season is the profile
// of what the ones before leave; recent cycles count more. For the models that forecast what is
// left and put the seasons back.

#include <span>
#include <vector>

#include "analyzer/model/forecast/periods.hpp"

namespace berth::analyzer {

struct Decomposition {
  std::vector<std::size_t> periods{};
  std::vector<std::vector<double>> profiles{}; ///< by period; phase 0 is that of the first value
  std::vector<double> rest{};                  ///< the values less all seasons

  /// What the seasons add at step `at`, counted from the first value.
  [[nodiscard]] double season(std::size_t at) const;
};

[[nodiscard]] Decomposition decompose(std::span<const double> values,
                                      std::span<const Period> periods);

} // namespace berth::analyzer
