#pragma once
// Habits: what a series does as a rule, and where it leads. For messages and metrics; advice itself
// rests on forecasts.

#include <optional>
#include <string>
#include <vector>

#include "analyzer/model/pattern/pattern.hpp"
#include "analyzer/model/series.hpp"

namespace berth::analyzer {

struct Habits {
  std::vector<Pattern> patterns{}; ///< each at least kPatternConfidenceMin sure
  TrendView trend{};               ///< of the steps' means; `ahead` is in an hour
  Duration step{};
};

/// Of all finished steps that are kept; nothing with less than two hours of them, or with gaps in
/// more than a quarter. Costs milliseconds.
[[nodiscard]] std::optional<Habits> find_habits(const Series& series, TimePoint now);

/// "repeats every 24 h (93 % sure), grows (81 % sure)": periods and growth; empty where there is
/// neither. A spike that has just been is no rule.
[[nodiscard]] std::string describe(const Habits& habits);

} // namespace berth::analyzer
