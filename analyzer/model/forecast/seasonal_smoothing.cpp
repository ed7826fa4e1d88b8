// A level and up to two seasons, each corrected by every new value, with a correction for errors
// that last (Taylor, "Short-term electricity demand forecasting using double seasonal exponential
// smoothing", 2003). Where one season is left, it is Holt and Winters' without a trend.

#include <algorithm>
#include <array>

#include "analyzer/model/forecast/course_model.hpp"
#include "analyzer/model/forecast/decomposition.hpp"

namespace berth::analyzer {
namespace {

struct Steps {
  double level = 0.02;
  double season = 0.2;      ///< for each season
  double persistence = 0.8; ///< of an error, from step to step
};

constexpr std::array kLevels{0.01, 0.1, 0.4};
constexpr std::array kSeasons{0.1, 0.3};
constexpr std::array kPersistences{0.0, 0.6, 0.9};

/// Where smoothing stands after a past.
struct State {
  double level = 0;
  std::vector<std::vector<double>> seasons{};
  double error = 0;
  /// Of one step ahead and of one short season ahead together, after the start: what is best for
  /// the next step alone forgets its level too soon to be right for the next day.
  double squared_errors = 0;
};

State run(std::span<const double> past, std::span<const Period> periods, const Steps& steps) {
  State state;
  const std::size_t warm_up = periods.back().steps * kPeriodCyclesMin;
  // The first two cycles of the longest season give the seasons a start.
  const auto parts = decompose(past.first(std::min(warm_up, past.size())), periods);
  state.seasons = parts.profiles;
  state.level = 0;
  for (const double value : parts.rest)
    state.level += value / static_cast<double>(parts.rest.size());
  std::vector<std::size_t> phases(periods.size());
  std::vector<double> levels(periods.front().steps, state.level); // of the last short season
  for (std::size_t i = 0; i < past.size(); ++i) {
    double season = 0;
    for (std::size_t s = 0; s < periods.size(); ++s)
      season += state.seasons[s][phases[s]];
    const double off = past[i] - season - state.level;          // without the correction
    const double error = off - steps.persistence * state.error; // with it
    if (i >= warm_up) {
      // What a season says of this phase has not changed since it was last seen.
      const double season_ahead = past[i] - season - levels[phases.front()];
      state.squared_errors += error * error + season_ahead * season_ahead;
    }
    levels[phases.front()] = state.level;
    state.level += steps.level * error;
    for (std::size_t s = 0; s < periods.size(); ++s) {
      state.seasons[s][phases[s]] += steps.season * error;
      if (++phases[s] == periods[s].steps)
        phases[s] = 0;
    }
    state.error = off;
  }
  return state;
}

class SeasonalSmoothing final : public CourseModel {
public:
  SeasonalSmoothing(std::span<const Period> periods, Steps steps)
      : periods_(periods.begin(), periods.end()), steps_(steps) {}

  void foresee(std::span<const double> past, std::span<double> future) const override {
    const State state = run(past, periods_, steps_);
    double lasting = state.error;
    for (std::size_t i = 0; i < future.size(); ++i) {
      lasting *= steps_.persistence;
      future[i] = state.level + lasting;
      for (std::size_t s = 0; s < periods_.size(); ++s)
        future[i] += state.seasons[s][(past.size() + i) % periods_[s].steps];
    }
  }

private:
  std::vector<Period> periods_;
  Steps steps_;
};

} // namespace

CourseModelPtr fit_seasonal_smoothing(const Training& training) {
  if (training.periods.empty() ||
      training.values.size() < (kPeriodCyclesMin + 1) * training.periods.back().steps)
    return nullptr;
  Steps best;
  double least = -1;
  for (const double level : kLevels)
    for (const double season : kSeasons)
      for (const double persistence : kPersistences) {
        const Steps steps{level, season, persistence};
        const double errors = run(training.values, training.periods, steps).squared_errors;
        if (least < 0 || errors < least) {
          least = errors;
          best = steps;
        }
      }
  return std::make_unique<SeasonalSmoothing>(training.periods, best);
}

} // namespace berth::analyzer
