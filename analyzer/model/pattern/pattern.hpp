#pragma once
// Patterns: what a series, or a group of them, does as a rule, each with how sure that is. Only
// what is at least kPatternConfidenceMin sure is reported. For the advisor and the back-test.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth::analyzer {

enum class PatternKind { Periodic, Spike, Growth, Imbalance };
[[nodiscard]] std::string_view to_string(PatternKind kind);

struct Pattern {
  PatternKind kind = PatternKind::Periodic;
  double confidence = 0; ///< kPatternConfidenceMin to 1
  /// Periodic: steps of the period. Spike: how many times the usual spread the highest value is
  /// above the usual one. Growth: per step. Imbalance: the busiest member's use in means of all.
  double size = 0;
  std::size_t member = 0; ///< Imbalance: the busiest
  std::string message{};
};

inline constexpr double kPatternConfidenceMin = 0.7;
/// Fewer values show no pattern.
inline constexpr std::size_t kPatternValuesMin = 24;

/// Of one series of evenly spaced values. Periodic: the correlation with itself one period later,
/// less the fewer periods were seen. Spike: rare values far above the usual. Growth: Kendall's tau
/// of the series without its seasons, where it grew by a tenth of its level or more.
[[nodiscard]] std::vector<Pattern> find_patterns(std::span<const double> values);

/// Of several members (pods, nodes) over the same steps: one of them is the busiest and uses half
/// as much again as the mean; the confidence is the share of steps in which it does. Members must
/// be of the same length.
[[nodiscard]] std::vector<Pattern> find_imbalance(std::span<const std::vector<double>> members);

/// Where a trend leads: the slope per step and the value so many steps on, both without seasons.
struct TrendView {
  double slope = 0;
  double level = 0; ///< now
  double ahead = 0; ///< after the steps asked for; never below 0 if no value was
  double tau = 0;   ///< Kendall's, -1 to 1: how steadily it rises
};

/// `values` must hold at least kPatternValuesMin. An hour ahead is `steps_ahead` of an hour.
[[nodiscard]] TrendView view_trend(std::span<const double> values, std::size_t steps_ahead);

} // namespace berth::analyzer
