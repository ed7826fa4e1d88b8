#pragma once
// The score of the Numenta Anomaly Benchmark by its published formula (Lavin and Ahmad 2015; the
// weights are those of its profiles): an early hit of a window counts most, an alarm outside costs
// the less the closer it follows one. Pure; knows no detector.

#include <span>
#include <string_view>
#include <vector>

#include "analyzer/backtest/nab.hpp"

namespace berth::analyzer {

struct NabProfile {
  std::string_view name;
  double hit;         ///< worth of a window that is found, at most
  double miss;        ///< cost of one that is not
  double false_alarm; ///< cost of an alarm far from any window
};

inline constexpr NabProfile kNabStandard{"standard", 1, 1, 0.11};
inline constexpr NabProfile kNabRewardLowFp{"reward low FP", 1, 1, 0.22};
inline constexpr NabProfile kNabRewardLowFn{"reward low FN", 1, 2, 0.11};

/// A file's windows and length with the scores that a detector gave to its rows.
struct NabScored {
  std::vector<RowRange> windows{};
  std::vector<double> scores{}; ///< by row
};

struct NabScore {
  double score = 0; ///< 100 for a perfect detector, 0 for one that never rings
  /// Rows with at least this score are alarms; infinite if it is best not to ring.
  double threshold = 0;
};

/// The first rows of a file do not count: a detector may learn from them.
[[nodiscard]] std::size_t probation_rows(std::size_t rows);
/// The share of the weight that an alarm in `row` is worth: 1 or less within a window, above 0;
/// -1 or more after one, -1 far from all.
[[nodiscard]] double worth_of_alarm(std::span<const RowRange> windows, std::size_t row);

[[nodiscard]] NabScore score_at(std::span<const NabScored> files, const NabProfile& profile,
                                double threshold);
/// With the one threshold for all files that is best for the profile, as the benchmark chooses it.
[[nodiscard]] NabScore best_score(std::span<const NabScored> files, const NabProfile& profile);

} // namespace berth::analyzer
