// Linear in its own past: the last values and those around one and two seasons ago, by ridge
// regression; several steps ahead by using what it said itself. Once on the values, and once on
// their differences to one season ago (Box and Jenkins 1970, seasonal differencing).

#include <algorithm>
#include <cmath>

#include "analyzer/model/forecast/course_model.hpp"
#include "analyzer/model/forecast/least_squares.hpp"

namespace berth::analyzer {
namespace {

constexpr double kRidge = 0.002;
/// Rows per coefficient that a regression needs before it is believed.
constexpr std::size_t kRowsPerColumnMin = 4;

/// Each once, ascending, none above `most`.
std::vector<std::size_t> lags_of(std::span<const Period> periods, std::size_t most) {
  std::vector<std::size_t> lags{1, 2, 3};
  for (const Period& period : periods)
    for (const std::size_t lag :
         {period.steps - 1, period.steps, period.steps + 1, 2 * period.steps})
      lags.push_back(lag);
  std::ranges::sort(lags);
  const auto repeated = std::ranges::unique(lags);
  lags.erase(repeated.begin(), repeated.end());
  std::erase_if(lags, [&](std::size_t lag) { return lag > most; });
  return lags;
}

void fill_row(std::vector<double>& row, std::span<const double> series, std::size_t at,
              std::span<const std::size_t> lags) {
  row[0] = 1;
  for (std::size_t i = 0; i < lags.size(); ++i)
    row[i + 1] = series[at - lags[i]];
}

/// A difference period of 0 leaves the values as they are.
std::vector<double> differences(std::span<const double> values, std::size_t period) {
  std::vector<double> result;
  result.reserve(values.size());
  for (std::size_t i = period; i < values.size(); ++i)
    result.push_back(period == 0 ? values[i] : values[i] - values[i - period]);
  return result;
}

class Autoregression final : public CourseModel {
public:
  Autoregression(std::vector<std::size_t> lags, std::vector<double> coefficients,
                 std::size_t difference)
      : lags_(std::move(lags)), coefficients_(std::move(coefficients)), difference_(difference) {}

  void foresee(std::span<const double> past, std::span<double> future) const override {
    const std::size_t reach = std::max(lags_.back(), std::size_t{1});
    const std::size_t needed = std::min(past.size(), reach + difference_);
    auto series = differences(past.last(needed), difference_);
    for (std::size_t i = 0; i < future.size(); ++i) {
      double next = coefficients_[0];
      for (std::size_t k = 0; k < lags_.size(); ++k)
        next += coefficients_[k + 1] * series[series.size() - lags_[k]];
      series.push_back(next);
      if (difference_ > 0)
        next += i < difference_ ? past[past.size() - difference_ + i] : future[i - difference_];
      future[i] = next;
    }
  }

private:
  std::vector<std::size_t> lags_;
  std::vector<double> coefficients_;
  std::size_t difference_;
};

CourseModelPtr fit_on(const Training& training, std::size_t difference) {
  if (training.values.size() <= difference)
    return nullptr;
  const auto series = differences(training.values, difference);
  const auto lags = lags_of(training.periods, series.size() / 2);
  if (lags.empty() || series.size() < lags.back() + kRowsPerColumnMin * (lags.size() + 1))
    return nullptr;
  LeastSquares regression(lags.size() + 1);
  std::vector<double> row(lags.size() + 1);
  for (std::size_t at = lags.back(); at < series.size(); ++at) {
    fill_row(row, series, at, lags);
    regression.add(row, series[at]);
  }
  auto coefficients = regression.solve(kRidge);
  return std::make_unique<Autoregression>(lags, std::move(coefficients), difference);
}

} // namespace

CourseModelPtr fit_seasonal_autoregression(const Training& training) {
  return fit_on(training, 0);
}

CourseModelPtr fit_seasonal_differences(const Training& training) {
  return training.periods.empty() ? nullptr : fit_on(training, training.periods.front().steps);
}

} // namespace berth::analyzer
