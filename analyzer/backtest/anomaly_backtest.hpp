#pragma once
// Back-test of the anomaly detectors on NAB: each detector sees each file row by row, once, with
// the same constants. For backtest.cpp.

#include <span>
#include <string>
#include <vector>

#include "analyzer/backtest/nab_score.hpp"

namespace berth::analyzer {

struct NabScores {
  NabScore standard{};
  NabScore reward_low_fp{};
  NabScore reward_low_fn{};
};

struct DetectorRow {
  std::string name{};
  NabScores one_threshold{};  ///< the one that is best for the standard profile
  NabScores own_thresholds{}; ///< for each profile its best, as the benchmark's own table has it
};

struct AnomalyReport {
  std::size_t files = 0;
  std::size_t windows = 0;
  std::vector<DetectorRow> detectors{}; ///< that of the analyzer first
  NabScores as_shipped{};               ///< with the alarm level that the analyzer uses
  /// Every other file, from the first on, at the threshold that is best for them; and the others at
  /// the same.
  NabScores tuned_on{};
  NabScores held_out{};
  std::vector<std::vector<double>> scores{}; ///< of the analyzer's detector, by file and row
};

[[nodiscard]] AnomalyReport backtest_anomaly(std::span<const NabFile> files);

[[nodiscard]] std::string render_text(const AnomalyReport& report);
[[nodiscard]] std::string render_json(const AnomalyReport& report);
/// timestamp,value,anomaly_score,label: a CSV file for other scorers. Scores are score / (1 +
/// score).
[[nodiscard]] std::string render_scores(const NabFile& file, std::span<const double> scores);

} // namespace berth::analyzer
