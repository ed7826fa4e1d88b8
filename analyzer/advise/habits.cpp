#include "analyzer/advise/habits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "analyzer/model/foresight.hpp"

namespace berth::analyzer {
namespace {

/// "24 h", "90 min".
std::string text_of_period(Duration period) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(period).count();
  return minutes % 60 == 0 ? std::to_string(minutes / 60) + " h" : std::to_string(minutes) + " min";
}

std::string sentence_of(const Pattern& pattern, Duration step) {
  std::string text = "grows";
  if (pattern.kind == PatternKind::Periodic)
    text = "repeats every " + text_of_period(step * std::lround(pattern.size));
  std::array<char, 32> sure{};
  std::snprintf(sure.data(), sure.size(), " (%.0f %% sure)", std::floor(100 * pattern.confidence));
  return text + sure.data();
}

} // namespace

std::optional<Habits> find_habits(const Series& series, TimePoint now) {
  const Duration step = series.options().step;
  const auto values = step_values(series, StepValue::Mean, series.options().aggregates_kept, now);
  if (!values || values->size() < kPatternValuesMin)
    return std::nullopt;
  const auto steps_ahead = static_cast<std::size_t>(std::chrono::hours{1} / step);
  return Habits{find_patterns(*values), view_trend(*values, steps_ahead), step};
}

std::string describe(const Habits& habits) {
  std::string text;
  for (const Pattern& pattern : habits.patterns)
    if (pattern.kind == PatternKind::Periodic || pattern.kind == PatternKind::Growth)
      text += (text.empty() ? "" : ", ") + sentence_of(pattern, habits.step);
  return text;
}

} // namespace berth::analyzer
