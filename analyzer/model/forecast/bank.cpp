#include "analyzer/model/forecast/bank.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/model/forecast/course_model.hpp"
#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

constexpr std::array kKinds{
    ModelKind{"Naive", "the last value", fit_naive},
    ModelKind{"SeasonalNaive", "the value one season ago", fit_seasonal_naive},
    ModelKind{"LongSeasonalNaive", "the value one long season ago", fit_long_seasonal_naive},
    ModelKind{"LinearRegression", "a line and seasonal profiles", fit_linear_regression},
    ModelKind{"Theta", "Assimakopoulos and Nikolopoulos 2000", fit_theta},
    ModelKind{"DampedTrend", "Gardner and McKenzie 1985", fit_damped_trend},
    ModelKind{"SeasonalSmoothing", "Holt 1957, Winters 1960, Taylor 2003", fit_seasonal_smoothing},
    ModelKind{"SeasonalAutoregression", "Box and Jenkins 1970", fit_seasonal_autoregression},
    ModelKind{"SeasonalDifferences", "Box and Jenkins 1970", fit_seasonal_differences},
};

/// A model's weight is its error to this negative power: twice as wrong counts a sixteenth.
constexpr double kSharpness = 4;
/// Models that were never wrong would weigh infinitely much.
constexpr double kErrorShareMin = 1e-9;
/// A trial looks at most this part of the series ahead, so that something is left to fit on.
constexpr std::size_t kTrialPart = 4;

/// A model, what it said at each origin, and how wrong that was.
struct Tried {
  const ModelKind* kind = nullptr;
  std::vector<std::vector<double>> foreseen{};
  double error = 0;
};

struct Rehearsal {
  std::vector<std::size_t> origins{}; ///< oldest first
  std::size_t horizon = 0;
  std::vector<Tried> tried{};
};

/// Half a horizon apart, as many as fit into the second half of the series.
std::vector<std::size_t> origins_of(std::size_t count, std::size_t horizon) {
  std::vector<std::size_t> origins;
  const std::size_t stride = std::max<std::size_t>(horizon / 2, 1);
  for (std::size_t i = 0; i < kTrialsMax && horizon + i * stride <= count / 2; ++i)
    origins.push_back(count - horizon - i * stride);
  std::ranges::reverse(origins);
  return origins;
}

double mean_absolute_error(std::span<const double> one, std::span<const double> other) {
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    sum += std::abs(one[i] - other[i]);
  return sum / static_cast<double>(one.size());
}

/// Every model fitted on what was known at the first origin, and asked at each.
Rehearsal rehearse(std::span<const double> values, std::size_t horizon) {
  Rehearsal rehearsal;
  rehearsal.horizon = std::min(horizon, values.size() / kTrialPart);
  if (rehearsal.horizon == 0)
    return rehearsal;
  rehearsal.origins = origins_of(values.size(), rehearsal.horizon);
  const auto known = values.first(rehearsal.origins.front());
  const auto periods = find_periods(known);
  for (const ModelKind& kind : kKinds) {
    const auto model = kind.fit({known, periods});
    if (!model)
      continue;
    Tried& one = rehearsal.tried.emplace_back(Tried{&kind, {}, 0});
    for (const std::size_t origin : rehearsal.origins) {
      auto& foreseen = one.foreseen.emplace_back(rehearsal.horizon);
      model->foresee(values.first(origin), foreseen);
      one.error += mean_absolute_error(foreseen, values.subspan(origin, rehearsal.horizon)) /
                   static_cast<double>(rehearsal.origins.size());
    }
  }
  return rehearsal;
}

/// The models that can be fitted on all values, with what they say and their weights. A model that
/// was not tried, as its season shows only now, is not asked.
std::vector<ModelScore> score(std::span<const double> values, std::span<const Period> periods,
                              std::size_t horizon, std::span<const Tried> tried) {
  std::vector<ModelScore> scores;
  double least = -1;
  for (const Tried& one : tried) {
    const auto model = one.kind->fit({values, periods});
    if (!model)
      continue;
    auto& asked = scores.emplace_back();
    asked = {one.kind->name, one.kind->source, one.error, 0, std::vector<double>(horizon)};
    model->foresee(values, asked.points);
    least = least < 0 ? one.error : std::min(least, one.error);
  }
  if (scores.empty()) {
    auto& naive = scores.emplace_back();
    naive = {kKinds[0].name, kKinds[0].source, 0, 1, std::vector<double>(horizon, values.back())};
    return scores;
  }
  double total = 0;
  for (auto& asked : scores) {
    const double floor = kErrorShareMin * (least + std::abs(values.back())) + 1e-300;
    asked.weight = std::pow((least + floor) / (asked.error + floor), kSharpness);
    total += asked.weight;
  }
  for (auto& asked : scores)
    asked.weight /= total;
  return scores;
}

/// What the models would have said together at each origin, with the weights they have now.
std::vector<Trial> combine_trials(std::span<const double> values, const Rehearsal& rehearsal,
                                  std::span<const ModelScore> scores) {
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < rehearsal.origins.size(); ++i) {
    auto& trial = trials.emplace_back();
    const auto actual = values.subspan(rehearsal.origins[i], rehearsal.horizon);
    trial.actual.assign(actual.begin(), actual.end());
    trial.foreseen.assign(rehearsal.horizon, 0);
    for (const Tried& one : rehearsal.tried) {
      const auto asked = std::ranges::find(scores, one.kind->name, &ModelScore::name);
      if (asked == scores.end())
        continue;
      for (std::size_t step = 0; step < rehearsal.horizon; ++step)
        trial.foreseen[step] += asked->weight * one.foreseen[i][step];
    }
  }
  return trials;
}

} // namespace

BankForecast ask_bank(std::span<const double> values, std::size_t horizon) {
  ensure(!values.empty() && horizon > 0 && horizon <= kHorizonStepsMax,
         "a forecast needs a value and a horizon");
  const auto past = values.last(std::min(values.size(), kPastStepsMax));
  const Rehearsal rehearsal = rehearse(past, horizon);
  BankForecast forecast;
  forecast.periods = find_periods(past);
  forecast.models = score(past, forecast.periods, horizon, rehearsal.tried);
  forecast.trials = combine_trials(past, rehearsal, forecast.models);
  forecast.points.assign(horizon, 0);
  for (const ModelScore& asked : forecast.models)
    for (std::size_t step = 0; step < horizon; ++step)
      forecast.points[step] += asked.weight * asked.points[step];
  std::ranges::stable_sort(forecast.models, std::ranges::greater{}, &ModelScore::weight);
  return forecast;
}

} // namespace berth::analyzer
