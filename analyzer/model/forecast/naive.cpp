// What needs no fitting: the last value, or the value one season ago. Nothing should be worse.

#include "analyzer/model/forecast/course_model.hpp"

namespace berth::analyzer {
namespace {

class SeasonalNaive final : public CourseModel {
public:
  explicit SeasonalNaive(std::size_t period) : period_(period) {}

  void foresee(std::span<const double> past, std::span<double> future) const override {
    for (std::size_t i = 0; i < future.size(); ++i)
      future[i] = past[past.size() - period_ + i % period_];
  }

private:
  std::size_t period_;
};

} // namespace

CourseModelPtr fit_naive(const Training& training) {
  return training.values.empty() ? nullptr : std::make_unique<SeasonalNaive>(1);
}

CourseModelPtr fit_seasonal_naive(const Training& training) {
  return training.periods.empty() ? nullptr
                                  : std::make_unique<SeasonalNaive>(training.periods.front().steps);
}

CourseModelPtr fit_long_seasonal_naive(const Training& training) {
  return training.periods.size() < 2
             ? nullptr
             : std::make_unique<SeasonalNaive>(training.periods.back().steps);
}

} // namespace berth::analyzer
