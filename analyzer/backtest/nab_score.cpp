#include "analyzer/backtest/nab_score.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace berth::analyzer {
namespace {

constexpr double kProbationShare = 0.15;
constexpr std::size_t kProbationRowsMax = 750;
/// Further behind a window than three of its lengths, an alarm has nothing to do with it.
constexpr double kBehindMax = 3;

/// 1 far left of 0, -1 far right of it.
double sigmoid(double at) {
  return 2 / (1 + std::exp(5 * at)) - 1;
}

double length_of(const RowRange& window) {
  return static_cast<double>(window.last - window.first);
}

/// The window that holds `row`, if one does.
std::optional<std::size_t> window_of(std::span<const RowRange> windows, std::size_t row) {
  for (std::size_t i = 0; i < windows.size(); ++i)
    if (windows[i].first <= row && row <= windows[i].last)
      return i;
  return std::nullopt;
}

/// A row that counts.
struct Row {
  double score = 0;
  double worth = 0;
  std::optional<std::size_t> window{}; ///< counted over all files
};

struct Corpus {
  std::vector<Row> rows{}; ///< highest score first
  std::size_t windows = 0;
};

Corpus corpus_of(std::span<const NabScored> files) {
  Corpus corpus;
  for (const NabScored& file : files) {
    for (std::size_t row = probation_rows(file.scores.size()); row < file.scores.size(); ++row) {
      auto window = window_of(file.windows, row);
      if (window)
        *window += corpus.windows;
      corpus.rows.push_back({file.scores[row], worth_of_alarm(file.windows, row), window});
    }
    corpus.windows += file.windows.size();
  }
  std::ranges::stable_sort(corpus.rows, std::ranges::greater{}, &Row::score);
  return corpus;
}

/// Alarms are added one by one; only the best one of a window counts.
class Tally {
public:
  Tally(const NabProfile& profile, std::size_t windows) : profile_(profile), best_(windows) {
    raw_ = -profile.miss * static_cast<double>(windows);
  }

  void add(const Row& row) {
    if (!row.window) {
      raw_ += profile_.false_alarm * row.worth;
      return;
    }
    auto& best = best_[*row.window];
    if (!best)
      raw_ += profile_.miss + profile_.hit * row.worth;
    else if (row.worth > *best)
      raw_ += profile_.hit * (row.worth - *best);
    best = std::max(best.value_or(row.worth), row.worth);
  }

  /// Between never ringing (0) and finding every window at once (100).
  [[nodiscard]] double normalised() const {
    const auto windows = static_cast<double>(best_.size());
    const double range = (profile_.hit + profile_.miss) * windows;
    return range > 0 ? 100 * (raw_ + profile_.miss * windows) / range : 0;
  }

private:
  NabProfile profile_;
  std::vector<std::optional<double>> best_;
  double raw_ = 0;
};

} // namespace

std::size_t probation_rows(std::size_t rows) {
  const auto share = static_cast<std::size_t>(kProbationShare * static_cast<double>(rows));
  return std::min(share, kProbationRowsMax);
}

double worth_of_alarm(std::span<const RowRange> windows, std::size_t row) {
  if (const auto inside = window_of(windows, row)) {
    const RowRange& window = windows[*inside];
    const auto left = static_cast<double>(window.last - row + 1);
    return sigmoid(-left / (length_of(window) + 1)) / sigmoid(-1);
  }
  const RowRange* before = nullptr;
  for (const RowRange& window : windows)
    if (window.last < row)
      before = &window;
  if (before == nullptr || length_of(*before) <= 0)
    return -1;
  const double behind = static_cast<double>(row - before->last) / length_of(*before);
  return behind > kBehindMax ? -1 : sigmoid(behind);
}

NabScore score_at(std::span<const NabScored> files, const NabProfile& profile, double threshold) {
  const Corpus corpus = corpus_of(files);
  Tally tally(profile, corpus.windows);
  for (const Row& row : corpus.rows)
    if (row.score >= threshold)
      tally.add(row);
  return {tally.normalised(), threshold};
}

NabScore best_score(std::span<const NabScored> files, const NabProfile& profile) {
  const Corpus corpus = corpus_of(files);
  Tally tally(profile, corpus.windows);
  NabScore best{0, std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < corpus.rows.size(); ++i) {
    tally.add(corpus.rows[i]);
    const bool is_last = i + 1 == corpus.rows.size();
    // Rows of the same score ring together.
    if (!is_last && corpus.rows[i + 1].score == corpus.rows[i].score)
      continue;
    if (tally.normalised() > best.score)
      best = {tally.normalised(), corpus.rows[i].score};
  }
  return best;
}

} // namespace berth::analyzer
