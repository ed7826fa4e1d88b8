// Models that put the seasons aside, carry the level on with or without a trend, and put the
// seasons back: regression on time, Theta (Assimakopoulos and Nikolopoulos 2000, in the form of
// Hyndman and Billah 2003: simple smoothing with half the slope of the line as drift), and the
// damped trend of Gardner and McKenzie (1985).

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/model/forecast/course_model.hpp"
#include "analyzer/model/forecast/decomposition.hpp"

namespace berth::analyzer {
namespace {

constexpr std::size_t kValuesMin = 8;
constexpr std::array kLevelSteps{0.02, 0.1, 0.25, 0.5, 0.75, 0.95};
constexpr std::array kTrendSteps{0.02, 0.1};
constexpr std::array kDampings{0.85, 0.97};

struct Line {
  double at_end = 0; ///< at the last value
  double slope = 0;
};

Line fit_line(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const double middle = (count - 1) / 2;
  double mean = 0;
  double product = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    mean += values[i] / count;
    product += (static_cast<double>(i) - middle) * values[i];
  }
  const double slope = product / (count * (count * count - 1) / 12);
  return {mean + slope * middle, slope};
}

/// Level and trend as smoothing carries them along, and how far off one step ahead was.
struct Smoothed {
  double level = 0;
  double trend = 0;
  double squared_errors = 0;
};

struct Smoothing {
  double level_step = 0.3;
  double trend_step = 0;
  double damping = 0;
};

Smoothed smooth(std::span<const double> rest, const Smoothing& with) {
  Smoothed state;
  state.level = rest.front();
  for (const double value : rest.subspan(1)) {
    const double expected = state.level + with.damping * state.trend;
    const double error = value - expected;
    state.squared_errors += error * error;
    state.level = expected + with.level_step * error;
    state.trend = with.damping * state.trend + with.level_step * with.trend_step * error;
  }
  return state;
}

class SmoothedRest final : public CourseModel {
public:
  SmoothedRest(std::vector<Period> periods, Smoothing with, double drift_share)
      : periods_(std::move(periods)), with_(with), drift_share_(drift_share) {}

  void foresee(std::span<const double> past, std::span<double> future) const override {
    const auto parts = decompose(past, periods_);
    const Smoothed state = smooth(parts.rest, with_);
    const double drift = drift_share_ > 0 ? drift_share_ * fit_line(parts.rest).slope : 0;
    double trend = state.trend;
    double level = state.level;
    for (std::size_t i = 0; i < future.size(); ++i) {
      trend *= with_.damping;
      level += trend + drift;
      future[i] = level + parts.season(past.size() + i);
    }
  }

private:
  std::vector<Period> periods_;
  Smoothing with_;
  double drift_share_;
};

class SeasonalLine final : public CourseModel {
public:
  explicit SeasonalLine(std::vector<Period> periods) : periods_(std::move(periods)) {}

  void foresee(std::span<const double> past, std::span<double> future) const override {
    const auto parts = decompose(past, periods_);
    const Line line = fit_line(parts.rest);
    for (std::size_t i = 0; i < future.size(); ++i)
      future[i] =
          line.at_end + line.slope * static_cast<double>(i + 1) + parts.season(past.size() + i);
  }

private:
  std::vector<Period> periods_;
};

std::vector<Period> copied(const Training& training) {
  return {training.periods.begin(), training.periods.end()};
}

} // namespace

CourseModelPtr fit_linear_regression(const Training& training) {
  return training.values.size() < kValuesMin ? nullptr
                                             : std::make_unique<SeasonalLine>(copied(training));
}

CourseModelPtr fit_theta(const Training& training) {
  if (training.values.size() < kValuesMin)
    return nullptr;
  const auto parts = decompose(training.values, training.periods);
  const auto error_of = [&](double step) {
    return smooth(parts.rest, {step, 0, 0}).squared_errors;
  };
  const double best = *std::ranges::min_element(kLevelSteps, {}, error_of);
  return std::make_unique<SmoothedRest>(copied(training), Smoothing{best, 0, 0}, 0.5);
}

CourseModelPtr fit_damped_trend(const Training& training) {
  if (training.values.size() < kValuesMin)
    return nullptr;
  const auto parts = decompose(training.values, training.periods);
  Smoothing best;
  double least = -1;
  for (const double level_step : kLevelSteps)
    for (const double trend_step : kTrendSteps)
      for (const double damping : kDampings) {
        const Smoothing with{level_step, trend_step, damping};
        const double errors = smooth(parts.rest, with).squared_errors;
        if (least < 0 || errors < least) {
          least = errors;
          best = with;
        }
      }
  return std::make_unique<SmoothedRest>(copied(training), best, 0);
}

} // namespace berth::analyzer
